# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Change packages by apt, and only those that the plan names."""

from ..collect.package_changes import simulated
from ..system.commands import must, run
from ..system.errors import EndpointError

LIMIT = 1800
LOCK_WAIT = 300
WAIT = ["-o", "DPkg::Lock::Timeout=%d" % LOCK_WAIT]
KEEP_FILES = ["-o", "Dpkg::Options::=--force-confold", "-o", "Dpkg::Options::=--force-confdef"]
QUIET = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1"}
REMEDY = "Look at /var/log/apt/term.log and 'dpkg --audit' on the host, then run again."


def change(arguments, planned):
    """Carry out ``apt-get`` arguments after a simulation of them showed that nothing but ``planned`` would change.

    ``planned`` is a set of package names. Raises EndpointError naming any other package.
    """
    rehearsal = run(["apt-get", "-s", "-q"] + arguments, LIMIT)
    if rehearsal.code:
        raise EndpointError(
            "packages_refused", "Rehearsing a package change", " ".join(arguments), rehearsal.said(), REMEDY
        )
    others = {name for _action, name, _old, _new in simulated(rehearsal.output.splitlines())} - planned
    if others:
        raise EndpointError(
            "packages_beyond_plan",
            "Rehearsing a package change",
            ", ".join(sorted(others)),
            "the package manager would change it too, and the plan does not name it",
            "Plan again and look at what has changed on the host.",
        )
    must(["apt-get", "-y", "-q"] + WAIT + KEEP_FILES + arguments, LIMIT, "Changing packages", REMEDY, **QUIET)
