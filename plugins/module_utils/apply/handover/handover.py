# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Hand real-time protection over: the old one stops, the new one starts and is tested, or the old one comes back.

If the two may run side by side, the new one starts and is tested before the old one stops (``overlap``).
If the run is killed before the new one has passed its self-test, another process restores protection
(``inherited``).

The window without protection begins when all of the old engine's permission marks were last seen, and ends when the new
engine's, or the old one's again, are all there. Both are read from the kernel every 2 ms.
"""

import contextlib

from ...linux import interception
from ...posix.errors import CutOff, EndpointError, Problem
from ...posix.own import own_journal, run_lock
from ...posix.running.heir import Heir
from ...posix.running.moments import Moment
from ...posix.running.signals import Held
from .. import announcement
from . import way_back, window
from .attempts import attempted, cause
from .excluded import Excluded
from .incoming import New
from .inherited import Inherited
from .outgoing import Old, running, still_there
from .overlap import Overlap, possible

JOURNALED = (
    "window_seconds",
    "window_exact_to_seconds",
    "window_unknown",
    "unprotected_from",
    "unprotected_until",
    "unprotected_clock",
)
# What the heir of a killed run has noted; whichever process notes a window after that has counted it.
OF_AN_HEIR = ("interrupted_seconds", "protected_again")
# Its watches and the heir of a killed run belong to the run's process.
IN_RUN = True
NOT_STOPPED = {"old_is_back": True, "not_stopped": True}


class HandoverFailed(EndpointError):
    """The new protection did not start. ``facts`` says whether the old one is back."""

    def __init__(self, cause, subject, facts):
        EndpointError.__init__(self, "handover_failed", "Handing protection over", subject, cause, _outlook(facts))
        self.facts = facts


def look(target):
    """Return True if the new engine intercepts and the old one does not."""
    old, new = target["old"], target["new"]
    if interception.holders(old["below"]) or running(old["units"] + old["starting"]):
        return False
    return new is None or New(new).is_up()


def amiss(target):
    """Return, in words, what of the old protection runs after a handover."""
    return still_there(target["old"])


def do(target):
    """Hand over and return {window_seconds, checks, ...}; HandoverFailed if the new protection fails its self-test."""
    old, new = _old(_old_of(target)), New(target["new"]) if target["new"] else None
    subject = target["new"]["unit"] if new else "none"
    with Held() as signals, contextlib.ExitStack() as stack:
        try:
            heir = stack.enter_context(Heir(lambda: _inherit(target, old, new), run_lock.descriptors()))
            if old.was_stopped:
                heir.stand_by()
            both = _both(stack, old, new, target)
            _prepare(target["digest"], old, new, both)
            if both is not None:
                # The watch may have stopped the new one and ended, and a command of the run starts it again.
                heir.stand_by()
        except Exception as error:
            # What comes now, no signal ends.
            signals.ignore()
            # An earlier run may have stopped it.
            is_off = old.was_stopped
            facts = way_back.taken(old, None) if is_off else way_back.with_left(NOT_STOPPED, way_back.left_out(old))
            raise HandoverFailed(cause(error), subject, dict(facts, cause=_code(error)))
        with _WayBack(old, new, both, signals, target["digest"], subject):
            if both is not None:
                facts = both.hand_over(lambda: own_journal.note(target["digest"], **_unprotected()))
            else:
                heir.stand_by()
                facts = _one_after_the_other(old, new)
            facts = _with_interrupted(facts)
            if new is None:
                _note(target["digest"], facts)
            # From here on there is no way back: the run hears a signal before its next step.
            signals.release()
        heir.dismiss()
        if new is not None:
            facts["kept_from_boot"] = old.retire()
            old.exclusions.forget()
            _note(target["digest"], facts)
        return facts


def _both(stack, old, new, target):
    """Return their Overlap, entered, if the two may run side by side, else None."""
    if possible(old, target):
        return stack.enter_context(Overlap(old, new, target))
    if new is not None:
        Excluded(target["new"].get("excludes")).forget()
    if old.holds():
        # A run that was killed has added them.
        old.exclusions.remove()
    return None


def _one_after_the_other(old, new):
    facts, there = old.stop(), None
    stood = _of_an_heir(own_journal.protected_again, None) if old.was_stopped and new is not None else None
    if stood is not None and new.protects():
        # It was tested then, and is tested now: the window is over.
        there, (facts["checks"], facts["attempts"]) = stood, new.stand_alone()
    elif new is not None:
        there, facts["checks"], facts["attempts"] = new.bring_up()
    return dict(facts, **window.between(old.gone, there))


def _with_interrupted(facts):
    """Return the facts with the time of killed runs, which counts too."""
    before = _of_an_heir(own_journal.interrupted_seconds, 0.0)
    if not before or facts["window_seconds"] is None:
        return facts
    return dict(facts, window_seconds=round(facts["window_seconds"] + before, 3), window_before_seconds=before)


def _of_an_heir(ask, otherwise):
    """Return what the heir of a killed run has noted; a damaged journal must not prevent protection."""
    try:
        return ask()
    except CutOff:
        raise
    except (Problem, OSError, ValueError, TypeError, KeyError):
        return otherwise


def _inherit(target, old, new):
    """Restore protection after the run was killed; done by its heir, with ``old`` and ``new`` as they were found.

    The window is noted. It lasts until the protection that was restored has passed its test.
    """
    digest = target["digest"]
    with contextlib.suppress(Problem, OSError, ValueError):
        old.gone = old.gone or own_journal.unprotected_since()

    def bring_back():
        facts = way_back.taken(old, new)
        before = _of_an_heir(own_journal.interrupted_seconds, 0.0)
        _note(digest, facts, old, {"interrupted_seconds": before + (facts["window_seconds"] or 0)})

    stays = Inherited(target, old, new, bring_back).settle()
    if stays:
        now = Moment.now()
        told = window.between(old.gone, now)
        # The journal entry stays for the next run, which has to know that the old one was stopped.
        told.pop("unprotected_until", None)
        with contextlib.suppress(Problem, OSError):
            own_journal.note(digest, protected_again={"at": str(now), "clock": now.clock}, **told)
    announcement.say("was killed; %s protects again" % ("the new one" if stays else "the old one"), target)


class _WayBack:
    """In its ``with``, whatever goes wrong brings the old protection back, even a bug in this program."""

    def __init__(self, old, new, both, signals, digest, subject):
        self._old, self._new, self._both = old, new, both
        self._signals, self._digest, self._subject = signals, digest, subject

    def __enter__(self):
        return self

    def __exit__(self, _kind, error, _traceback):
        if error is None:
            return
        self._signals.ignore()
        facts = dict(way_back.taken(self._old, self._new, self._both), cause=_code(error))
        facts = attempted(lambda: _with_interrupted(facts), [], facts)
        if self._both is not None and self._both.parted:
            facts["overlap"] = dict(self._both.told_parted(), held=False)
        _note(self._digest, facts, self._old)
        raise HandoverFailed(cause(error), self._subject, facts) from error


def _prepare(digest, old, new, both):
    """Do what can fail before anything is stopped."""
    if new is not None:
        new.prepare()
    # If nothing comes after this, the journal says what was stopped, and since when the host is unprotected.
    noted = {"stopped_units": old.units} if old.units else {}
    if old.gone is None and old.intercepted and both is None:
        noted.update(_unprotected())
    if noted:
        own_journal.note(digest, **noted)


def _unprotected():
    """Return what the journal must contain before the old protection is stopped."""
    now = Moment.now()
    return {"unprotected_from": str(now), "unprotected_clock": now.clock, "unprotected_until": None}


def undo(target):
    """Bring back what a handover to nothing stopped, because a later step failed; return the facts."""
    old = _stopped(_old_of(target))
    facts = way_back.taken(old, None)
    _note(target["digest"], facts, old)
    if not facts["old_is_back"]:
        raise HandoverFailed("it was to be rolled back", ", ".join(old.units), facts)
    return facts


def _old_of(target):
    return dict(target["old"], digest=target["digest"])


def _old(old):
    """Return the old protection as it is, or as it was before an interrupted run stopped it."""
    found = Old.found(old)
    if found.intercepted:
        return found
    stopped = _stopped(old)
    if stopped.is_unknown:
        # The journal, which would say so, cannot be read: assume that what runs was not stopped.
        return found if found.units else stopped
    return stopped if stopped.was_stopped else found


def _stopped(old):
    """Return the old protection as it was before it was stopped, as the journal or the step itself says."""
    try:
        since, units = own_journal.unprotected_since(), own_journal.stopped_units()
    except Exception:
        return Old.stopped(old, None, is_unknown=True)
    return Old.stopped(old, since, units)


def _code(error):
    if isinstance(error, OSError):
        return "system_error"
    return getattr(error, "code", "internal_error")


def _note(digest, facts, old=None, more=None):
    """Write the window, and what of the old protection is not back, into the journal. If that fails, only the record
    has it, with the cause.
    """
    stopped = old.units if old is not None and not facts["old_is_back"] else []
    try:
        noted = {key: facts.get(key) for key in JOURNALED}
        own_journal.note(digest, OF_AN_HEIR, stopped_units=stopped, **noted, **(more or {}))
    except Exception as error:
        facts.setdefault("notes", []).append("the journal does not have the window: %s" % error)


def _outlook(facts):
    """Say why the two were parted, and in what state a failed handover has left the host."""
    parted = facts.get("overlap")
    return ("The two did not run side by side: %s. " % parted["given_up"] if parted else "") + _state(facts)


def _state(facts):
    left = " NOT ROLLED BACK: " + facts["not_undone"] if "not_undone" in facts else ""
    if facts.get("not_stopped"):
        return "The old protection was not stopped." + left
    if facts["old_is_back"]:
        since = ", tested, since " + facts["unprotected_until"] if facts.get("unprotected_until") else ""
        return "The old protection is back%s, and nothing of it was removed.%s" % (since, left)
    since = facts.get("unprotected_from")
    left = "it may be unprotected since " + since if since else "the earlier protection is not running again"
    bad = [found["detail"] for found in facts["old_checks"] if found["result"] != "ok"]
    return "HOST MAY BE UNPROTECTED, check it now: %s. The old protection: %s." % (
        left,
        "; ".join(facts["notes"] + bad) or "not back",
    )
