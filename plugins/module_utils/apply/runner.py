# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Carry out one part of a plan. Check mode, ``changed`` and rollback are decided here and nowhere else.

A kind of step is a module with ``look(target)``, which says whether the step is done, ``do(target)``, which does it
and may return facts to record, and, if it can be undone, ``undo(target)``, which gets those facts under
``facts``. ``do`` is called only when ``look`` said no, and ``look`` has to say yes afterwards. A kind with
``CHANGES = False`` tests or reports and changes nothing; one with ``HALF_WAY = True`` may fail after it has changed
something, and is then undone too; one whose ``undone_last(target)`` is true is undone after all others. ``amiss``, if a
kind has it, says in words why ``look`` says no.
"""

import time

from ..agreed.outcomes import ALREADY, CHANGED, FAILED, PROVED, UNTOUCHED, WOULD
from ..posix.errors import EndpointError, Problem
from ..posix.running.signals import Heard
from ..posix.running.time_limit import time_limit
from . import in_child, in_homes, taking_back
from .faults import explained
from .kinds import KINDS

# Seconds after which a step has failed, whatever it waits for. The commands that it runs have shorter limits.
LONGEST = 4 * 3600


def pending_of(steps):
    """Return the ids of the steps that are not done, in order. It is decided for all parts before the first begins,
    so that check mode and the real run say the same, whatever one step changes for another.

    A step whose state cannot be read is an error, unless a run has begun: what that run stopped must not stay stopped
    because of it, so the step fails when its turn comes.
    """
    has_begun = any(step["kind"] == "announce" and _done(step) for step in steps)
    if has_begun:
        _let_end([step for step in steps if hasattr(KINDS[step["kind"]], "let_end")])
    at_home, hung = [step for step in steps if in_homes.is_one(step)], []
    are_done = in_child.looked([step for step in steps if step not in at_home], _done, has_begun)
    are_done.update((step["id"], _is_done_at_home(step, hung)) for step in at_home)
    pending = {name for name, is_done in are_done.items() if not is_done}
    written = {step["target"]["path"] for step in steps if step["kind"] == "file" and step["id"] in pending}
    return [step["id"] for step in steps if step["id"] in pending or _is_older(step, written)]


def _is_older(step, written):
    """Return True for a step that depends on files as they are now, while other steps have yet to write some."""
    return not written.isdisjoint(step["target"].get("newer_than", ()))


def _is_done_at_home(step, hung):
    try:
        return in_homes.looked(step, lambda: _done(step), hung)
    except Exception:
        # The step reports this itself when its turn comes.
        return False


def _let_end(waits):
    """Wait for a package manager or installer that an interrupted run has started. It may yet undo a later step, for
    example by starting a service, and that step would be taken for done.
    """
    for step in waits:
        kind = KINDS[step["kind"]]
        try:
            in_child.done(step, kind, lambda kind=kind, step=step: kind.let_end(step["target"]))
        except Exception:
            # The step itself reports this when its turn comes.
            return


def carry_out(steps, pending, check, failure=None, stopped=None, earlier=(), signals=None):
    """Carry out one part's steps in order and return {changed, outcomes, pending, failure}.

    ``steps`` are {id, kind, target, undo}; those in ``pending`` are to be done. Every step gets an outcome, after a
    failure too: ``untouched``. When a step fails, the steps before it are undone in reverse, if they can be. With the
    ``failure`` of an earlier part nothing is done. A failure in a home is reported in that step's facts and ends
    nothing else.
    ``stopped`` is the step of an earlier part that left the host without protection, if one did. ``earlier`` are the
    ids of steps that this run had done before it was interrupted: they are undone too. ``signals`` (Heard) notes a
    step that the run has to end; that step then fails.
    """
    outcomes, done, failed = [], [], None
    for step in steps:
        outcome = {"id": step["id"], "outcome": ALREADY, "facts": {}}
        outcomes.append(outcome)
        if failure is not None:
            outcome["outcome"] = UNTOUCHED
        elif step["id"] in pending:
            failure = _carry_out_one(step, check, outcome, signals or Heard(), zip(steps, outcomes[:-1]))
            failed = (step, outcome) if failure else None
            if outcome["outcome"] == CHANGED or (failure and getattr(KINDS[step["kind"]], "HALF_WAY", False)):
                done.append((step, outcome))
        elif step["id"] in earlier:
            done.append((step, outcome))
    if failed is not None:
        taking_back.after(KINDS, failed, done, stopped, failure)
    changed = any(outcome["outcome"] in (CHANGED, WOULD) for outcome in outcomes)
    return {"changed": changed, "outcomes": outcomes, "pending": pending, "failure": failure}


def _carry_out_one(step, check, outcome, signals, earlier):
    kind = KINDS[step["kind"]]
    changes = getattr(kind, "CHANGES", True)
    if check:
        outcome["outcome"] = WOULD if changes else ALREADY
        return None
    begun = time.monotonic()
    # After a handover to nothing, a signal that fails the next step brings the old protection back; one that failed
    # the handover after its end would not.
    at_once = not getattr(kind, "IN_RUN", False)
    try:
        with signals.heard(at_once), time_limit(LONGEST, step["id"], "Carrying out a step"):
            if in_homes.is_one(step):
                outcome["facts"] = in_homes.done(step, kind, lambda: _attempt(step), list(earlier))
            else:
                outcome["facts"] = in_child.done(step, kind, lambda: _attempt(step))
        outcome["outcome"] = CHANGED if changes else PROVED
    except Exception as error:
        # Expected or not, every error leads to the same rollback.
        outcome["outcome"] = FAILED
        outcome["facts"] = getattr(error, "facts", {})
        told = explained(step, error)
        failure = {"step": step["id"], "code": told.code, "message": str(told), "undone": []}
        if not in_homes.is_alone(step, error):
            return failure
        outcome["facts"] = in_homes.facts_of(step, outcome, failure)
    finally:
        outcome["seconds"] = round(time.monotonic() - begun, 3)
    return None


def _attempt(step):
    """Do a step, if it is not done, and return its facts."""
    if _done(step):
        return {}
    facts = KINDS[step["kind"]].do(step["target"]) or {}
    try:
        _must_be_done(step)
    except (Problem, OSError, ValueError) as error:
        # What it has done and measured is part of the record, too.
        error.facts = facts
        raise
    return facts


def _done(step):
    return KINDS[step["kind"]].look(step["target"])


def _must_be_done(step):
    kind = KINDS[step["kind"]]
    if getattr(kind, "CHANGES", True) and not kind.look(step["target"]):
        found = kind.amiss(step["target"]) if hasattr(kind, "amiss") else ""
        raise EndpointError(
            "step_without_effect",
            "Carrying out a step",
            step["id"],
            "it finished without an error, but the host is not in the expected state" + (found and ": " + found),
            "Check the step's target on the host and run again.",
        )
