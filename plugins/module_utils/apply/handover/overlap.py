# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Hand protection over without a gap: the new one starts before the old one stops.

The new one starts while the old one still intercepts. It is tested with something that only it can know, and only then
does the old one stop. If the two cannot run side by side, the new one is stopped, and starts after the old one has
stopped.
"""

import contextlib
import time

from ...linux import interception
from ...posix.errors import EndpointError
from ...posix.running.moments import Moment
from ...prove import beside
from ...prove.own_signature import OwnSignature
from . import window
from .attempts import attempted
from .both_marks import BothMarks, Held
from .excluded import Excluded
from .guard import SLOW, Guard
from .limits import PROOF_BESIDE

# A wait while only the old one intercepts says nothing about the two together, and the old one protects meanwhile.
ATTEMPTS = 5
PAUSE = 2


def possible(old, target):
    """Return True if the two may run side by side and the old one is running."""
    new = target["new"]
    return bool(new and new.get("overlap") and old.holds())


class Overlap:
    """The two side by side, in a ``with``: meanwhile the new engine has a signature that only it knows.

    ``old`` and ``new`` are an Old and a New, and ``target`` is the handover's.
    """

    def __init__(self, old, new, target):
        self._old, self._new, self._target = old, new, target
        self._told = target["new"]["overlap"]
        self._excluded = Excluded(target["new"].get("excludes"))
        self._left_out = []
        # {why, words, ...} of the guard once the two were parted.
        self.parted = None
        self._stack = contextlib.ExitStack()
        self._signature = OwnSignature(self._told["signature"], target["new"]["socket"])
        self._marks = BothMarks(
            Held(target["old"]["below"], interception.PERMISSION_BITS),
            Held(target["new"]["below"], interception.PERMISSION_BITS, target["new"]["paths"]),
        )

    def __enter__(self):
        # One that a killed run has left is started from scratch: the old one protects meanwhile.
        self._new.take_down()
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._excluded)
            # The engine opens its directory when it loads the signature.
            self._left_out = self._old.exclusions.add()
            stack.enter_context(self._signature)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error):
        # Nothing here may hide what a handover that failed has left.
        attempted(lambda: self._stack.__exit__(*error), [])

    def hand_over(self, note_stop):
        """Do it and return the facts; EndpointError if the new one fails its self-test, and the old one may still run.

        ``note_stop()`` notes in the journal that the old one is about to be stopped.
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
        """Start the old one beside the new one, if the two can run side by side; return the errors as texts."""
        try:
            with self._guard():
                return self._old.start_again()
        except Exception as error:
            # It is started again after the new one has stopped.
            return ["starting the old protection together with the new one: %s" % (str(error) or repr(error))]

    def _guard(self):
        return Guard(self._target["old"], self._target["new"], self._told)

    def _handed_over(self, note_stop):
        with contextlib.ExitStack() as stack:
            guard, self.parted, checks = self._side_by_side(stack)
            # From here on nothing of it is left on the disk, whatever happens.
            self._signature.take_away()
            facts = None
            note_stop()
            if self.parted is None:
                guard.let_old_go()
                facts = self._old.stop()
                self.parted = guard.finished() if guard.struck() else None
            told = self._told_of(guard, checks)
        if self.parted is None:
            facts["checks"], facts["attempts"] = self._new.stand_alone()
        else:
            facts = self._one_after_the_other(facts)
        return dict(facts, overlap=told)

    def _side_by_side(self, stack):
        """Return (a Guard that was entered, why the two must not run side by side or None, the checks of the new one).

        A reader that waited before the new one intercepted waited for the old one or for a busy machine.
        """
        for attempt in range(1, ATTEMPTS + 1):
            guard, checks = stack.enter_context(self._guard()), []
            parted = guard.ready()
            if parted is None:
                parted, checks = self._stand(guard)
            is_of_both = parted is None or parted["why"] != SLOW or self._marks.together is not None
            if is_of_both or attempt == ATTEMPTS:
                break
            stack.close()
            time.sleep(PAUSE)
        return guard, parted, checks

    def _stand(self, guard):
        """Return (why the two must not run side by side or None, the checks of the new one)."""
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
        return beside.prove(new["paths"], self._signature.data, new["unit"], PROOF_BESIDE, new["quarantine"])

    def _one_after_the_other(self, stopped):
        """Continue as if the two may not run side by side; ``stopped`` are the facts if the old one has stopped."""
        if stopped is None:
            self._new.take_down()
            stopped = self._old.stop()
        self._excluded.end()
        _there, checks, attempts = self._new.bring_up()
        return dict(stopped, checks=checks, attempts=attempts)

    def _told_of(self, guard, checks):
        rounds, slowest = guard.probe.rounds(), round(guard.probe.slowest(), 3)
        told = {
            "held": self.parted is None,
            "probes": rounds,
            "slowest_probe_seconds": slowest,
            "checks": checks,
            "old_leaves_out": self._left_out,
        }
        return dict(told, **self.told_parted())

    def told_parted(self):
        """Return why the two were parted, as {given_up, why}; {} if they were not."""
        return {"given_up": self.parted["words"], "why": self.parted["why"]} if self.parted else {}

    def _window(self):
        marks = self._marks
        if marks.was_never_without():
            return {"window_seconds": 0.0, "window_exact_to_seconds": 0.0}
        # If the watch ended early, the gap counts from when the old one was last seen until now.
        return window.between(marks.gone or self._old.gone, marks.there or Moment.now())

    def _seen(self):
        """Return what was seen of the marks: looks, the longest time between two, and how long both were there."""
        marks = self._marks
        both = marks.together.until(marks.last) if marks.together else 0.0
        return {"looks": marks.looks, "longest_between_looks": round(marks.longest, 3), "both_seconds": both}
