# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Lines in other programs' configuration that name a product."""

import os
import re
import stat

from ...posix.errors import EndpointError
from ...posix.files.foreign import UsedUp
from ...posix.names import any_of
from ..items import not_checked, seen
from ..look import PERSONS

# Each is a file, or a directory whose files count; ~ stands for each home.
PLACES = (
    ("sudoers", ("/etc/sudoers", "/etc/sudoers.d")),
    ("cron", ("/etc/crontab", "/etc/anacrontab", "/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily")),
    ("cron", ("/etc/cron.weekly", "/etc/cron.monthly", "/var/spool/cron", "/var/spool/cron/crontabs")),
    ("cron", ("/var/spool/cron/tabs",)),
    ("squid", ("/etc/squid", "/etc/squid/conf.d", "/etc/squid3")),
    ("mta", ("/etc/postfix", "/etc/mail", "/etc/exim4", "/etc/exim4/conf.d/main", "/etc/exim", "/etc/MailScanner")),
    ("samba", ("/etc/samba",)),
    (
        "autostart",
        ("/etc/xdg/autostart", "/etc/rc.local", "/etc/rc.d/rc.local", "/etc/profile.d", "~/.config/autostart"),
    ),
    ("unit", ("/etc/systemd/system", "/usr/local/lib/systemd/system", "/etc/systemd/user")),
    ("selinux", ("/etc/selinux/targeted/contexts/files", "/etc/selinux/mls/contexts/files")),
    ("selinux", ("/etc/selinux/default/contexts/files",)),
    ("audit", ("/etc/audit/rules.d", "/etc/audit/plugins.d")),
    # What the kernel loads at boot, and what the dynamic linker loads into every program.
    ("module", ("/etc/modules", "/etc/modules-load.d", "/etc/ld.so.preload", "/etc/ld.so.conf.d")),
    ("shell", ("/etc/profile", "/etc/bash.bashrc", "/etc/bashrc", "/etc/environment", "/etc/environment.d")),
    ("shell", ("/etc/bash_completion.d", "/etc/zsh", "/etc/zshrc", "/etc/zshenv", "/etc/zprofile", "/etc/skel")),
    ("shell", ("/etc/csh.cshrc", "/etc/csh.login", "/etc/fish/config.fish", "/etc/fish/conf.d", "/etc/ksh.kshrc")),
    ("shell", ("~/.bashrc", "~/.bash_profile", "~/.bash_login", "~/.profile", "~/.bash_aliases", "~/.bash_logout")),
    ("shell", ("~/.bash_completion", "~/.zshrc", "~/.zshenv", "~/.zprofile", "~/.zlogin", "~/.kshrc", "~/.mkshrc")),
    ("shell", ("~/.cshrc", "~/.tcshrc", "~/.login", "~/.config/fish/config.fish", "~/.config/environment.d")),
    ("shell", ("~/.xprofile", "~/.xsessionrc", "~/.pam_environment")),
    # The equivalents on SUSE, Arch and others, other shells, and the files that a session starts from.
    ("shell", ("/etc/profile.local", "/etc/bash.bashrc.local", "/etc/zsh.zshrc.local", "/etc/zsh.zshenv.local")),
    ("shell", ("/etc/csh.login.local", "/etc/csh.cshrc.local", "/etc/bash.bashrc.d", "/etc/bashrc.d", "/etc/mkshrc")),
    ("shell", ("/etc/zlogin", "/etc/zlogout", "/etc/zsh/zshrc.d", "/etc/fish/completions", "/etc/fish/functions")),
    ("shell", ("/etc/csh.logout", "/etc/security/pam_env.conf", "/etc/X11/Xsession.d", "/etc/X11/xinit/xinitrc.d")),
    ("shell", ("~/.zlogout", "~/.logout", "~/.bashrc.d", "~/.config/fish/conf.d", "~/.config/fish/completions")),
    ("shell", ("~/.config/fish/functions", "~/.config/nushell", "~/.xinitrc", "~/.xsession", "~/.yashrc")),
    ("shell", ("~/.config/plasma-workspace/env", "~/.config/zsh", "~/.config/xonsh", "~/.xonshrc")),
    # What other programs allow or ignore.
    ("allow_list", ("/etc/fapolicyd", "/etc/fapolicyd/rules.d", "/etc/fapolicyd/trust.d", "/etc/apparmor.d/local")),
    ("allow_list", ("/etc/rkhunter.conf", "/etc/rkhunter.conf.local", "/etc/rkhunter.d", "/etc/aide.conf")),
    (
        "allow_list",
        ("/etc/aide", "/etc/aide/aide.conf.d", "/etc/aide.conf.d", "/etc/usbguard"),
    ),
    ("allow_list", ("/etc/falco", "/etc/osquery", "/etc/maldetect", "/etc/opt/microsoft/mdatp/managed")),
    ("allow_list", ("/etc/tripwire", "/etc/samhain", "/etc/chkrootkit.conf", "/etc/chkrootkit", "/var/ossec/etc")),
)
HOME = "~/"
# Each user has one file there, and writes it by crontab(1).
OF_USERS = ("/var/spool/cron", "/var/spool/cron/crontabs", "/var/spool/cron/tabs")
# The ID of the limit that reports that a user's file was not read.
USERS_FILE = "users_file"
# A path in the distribution's own policy is not a mention by this host's owner.
PASSED_OVER = ("file_contexts", "file_contexts.bin", "file_contexts.homedirs")
# This bounds the time for a long line.
INSTALLING = rb"(?<![A-Za-z0-9_-])(?:apt|apt-get|dnf|yum|zypper|dpkg|rpm)[ \t][^\n]{0,200}?"
LIMIT = 1 << 20
MOST_LINES = 20
LONGEST = 300


def lines_naming(data, expression):
    """Yield (number from 1, line as text) of each line of bytes that a compiled expression matches. Never raises."""
    for number, line in enumerate(data.split(b"\n"), 1):
        if expression.search(line):
            yield number, line[:LONGEST].decode("utf-8", "replace").rstrip("\r")


def expression_of(texts):
    """Return the expression that finds any of the texts (bytes) unless it is part of a longer name."""
    words = b"|".join(re.escape(text) for text in sorted(texts))
    return re.compile(rb"(?<![A-Za-z0-9_])(?:" + words + rb")(?![A-Za-z0-9_-])")


def collect(asked, look):
    """Yield an item of each file that names something.

    ``asked`` has ``texts``, and the product's own ``units``. A plan asks ``closely``, for more of each file, and for
    ``files``, names of installers with * for any characters, and ``packages``, which a line may install.
    """
    if not asked["texts"]:
        return
    yield from look.unseen_homes("mention")
    is_own = any_of(asked["units"])
    texts = [text.encode("utf-8", "surrogateescape") for text in asked["texts"]]
    bringing = _bringing(asked) if asked["closely"] else None
    for place, folders in PLACES:
        for path in [folder for folder in folders if not folder.startswith(HOME)]:
            try:
                for file in files_of(path, look):
                    if place != "unit" or not is_own(os.path.basename(file)):
                        yield from _in_system(file, place, texts, bringing, look)
            except EndpointError as error:
                yield not_checked("mention", path, path, error)
        in_homes = [folder[1:] for folder in folders if folder.startswith(HOME)]
        for path in [home + folder for folder in in_homes for home in sorted(look.homes())]:
            yield from _of_a_user(path, place, texts, bringing, look)


def _in_system(file, place, texts, bringing, look):
    for item in _item(file, place, texts, bringing, look):
        yield _limit(file, item["unknown"]) if "unknown" in item and _is_persons(file, look) else item


def _is_persons(file, look):
    status = look.tree.lstat(file)[0] if os.path.dirname(file) in OF_USERS else None
    return status is not None and status.st_uid in PERSONS


def _of_a_user(path, place, texts, bringing, look):
    """Yield the items of a path in a home. No user can prevent a check: what cannot be read is a limit."""
    try:
        status = look.tree.lstat(path)[0]
        if status is not None and stat.S_ISLNK(status.st_mode):
            yield _limit(path, "it is a symbolic link")
        elif status is not None:
            for file in files_of(path, look):
                for item in _item(file, place, texts, bringing, look):
                    yield _limit(file, item["unknown"]) if "unknown" in item else item
    except EndpointError as error:
        yield _limit(path, str(error))


def _limit(path, cause):
    return seen("limit", "%s:%s" % (USERS_FILE, path), path, detail=cause)


def expression_for(asked):
    """Return the expression that finds all lines that a plan asks for."""
    texts = [text.encode("utf-8", "surrogateescape") for text in asked["texts"]]
    return _any(texts, _bringing(asked))


def _any(texts, bringing):
    return re.compile(b"|".join(([expression_of(texts).pattern] if texts else []) + bringing))


def _bringing(asked):
    """Return the expressions, as bytes, for lines that name an installer, or that have a package manager install
    something.
    """
    files = [_glob(name, rb"[^\s/'\";|&]{0,80}") for name in asked["files"]]
    packages = [_glob(name, rb"[A-Za-z0-9.+-]{0,80}") for name in asked["packages"]]
    found = [rb"(?<![A-Za-z0-9_])(?:" + b"|".join(files) + rb")(?![A-Za-z0-9_-])"] if files else []
    if packages:
        found.append(INSTALLING + rb"(?<![A-Za-z0-9_./-])(?:" + b"|".join(packages) + rb")(?![A-Za-z0-9_./-])")
    return found


def _glob(name, anything):
    return anything.join(re.escape(part) for part in name.encode("utf-8", "surrogateescape").split(b"*"))


def _item(path, place, texts, bringing, look):
    try:
        data = look.tree.data(path, LIMIT) or b""
    except UsedUp:
        # None of the files beside it can be read either.
        raise
    except EndpointError as error:
        yield not_checked("mention", path, path, error)
        return
    there = [text for text in texts if text in data]
    if not there and not bringing:
        return
    expression = _any(there, bringing or [])
    lines = list(lines_naming(data, expression))
    if lines:
        more = {}
        if bringing is not None:
            # Only a plan needs it, and loading unneeded code takes time.
            from .mentioned_lines import describe

            more = describe(path, place, data, expression, look)
        yield seen("mention", path, path, place=place, lines=["%d: %s" % line for line in lines[:MOST_LINES]], **more)


def files_of(path, look):
    """Yield the paths of a directory's entries except directories and links, or the path itself if it is neither."""
    status = look.tree.lstat(path)[0]
    if status is not None and not stat.S_ISDIR(status.st_mode) and not stat.S_ISLNK(status.st_mode):
        yield path
        return
    for name, is_link, is_folder in sorted(look.tree.entries(path) if status is not None else ()):
        if not is_folder and not is_link and name not in PASSED_OVER:
            yield os.path.join(path, name)
