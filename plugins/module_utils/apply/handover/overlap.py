# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Hand protection over without a moment in which nothing protects: the new one stands before the old one goes.

The new one starts while the old one still intercepts, is tested by what only it can know, and only then does the old
one stop. Where the two cannot run side by side the new one is stopped, and starts after the old one has stopped.
"""

import contextlib
import time

from ...linux import interception
from ...posix.errors import EndpointError
from ...posix.running.moments import Moment
from ...prove import beside
from ...prove.own_signature import OwnSignature
from . import window
from .both_marks import BothMarks, Held
from .excluded import Excluded
from .guard import SLOW, Guard

# Seconds for one self-test with the old one running, which may be slow with each file.
PROOF_LIMIT = 4
# A reader that waits while only the old one intercepts says nothing of the two, and the old one protects meanwhile.
READY_ATTEMPTS = 5
READY_PAUSE = 2


def possible(old, target):
    """Return True if the two may stand beside each other, and the old one stands there."""
    new = target["new"]
    return bool(new and new.get("overlap") and old.holds())


class Overlap:
    """The two beside each other, in a ``with``: as long as it lasts, the new one's engine knows a signature of its own.

    ``old`` and ``new`` are an Old and a New, and ``target`` is the handover's.
    """

    def __init__(self, old, new, target):
        self._old, self._new, self._target = old, new, target
        self._told = target["new"]["overlap"]
        self._excluded = Excluded(target["new"].get("excludes"))
        self._left_out = []
        self._stack = contextlib.ExitStack()
        self._signature = OwnSignature(self._told["signature"], target["new"]["socket"])
        self._marks = BothMarks(
            Held(target["old"]["below"], interception.PERMISSION_BITS),
            Held(target["new"]["below"], interception.PERMISSION_BITS, target["new"]["paths"]),
        )

    def __enter__(self):
        # One that a run has left which was killed is begun anew: the old one protects meanwhile.
        self._new.take_down()
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._excluded)
            # The engine opens its directory when it loads the signature.
            self._left_out = self._old.exclusions.add()
            stack.enter_context(self._signature)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error):
        self._stack.__exit__(*error)

    def hand_over(self, note_stop):
        """Do it and return the facts; EndpointError if the new one fails its self-test, and the old one may still run.

        ``note_stop()`` notes that the old one is about to be stopped.
        """
        try:
            with self._marks:
                facts = self._handed_over(note_stop)
        finally:
            if self._old.gone is None:
                # It has ended by itself.
                self._old.gone = self._marks.since
        facts.update(self._window())
        facts["overlap"].update(self._seen())
        return facts

    def old_first(self):
        """Start the old one while the new one stands, as far as the two get on; return what did not work, in words."""
        try:
            with self._guard():
                return self._old.start_again()
        except Exception as error:
            # It is started once more, when the new one has stopped.
            return ["starting the old protection together with the new one: %s" % (str(error) or repr(error))]

    def _guard(self):
        return Guard(self._target["old"], self._target["new"], self._told)

    def _handed_over(self, note_stop):
        with contextlib.ExitStack() as stack:
            guard, struck = self._watched(stack)
            struck, checks = self._stand(guard) if struck is None else (struck, [])
            # Nothing is left of it on the disk from here on, whatever comes.
            self._signature.take_away()
            facts = None
            note_stop()
            if struck is None:
                guard.let_old_go()
                facts = self._old.stop()
                struck = guard.finished() if guard.struck() else None
            told = self._told_of(guard, struck, checks)
        if struck is None:
            facts["checks"], facts["attempts"] = self._new.stand_alone()
        else:
            facts = self._one_after_the_other(facts)
        return dict(facts, overlap=told)

    def _watched(self, stack):
        """Return (a Guard that was entered, why the two should not be tried or None)."""
        for attempt in range(1, READY_ATTEMPTS + 1):
            guard = stack.enter_context(self._guard())
            struck = guard.ready()
            if struck is None or struck["why"] != SLOW or attempt == READY_ATTEMPTS:
                break
            stack.close()
            time.sleep(READY_PAUSE)
        return guard, struck

    def _stand(self, guard):
        """Return (why the two are not to stand beside each other or None, the checks of the new one)."""
        try:
            checks = self._new.stand_beside(lambda: self._proof(guard), lambda: guard.struck() is not None)
        except EndpointError:
            if guard.struck() is None:
                raise
            checks = []
        return (guard.finished() if guard.struck() else None), checks

    def _proof(self, guard):
        if guard.struck() is not None:
            raise EndpointError("overlap_ended", "Proving", "both", guard.struck()["words"], "No action is needed.")
        new = self._target["new"]
        return beside.prove(new["paths"], self._signature.data, new["unit"], PROOF_LIMIT, new["quarantine"])

    def _one_after_the_other(self, stopped):
        """Go on as where two may not stand beside each other; ``stopped`` are the facts if the old one has stopped."""
        if stopped is None:
            self._new.take_down()
            stopped = self._old.stop()
        self._excluded.end()
        _there, checks, attempts = self._new.bring_up()
        return dict(stopped, checks=checks, attempts=attempts)

    def _told_of(self, guard, struck, checks):
        rounds, slowest = guard.probe.rounds(), round(guard.probe.slowest(), 3)
        told = {
            "held": struck is None,
            "probes": rounds,
            "slowest_probe_seconds": slowest,
            "checks": checks,
            "old_leaves_out": self._left_out,
        }
        return told if struck is None else dict(told, given_up=struck["words"], why=struck["why"])

    def _window(self):
        marks = self._marks
        if marks.was_never_without():
            return {"window_seconds": 0.0, "window_exact_to_seconds": 0.0}
        # Where looking ended early, it counts from when the old one was last seen until now.
        return window.between(marks.gone or self._old.gone, marks.there or Moment.now())

    def _seen(self):
        """Return what was seen of the marks: looks, the longest time between two, and how long both were there."""
        marks = self._marks
        both = marks.together.until(marks.last) if marks.together else 0.0
        return {"looks": marks.looks, "longest_between_looks": round(marks.longest, 3), "both_seconds": both}
