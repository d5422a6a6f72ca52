# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Hand real-time protection over: the old one stops, the new one starts and is proven, or the old one comes back.

The window without protection runs from the moment when the old engine's last permission mark is gone to the moment
when the new engine's marks are there, both read from the kernel.
"""

import subprocess
import time

from ..prove import on_access, on_demand, real_time
from ..prove.checks import OK, overall
from ..system import interception, own_journal, systemd
from ..system.commands import environment
from ..system.errors import EndpointError
from .unit import force, stop

LOOK_EVERY = 0.002
STOP_LIMIT = 90
PROOF_LIMIT = 5
PROOF_PAUSE = 0.1
ATTEMPTS = 3


class HandoverFailed(EndpointError):
    """The new protection did not come up. ``facts`` tells whether the old one is back."""

    def __init__(self, cause, facts):
        back = "The old protection is back and nothing was removed" if facts["old_is_back"] else "LOOK AT THIS HOST NOW"
        super().__init__("handover_failed", "Handing protection over", facts["new_unit"], cause, back + ".")
        self.facts = facts


def look(target):
    """Return True if the new engine intercepts and the old one does not."""
    new = target["new"]
    if interception.holders(target["old"]["below"]):
        return False
    if _running(target["old"]["units"]):
        return False
    return new is None or (_is_enabled(new) and bool(interception.holders(new["below"])))


def do(target):
    """Hand over and return {window_seconds, checks}; HandoverFailed if the new protection is not proven."""
    old, new = target["old"], target["new"]
    units = _running(old["units"])
    held = interception.holders(old["below"])
    if new is not None:
        systemd.reload_if_needed([new["unit"]])
    try:
        gone, forced = _stop_old(units, held, old["stop_limit"])
        if new is None:
            return dict(forced, window_seconds=None, checks=[])
        there, checks, attempts = _bring_up(new)
        systemd.tell("enable", [new["unit"]])
    except (EndpointError, OSError) as error:
        raise HandoverFailed(error, _bring_back(units, old, new, bool(held)))
    window = round(max(there - gone, 0.0), 3) if held else None
    own_journal.note(target["digest"], window_seconds=window)
    return dict(forced, window_seconds=window, checks=checks, attempts=attempts)


def _running(names):
    return [name for name, shown in systemd.show(names).items() if shown["ActiveState"] not in ("inactive", "failed")]


def _is_enabled(new):
    return systemd.show([new["unit"]])[new["unit"]]["UnitFileState"] == "enabled"


def _stop_old(units, held, limit):
    """Stop the old units and return the moment (monotonic seconds) at which the last mark was gone, and what it took.

    The second is {} or, where they did not stop by themselves, {forced: names, after_seconds}.
    """
    gone, forced = None if held else time.monotonic(), {}
    if units:
        stopping = subprocess.Popen(
            ["systemctl", "stop", "--"] + units, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + limit
        while stopping.poll() is None and time.monotonic() < deadline:
            if gone is None and not any(interception.permission_marks(pid) for pid in held):
                gone = time.monotonic()
            time.sleep(LOOK_EVERY)
        if stopping.poll() is None:
            stopping.kill()
            stopping.wait()
            forced = force(units, limit)
    if any(interception.permission_marks(pid) for pid in held):
        raise EndpointError(
            "old_still_intercepts",
            "Stopping the old protection",
            ", ".join(units) or "no unit",
            "its processes still hold permission marks",
            "See which service starts them.",
        )
    return gone if gone is not None else time.monotonic(), forced


def _bring_up(new):
    """Start the new unit until it is proven; return the moment of its marks, the checks and the number of attempts.

    An engine can lose its marks in the moment after it has set them (clamonacc 1.4.6 was seen to, with "ClamInotif:
    stopped" in its log and no error). Starting it again costs a fraction of what going back would.
    """
    for attempt in range(1, ATTEMPTS + 1):
        there = _start_new(new)
        checks = _prove(new)
        if overall(checks) == OK:
            return there, checks, attempt
    bad = "; ".join("%s: %s" % (found["id"], found["detail"]) for found in checks if found["result"] != OK)
    raise EndpointError("new_not_proven", "Proving the new protection", new["unit"], bad, "Look at its log.")


def _start_new(new):
    """Start the new unit anew and return the moment at which it holds a mark on each protected path."""
    systemd.tell("restart", [new["unit"]])
    deadline = time.monotonic() + new["limit"]
    bare = new["paths"]
    while time.monotonic() < deadline:
        held = [target for targets in interception.holders(new["below"]).values() for target in targets]
        bare = interception.uncovered(new["paths"], held)
        if held and not bare:
            return time.monotonic()
        time.sleep(LOOK_EVERY)
    raise EndpointError(
        "new_does_not_intercept",
        "Starting the new protection",
        new["unit"],
        "no permission mark after %d s on %s" % (new["limit"], ", ".join(bare) or "anything"),
        "Look at its log.",
    )


def _prove(new):
    """Return the checks of the new protection, tried again: a mark is there before its listener answers."""
    deadline = time.monotonic() + PROOF_LIMIT
    while True:
        marks = real_time.prove(new["below"])
        checks = marks + on_demand.prove(new["socket"]) + on_access.prove(new["paths"], kept_in=new["quarantine"])
        if overall(checks) == OK or overall(marks) != OK or time.monotonic() > deadline:
            return checks
        time.sleep(PROOF_PAUSE)


def _bring_back(units, old, new, was_held):
    """Stop the new unit, start the old ones, and tell whether they intercept again."""
    notes = []
    for act in (
        lambda: stop([new["unit"]], STOP_LIMIT) if new else None,
        lambda: units and systemd.tell("start", units),
    ):
        try:
            act()
        except (EndpointError, OSError) as error:
            notes.append(str(error))
    deadline = time.monotonic() + old["start_limit"]
    back = not was_held
    while was_held and not back and time.monotonic() < deadline:
        back = bool(interception.holders(old["below"]))
        time.sleep(LOOK_EVERY)
    return {"old_is_back": back, "notes": notes, "new_unit": new["unit"] if new else "none"}
