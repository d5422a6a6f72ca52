# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""What the package manager would really do: its own simulation, without any write."""

import re

from ...agreed.linux import INSTALL, PURGE, REMOVE
from ...linux import dpkg_status, rpm_home
from ...posix.errors import EndpointError
from ...posix.files.scratch import MEMORY
from ...posix.names import any_of
from ...posix.running.commands import run
from ..items import not_checked, seen
from . import apt_cache, package_manager

# Two of them fit in the time limit of this kind.
SIMULATION_LIMIT = 280
# A simulation writes its caches, a solver log and temporary files, unless it is prevented from doing so.
NO_CACHES = apt_cache.NO_CACHES
NO_LOG = ["-o", "Dir::Log::Planner=/dev/null"]
NO_FILES = NO_CACHES + NO_LOG
# A host may be configured to remove unneeded packages whenever a package is removed.
PURGING = ["-o", "APT::Get::AutomaticRemove=false", "purge"]
# apt-get(8): "Inst name (version origin [arch])", "Inst name [old] (version ...)", "Remv name [old]", "Purg name [old]"
ACTIONS = {"Inst": INSTALL, "Remv": REMOVE, "Purg": PURGE}
LINE = re.compile(r"^(Inst|Remv|Purg) (\S+)(?: \[([^\]]*)\])?(?: \((\S+))?")


def simulated(lines):
    """Yield (action, name, old version or '', new version or '') of each planning line of ``apt-get -s``.

    A foreign architecture after the name is skipped.
    """
    for line in lines:
        match = LINE.match(line)
        if match:
            yield ACTIONS[match.group(1)], match.group(2).partition(":")[0], match.group(3) or "", match.group(4) or ""


def collect(asked, look):
    """Yield what installing ``asked['install']`` and removing ``asked['remove']`` would do, if anything.

    ``asked['manager']`` installs: apt-get, dnf or zypper. What is to be removed may be named with * for any characters.
    """
    manager, names = asked["manager"], asked["install"]
    if manager == "apt-get" and names:
        known = {found["name"]: found for found in dpkg_status.named(names, look.tree)}
        wanted = [name for name in names if name not in known or not dpkg_status.is_installed(known[name])]
        if wanted:
            yield _by_apt("install", ["--no-install-recommends", "install"], wanted)
    elif names:
        from . import rpm_installs

        yield from rpm_installs.rehearsed(manager, names, look.tree)
    fits = any_of(asked["remove"])
    going = dpkg_status.packages(fits, "", look.tree)
    if going:
        yield _removal_by_dpkg(going, look.tree)
    folder = rpm_home.find(look.tree) if asked["remove"] else None
    if folder is not None:
        yield from _removal_by_rpm(fits, folder, look.tree)


def installing_file(path):
    """Return the item of what installing a package's file would do."""
    return _by_apt("kit", ["--no-install-recommends", "install"], [path])


def _by_apt(what, verb, names):
    try:
        finished = apt_cache.simulated(NO_LOG + verb + names, SIMULATION_LIMIT, TMPDIR=MEMORY)
    except EndpointError as error:
        return not_checked("package_change", what, "apt-get -s", error)
    if finished.code:
        return not_checked("package_change", what, "apt-get -s", finished.said())
    changes = [
        {"action": action, "name": name, "old": old, "new": new}
        for action, name, old, new in simulated(finished.output.splitlines())
    ]
    return seen("package_change", what, "apt-get -s", manager="apt-get", refused="", names=names, changes=changes)


def _removal_by_dpkg(going, tree):
    """Return what apt would do or, if apt is missing, cannot work or refuses, what dpkg alone would do."""
    native = dpkg_status.native_architecture(tree)
    names = sorted(dpkg_status.qualified(found, native) for found in going)
    refused = "it is not there"
    if dpkg_status.noted(tree):
        # apt itself checks this only before a real change.
        refused = "dpkg was interrupted"
    elif "apt-get" in package_manager.tools("dpkg"):
        rehearsed = _by_apt("remove", PURGING, names)
        if "value" in rehearsed:
            return rehearsed
        refused = rehearsed["unknown"]
    finished = run(["dpkg", "--no-act"] + dpkg_status.insisting(going) + ["--purge"] + names, SIMULATION_LIMIT)
    if finished.code:
        cause = "apt-get: %s; dpkg: %s" % (refused, finished.said())
        return not_checked("package_change", "remove", "dpkg --no-act", cause)
    return _alone("remove", "dpkg --no-act", "dpkg", "apt-get: " + refused, going, names)


def _removal_by_rpm(fits, folder, tree):
    """Yield what rpm would do. Its other tools write even when they only simulate, so rpm is asked, on a copy."""
    from ...linux import rpm_database

    with rpm_database.Database(tree, folder) as database:
        going = [found for found in database.all() if fits(found["name"])]
        names = sorted(found["name"] for found in going)
        refused = database.refusal(names) if names else ""
    if refused:
        yield not_checked("package_change", "remove by rpm", "rpm -e --test", refused)
    elif names:
        yield _alone("remove by rpm", "rpm -e --test", package_manager.tools("rpm")[0], "", going, names)


def _alone(what, where, manager, refused, going, names):
    """Return the item of a simulation by a tool that never removes more than it was asked to."""
    changes = [
        {"action": PURGE, "name": found["name"], "old": found.get("version", ""), "new": ""}
        for found in sorted(going, key=lambda found: found["name"])
    ]
    return seen("package_change", what, where, manager=manager, refused=refused, names=names, changes=changes)
