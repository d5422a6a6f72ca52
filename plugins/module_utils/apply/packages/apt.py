# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Change packages with apt, and only those that the plan names."""

from ...agreed.linux import LOCK_WAIT
from ...collect.packages.package_changes import NO_CACHES, NO_FILES, PURGING, simulated
from ...posix.files.scratch import MEMORY
from . import dpkg
from .package_change import made, nothing_beyond, rehearsed

KEEP_FILES = ["-o", "Dpkg::Options::=--force-confold", "-o", "Dpkg::Options::=--force-confdef"]
HELD_TOO = ["--allow-change-held-packages"]


def change(arguments, planned):
    """Carry out ``apt-get`` arguments after simulating them showed that nothing but ``planned`` would change.

    ``planned`` is a set of package names. dpkg's pending updates of an interrupted run are finished first.
    Raises EndpointError naming any other package.
    """
    dpkg.finish_notes()
    output = rehearsed(["apt-get", "-s", "-q"] + NO_FILES + arguments, "dpkg", TMPDIR=MEMORY)
    nothing_beyond((name for _action, name, _old, _new in simulated(output.splitlines())), planned)
    # If the disk is full, apt leaves the pieces of its caches.
    settings = NO_CACHES + ["-o", "DPkg::Lock::Timeout=%d" % LOCK_WAIT]
    made(["apt-get", "-y", "-q"] + settings + KEEP_FILES + arguments, "dpkg")


def purge(known, target):
    """Remove packages (names as apt takes them) with their configuration."""
    held = HELD_TOO if target["held"] else []
    change(held + PURGING + known, set(target["names"]))
