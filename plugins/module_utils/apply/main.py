# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Called by ``start`` to carry out one part of a plan, or several in order."""

import contextlib

from ..posix.errors import Problem
from ..posix.files import scratch
from ..posix.masks import hide, masked
from ..posix.own import own_places, run_lock
from ..posix.running import outlive
from ..posix.running.signals import Heard
from . import announcement, in_child, results, runner, taking_back
from .faults import internal, of_system
from .runner import UNTOUCHED, carry_out, pending_of

BEGINNING = "Starting a part of the plan"


def started(arguments, check_mode):
    """Return what ``main`` returns. Changes to a host are made by a process that outlives the connection to it."""
    if check_mode:
        return main(arguments, check_mode)
    return outlive.answer_of(lambda: main(arguments, check_mode))


def main(arguments, check_mode):
    """Return {changed, outcomes, pending, failure} for {steps, parts, pending, controller}: all of the plan's steps,
    the parts of which they are carried out, the ids of the steps that were not done when the plan's first part began,
    and a name (str) of the controller that asks, with its ``process`` and one that has ``ended``: see run_lock.

    Without ``pending``, all steps are looked at. A failed step is a result too, since the record needs all of it.
    What is in ``secrets`` (texts that steps hold, none unless given) is in no result.
    """
    hide(arguments.get("secrets", ()))
    try:
        with contextlib.ExitStack() as stack:
            signals = Heard()
            if not check_mode:
                stack.enter_context(signals)
                lease = stack.enter_context(run_lock.held(_run(arguments)))
                in_child.tidied(_remove_left)
                announcement.take_over(lease.taken_over, announcement.target_of(arguments["steps"]))
            result = _carried_out(arguments, check_mode, signals, "" if check_mode else lease.taken_over)
            if not check_mode:
                lease.goes_on = result["failure"] is None and _has_more(arguments)
    except Problem as error:
        result = {"failed": True, "msg": str(error), "code": error.code}
    except Exception as error:
        found = of_system if isinstance(error, OSError) else internal
        error = found(BEGINNING, "this host", error)
        result = {"failed": True, "msg": str(error), "code": error.code}
    return masked(result, arguments.get("secrets", ()))


def _remove_left():
    """Remove what killed runs have left; an installer of one may still run from its copy."""
    own_places.remove_left_unused()
    scratch.remove_abandoned()


def _run(arguments):
    """Return a text that distinguishes this run from others; a later call of the same controller process matches it."""
    target = announcement.target_of(arguments["steps"])
    run = {"digest": target.get("digest", ""), "change_id": target.get("change_id") or ""}
    return dict(run, **{key: arguments.get(key, "") for key in ("controller", "process", "ended")})


def _has_more(arguments):
    """Return True if the plan has steps in a later part than those that are asked for."""
    parts = [step["part"] for step in arguments["steps"]]
    return bool(parts) and parts[-1] not in arguments["parts"]


def _carried_out(arguments, check_mode, signals, taken_over):
    steps, pending = arguments["steps"], arguments["pending"]
    try:
        pending = pending_of(steps) if pending is None else pending
        earlier = announcement.begun_with(steps, pending)
    except Exception as error:
        if check_mode or not _is_stopped(arguments):
            raise
        return _not_begun(arguments, error)
    result = {"changed": False, "outcomes": [], "pending": pending, "failure": None}
    for part in arguments["parts"]:
        mine, stopped = [step for step in steps if step["part"] == part], _stopped(steps) if part == "remove" else None
        done = carry_out(mine, pending, check_mode, result["failure"], stopped, earlier, signals)
        # For the record: which run's place on the host this run has taken.
        if taken_over and done["outcomes"] and not result["outcomes"]:
            done["outcomes"][0]["facts"]["taken_over"] = taken_over
        result["outcomes"] += done["outcomes"]
        result.update(changed=result["changed"] or done["changed"], failure=done["failure"])
        if not check_mode:
            results.keep(steps, part, masked(done, arguments.get("secrets", ())))
    return result


def _not_begun(arguments, error):
    """Return the result of parts that cannot start while the host is unprotected: the old protection comes back."""
    mine = [step for step in arguments["steps"] if step["part"] in arguments["parts"]]
    error = error if isinstance(error, Problem) else internal(BEGINNING, "this host", error)
    failure = {"step": mine[0]["id"], "code": error.code, "message": str(error), "undone": []}
    outcomes = [{"id": step["id"], "outcome": UNTOUCHED, "facts": {}} for step in mine]
    outcomes[0]["facts"] = taking_back.protect_again(runner.KINDS, _stopped(arguments["steps"]), failure)
    return {"changed": False, "outcomes": outcomes, "pending": arguments["pending"] or [], "failure": failure}


def _is_stopped(arguments):
    """Return True if the part that removes is asked for, after a handover to nothing, and nothing was removed yet."""
    stopped = _stopped(arguments["steps"])
    if stopped is None or "remove" not in arguments["parts"] or not _looks_done(stopped):
        return False
    losing = [
        step
        for step in arguments["steps"]
        if step["part"] == "remove" and taking_back.loses(runner.KINDS, step["kind"])
    ]
    return not any(step["kind"] == "packages_remove" and _looks_done(step) for step in losing)


def _looks_done(step):
    kind = runner.KINDS[step["kind"]]
    try:
        return bool(in_child.done(step, kind, lambda: kind.look(step["target"])))
    except Exception:
        return False


def _stopped(steps):
    """Return the handover to nothing among the steps, if there is one."""
    return next((step for step in steps if step["kind"] == "handover" and step["target"]["new"] is None), None)
