# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""What the package manager would really do: apt's own simulation, kept from writing its caches."""

import re

from ..system import dpkg_status
from ..system.commands import run
from .items import not_checked, seen
from .names import any_of

SIMULATION_LIMIT = 120
# A simulation writes its caches, a log of the solver and temporary files, unless it is told where not to.
NO_FILES = ["-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=", "-o", "Dir::Log::Planner=/dev/null"]
IN_MEMORY = "/run"
# apt-get(8): "Inst name (version origin [arch])", "Inst name [old] (version ...)", "Remv name [old]", "Purg name [old]"
LINE = re.compile(r"^(Inst|Remv|Purg) (\S+)(?: \[([^\]]*)\])?(?: \((\S+))?")


def simulated(lines):
    """Yield (action, name, old version or '', new version or '') of each planning line of ``apt-get -s``.

    A foreign architecture that stands after the name is passed over.
    """
    for line in lines:
        match = LINE.match(line)
        if match:
            yield match.group(1), match.group(2).partition(":")[0], match.group(3) or "", match.group(4) or ""


def collect(asked, look):
    """Yield what installing ``asked['install']`` and removing ``asked['remove']`` would do, if anything.

    What is to be removed may be named with * for any characters.
    """
    known = {found["name"]: found for found in dpkg_status.named(asked["install"], look.tree)}
    wanted = [name for name in asked["install"] if name not in known or not dpkg_status.is_installed(known[name])]
    if wanted:
        yield _simulate("install", ["--no-install-recommends", "install"], wanted)
    going = dpkg_status.packages(any_of(asked["remove"]), "", look.tree)
    native = dpkg_status.native_architecture(look.tree) if going else ""
    unwanted = sorted(dpkg_status.qualified(found, native) for found in going)
    if unwanted:
        yield _simulate("remove", ["purge"], unwanted)


def _simulate(what, verb, names):
    finished = run(["apt-get", "-s", "-q"] + NO_FILES + verb + names, SIMULATION_LIMIT, TMPDIR=IN_MEMORY)
    if finished.code:
        return not_checked("package_change", what, "apt-get -s", finished.said())
    changes = [
        {"action": action, "name": name, "old": old, "new": new}
        for action, name, old, new in simulated(finished.output.splitlines())
    ]
    return seen("package_change", what, "apt-get -s", names=names, changes=changes)
