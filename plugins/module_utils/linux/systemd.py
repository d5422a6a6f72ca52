# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Query and control systemd through systemctl."""

from ..agreed.linux import STOPPED
from ..posix.errors import EndpointError
from ..posix.running.commands import must, run

ASK_LIMIT = 30
TELL_LIMIT = 90
# A unit that has ended so often since it was started will not stay up, however often systemd retries.
MOST_RESTARTS = 5
PROPERTIES = ",".join(
    "Id LoadState ActiveState SubState UnitFileState FragmentPath MainPID ConditionResult NeedDaemonReload "
    "TriggeredBy NRestarts ActiveEnterTimestampMonotonic".split()
)


def properties(text):
    """Yield a dict of each unit in the output of ``systemctl show``: empty lines separate the units."""
    unit = {}
    for line in text.splitlines() + [""]:
        key, separator, value = line.partition("=")
        if separator:
            unit[key] = value
        elif unit:
            yield unit
            unit = {}


def show(names):
    """Return {unit name: properties} of the named units; EndpointError if systemd does not answer."""
    if not names:
        return {}
    finished = run(["systemctl", "show", "--no-pager", "--property=" + PROPERTIES, "--"] + list(names), ASK_LIMIT)
    units = list(properties(finished.output))
    if (
        finished.code
        or len(units) != len(names)
        or not all("LoadState" in unit and "ActiveState" in unit for unit in units)
    ):
        raise EndpointError(
            "systemd_silent",
            "Asking systemd",
            ", ".join(names),
            finished.said(),
            "Make sure that systemd runs as PID 1.",
        )
    return dict(zip(names, units))


def is_active(name):
    """Return True if a unit is active."""
    return show([name])[name]["ActiveState"] == "active"


def is_going(name):
    """Return True if a unit runs or is about to, and has not ended by itself too often since it was started."""
    shown = show([name])[name]
    return shown["ActiveState"] not in STOPPED and int(shown.get("NRestarts") or 0) < MOST_RESTARTS


def tell(verb, names, limit=TELL_LIMIT):
    """Carry out a systemctl verb on units; EndpointError with systemd's output if it refuses."""
    must(
        ["systemctl", verb, "--"] + list(names),
        limit,
        "Asking systemd to " + verb,
        "Check 'systemctl status' and the journal of the unit, then run again.",
    )


def reload_if_needed(names):
    """Make systemd reload its unit files if one of the units says that it should."""
    if any(unit.get("NeedDaemonReload") == "yes" for unit in show(names).values()):
        must(["systemctl", "daemon-reload"], TELL_LIMIT, "Reloading systemd", "Check the journal of systemd.")


def kill(names):
    """Kill all processes of units."""
    must(
        ["systemctl", "kill", "--signal=SIGKILL", "--"] + list(names),
        TELL_LIMIT,
        "Ending a unit's processes",
        "Check the processes of the unit; one in state D cannot be ended without a reboot.",
    )


def forget_failures(names):
    """Make systemd forget that units failed, so that it does not refuse to start them again."""
    run(["systemctl", "reset-failed", "--"] + list(names), ASK_LIMIT)
