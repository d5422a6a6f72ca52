# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""What all package managers share when they change something: the wait, the simulation, and how they fail."""

import re

from ...agreed.linux import LOCK_WAIT
from ...linux import package_locks
from ...posix.errors import EndpointError
from ...posix.masks import hidden
from ...posix.running.commands import OUTPUT_SHOWN, run

LIMIT = 1800
QUIET = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1"}
PRINTED_LINES = 20
PROGRESS = "(Reading database"
# dpkg: "... pre-removal script subprocess returned error exit status 1"; rpm: "%preun(...) scriptlet failed, ...".
SCRIPT_FAILED = re.compile(r"script subprocess|scriptlet failed|script failed")
LOCKED = re.compile(r"\block", re.IGNORECASE)
REMEDIES = {
    "dpkg": "Check /var/log/dpkg.log and 'dpkg --audit' on the host, then run again.",
    "rpm": "Check the packages with 'rpm -V' and 'rpm -q --scripts' on the host, then run again.",
}
SCRIPT_REMEDY = (
    "Nothing was forced. Give the script what it needs, or remove it by hand as the package manager's manual "
    "says, then plan and run again."
)


def rehearsed(argv, database, ok=(0,), **extra):
    """Return what a simulation printed; raise EndpointError if it says that the change cannot be made."""
    finished = run(argv, LIMIT, **extra)
    if finished.code not in ok:
        raise EndpointError(
            "packages_refused", "Simulating a package change", " ".join(argv), finished.said(), REMEDIES[database]
        )
    return finished.output


def nothing_beyond(names, planned):
    """Raise EndpointError naming each package that would change and is not among the planned ones."""
    others = set(names) - set(planned)
    if others:
        raise EndpointError(
            "packages_beyond_plan",
            "Simulating a package change",
            ", ".join(sorted(others)),
            "the package manager would also change it, but the plan does not name it",
            "Plan again and check what has changed on the host.",
        )


def only(names, planned, argv, output):
    """Raise EndpointError unless a simulation, whose output is reported, names the planned packages and no others."""
    found = set(names)
    nothing_beyond(found, planned)
    if found != set(planned):
        cause = "it does not remove everything that is planned: " + output.strip()[-OUTPUT_SHOWN:].replace("\n", "; ")
        raise EndpointError("packages_refused", "Simulating a package change", " ".join(argv), cause, REMEDIES["rpm"])


def made(argv, database, **extra):
    """Make the change, once the database is free; raise EndpointError with what was printed if not."""
    package_locks.wait(database, LOCK_WAIT)
    finished = run(argv, LIMIT, lasting=True, **dict(QUIET, **extra))
    if finished.code:
        raise _failed(argv, database, finished)


def _failed(argv, database, finished):
    text = hidden(finished.output + "\n" + finished.errors)
    held = package_locks.holder(database)
    if held is not None and LOCKED.search(text):
        return package_locks.locked(held, LOCK_WAIT)
    code, remedy = "command_failed", REMEDIES[database]
    if SCRIPT_FAILED.search(text):
        code, remedy = "package_script_failed", SCRIPT_REMEDY
    lines = [line.rstrip() for line in text.splitlines() if line.strip() and not line.startswith(PROGRESS)]
    cause = "exit code %d, %s" % (finished.code, "; ".join(lines)[-OUTPUT_SHOWN:] or "no output")
    error = EndpointError(code, "Changing packages", " ".join(argv), cause, remedy)
    error.facts = {"exit_code": finished.code, "printed": [line[:OUTPUT_SHOWN] for line in lines[-PRINTED_LINES:]]}
    return error
