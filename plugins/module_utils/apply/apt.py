# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Change packages by apt, and only those that the plan names."""

from ..collect.package_changes import PURGE, simulated
from .package_change import LOCK_WAIT, made, nothing_beyond, rehearsed

KEEP_FILES = ["-o", "Dpkg::Options::=--force-confold", "-o", "Dpkg::Options::=--force-confdef"]
HELD_TOO = ["--allow-change-held-packages"]


def change(arguments, planned, lock_wait=LOCK_WAIT):
    """Carry out ``apt-get`` arguments after a simulation of them showed that nothing but ``planned`` would change.

    ``planned`` is a set of package names. Raises EndpointError naming any other package.
    """
    output = rehearsed(["apt-get", "-s", "-q"] + arguments, "dpkg")
    nothing_beyond((name for _action, name, _old, _new in simulated(output.splitlines())), planned)
    wait = ["-o", "DPkg::Lock::Timeout=%d" % lock_wait]
    made(["apt-get", "-y", "-q"] + wait + KEEP_FILES + arguments, "dpkg", lock_wait)


def purge(known, target):
    """Remove packages (names as apt takes them) with their configuration."""
    held = HELD_TOO if target["held"] else []
    change(held + PURGE + known, set(target["names"]), target["lock_wait"])
