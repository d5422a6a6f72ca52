# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Whether a root holds a system that these collectors can check: an answer about any other would mean nothing."""

import os

from ..linux import dpkg_status, rpm_home
from ..posix.errors import EndpointError
from .host import describe
from .items import not_checked

# A Linux system identifies itself in one of these. Other systems have an account file too, and so do partial ones.
RELEASES = (
    "/etc/os-release",
    "/usr/lib/os-release",
    "/etc/system-release",
    "/etc/redhat-release",
    "/etc/debian_version",
    "/etc/SuSE-release",
    "/etc/alpine-release",
    "/etc/arch-release",
    "/etc/gentoo-release",
    "/etc/slackware-version",
    "/etc/openwrt_release",
    "/etc/NIXOS",
    "/etc/lsb-release",
)
# Names, ignoring case, that no Linux system has, and what they show.
OTHERS = (
    ("a Windows disk", ("windows/system32", "winnt/system32", "windows/syswow64", "reactos/system32")),
    ("a disk of macOS", ("system/library/coreservices",)),
    ("a disk of FreeBSD", ("bin/freebsd-version",)),
    ("a disk of OpenBSD", ("bsd.rd", "etc/installurl")),
    ("a disk of NetBSD", ("netbsd",)),
    ("a disk of Solaris or illumos", ("kernel/unix", "platform/i86pc")),
    ("a disk of the Hurd", ("hurd/init",)),
    ("a disk of Haiku", ("system/packages/haiku.hpkg",)),
    ("a system partition of Android", ("system/build.prop", "system/system/build.prop", "build.prop", "default.prop")),
)
# Systems that have an os-release but are not Linux.
OTHER_NAMES = (
    "freebsd",
    "dragonfly",
    "openbsd",
    "netbsd",
    "midnightbsd",
    "omnios",
    "openindiana",
    "smartos",
    "illumos",
)
# An image that only starts another system.
STARTERS = ("/etc/initrd-release", "/usr/lib/initrd-release")
# In a layer of a container image, such a name says that a file of the layer below is deleted.
WHITEOUT = ".wh."
LAYERED = ("/", "/etc", "/usr", "/usr/bin", "/var", "/opt")
VARIABLE = "/var"
# Folders of programs, which show what may be installed on such a disk.
PROGRAMS = ("program files", "program files (x86)", "programdata", "applications", "library/application support")
# Which database has the packages of a family.
DATABASES = {
    "dpkg": ("debian", "ubuntu"),
    "rpm": ("fedora", "rhel", "centos", "suse", "opensuse", "sles", "altlinux", "amzn", "mageia"),
}
MOST_NAMES = 5


def collect(asked, look):
    """Yield an item, unknown, if the root is no Linux system, and if its packages cannot be checked.

    ``asked`` is {word}: text, in lower case, in the names of folders of programs that are worth reporting.
    """
    strange = "" if look.live else _strange(asked["word"], look)
    if strange:
        yield not_checked("root", "system", look.root, strange)
        return
    missing = _missing(look)
    if missing:
        yield not_checked("root", "packages", look.root, missing)


def _strange(word, look):
    """Return why a root that is not running is no complete Linux system, '' if it is one."""
    other = _other(look) or ("a disk of another system" if describe(look)["system"] in OTHER_NAMES else "")
    if other:
        return "it is %s, which cannot be checked as a root%s" % (other, _programs_of(word, look))
    if not look.tree.names("/"):
        return "it is empty"
    if any(_has(path, look) for path in STARTERS):
        return "it is an initial RAM disk, which only starts a system"
    if not any(_has(path, look) for path in RELEASES):
        told = "no known Linux system is there: no file identifies it%s"
        return told % _programs_of(word, look)
    if any(name.startswith(WHITEOUT) for folder in LAYERED for name in look.tree.names(folder)):
        return "it is one layer of a container's image: what the layers below it hold is missing"
    return ""


def _has(path, look):
    return look.tree.lstat(path)[0] is not None


def _missing(look):
    """Return why not all packages can be known, '' if they can."""
    try:
        there = {"dpkg": look.tree.lstat(dpkg_status.STATUS)[0], "rpm": rpm_home.find(look.tree)}
    except EndpointError:
        # Their own collector reports that.
        return ""
    family = describe(look)["family"]
    for database, systems in DATABASES.items():
        if there[database] is None and set(family) & set(systems):
            return "the system is %s, and %s's database is not there" % (family[0], database)
    if not any(value is not None for value in there.values()):
        return "there is no database of packages that can be read: neither dpkg's nor rpm's"
    if not look.live and not look.tree.names(VARIABLE):
        return "it is a part of a system: its /var is not there, or empty; mount it in its place"
    return ""


def _programs_of(word, look):
    found = "" if not word else ", ".join(sorted(_programs(word, look))[:MOST_NAMES])
    return "; it has %s" % found if found else ""


def _other(look):
    """Return which other system's disk it is, '' if there is no sign of one."""
    found = [what for what, marks in OTHERS if any(_is_there(mark, look) for mark in marks)]
    return found[0] if found else ""


def _is_there(path, look):
    """Return the path with the disk's upper and lower case, '' if it is not there."""
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
