# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Whether a root holds a system that these collectors can look at: an answer about another one would prove nothing."""

import os

from ..linux import dpkg_status, rpm_home
from ..posix.errors import EndpointError
from .host import describe
from .items import not_checked
from .look import PASSWD

RELEASES = ("/etc/os-release", "/usr/lib/os-release")
# What no Linux has, as names without regard to case, and what it says.
OTHERS = (
    ("a Windows disk", ("windows/system32", "winnt/system32", "windows/syswow64")),
    ("a disk of macOS", ("system/library/coreservices",)),
    ("a disk of FreeBSD", ("bin/freebsd-version",)),
    ("a system partition of Android", ("system/build.prop",)),
)
# Folders of programs, which tell what may be installed on such a disk.
PROGRAMS = ("program files", "program files (x86)", "programdata", "applications", "library/application support")
# Which database a family's packages are in.
DATABASES = {
    "dpkg": ("debian", "ubuntu"),
    "rpm": ("fedora", "rhel", "centos", "suse", "opensuse", "sles", "altlinux", "amzn", "mageia"),
}
MOST_NAMES = 5


def collect(asked, look):
    """Yield an item, unknown, where the root is no Linux system, and where its packages cannot be looked at.

    ``asked`` is {word}: text, in lower case, in the names of folders of programs that are worth telling of.
    """
    other = "" if look.live else _other(look)
    if other or not (look.live or _is_linux(look)):
        yield not_checked("root", "system", look.root, _told(other, asked["word"], look))
        return
    missing = _missing(look)
    if missing:
        yield not_checked("root", "packages", look.root, missing)


def _is_linux(look):
    return any(look.tree.lstat(path)[0] is not None for path in (*RELEASES, PASSWD))


def _missing(look):
    """Return why not all packages can be known, '' if they can."""
    try:
        there = {"dpkg": look.tree.lstat(dpkg_status.STATUS)[0], "rpm": rpm_home.find(look.tree)}
    except EndpointError:
        # Their own collector says so.
        return ""
    family = describe(look)["family"]
    for database, systems in DATABASES.items():
        if there[database] is None and set(family) & set(systems):
            return "the system is %s, and %s's database is not there" % (family[0], database)
    if not any(value is not None for value in there.values()):
        return "there is no database of packages that can be read: neither dpkg's nor rpm's"
    return ""


def _told(other, word, look):
    found = "" if not word else ", ".join(sorted(_programs(word, look))[:MOST_NAMES])
    named = "; it has %s" % found if found else ""
    if other:
        return "it is %s, which cannot be looked at as a root%s" % (other, named)
    if not look.tree.entries("/"):
        return "it is empty"
    return "no Linux system is known there: it has neither os-release nor /etc/passwd%s" % named


def _other(look):
    """Return what other system's disk it is, '' if no sign of one is there."""
    found = [what for what, marks in OTHERS if any(_is_there(mark, look) for mark in marks)]
    return found[0] if found else ""


def _is_there(path, look):
    """Return the path as the disk spells it, '' if it is not there."""
    place = "/"
    for part in path.split("/"):
        name = next((name for name in look.tree.names(place) if name.lower() == part), None)
        if name is None:
            return ""
        place = os.path.join(place, name)
    return place


def _programs(word, look):
    for folder in PROGRAMS:
        place = _is_there(folder, look)
        for name in look.tree.names(place) if place else ():
            if word in name.lower():
                yield os.path.join(place, name)[1:]
