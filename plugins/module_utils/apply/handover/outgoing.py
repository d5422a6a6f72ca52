# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Stop the old real-time protection, and bring it back and check that it intercepts again."""

import contextlib
import os
import time

from ...agreed.linux import STOPPED
from ...linux import interception, systemd
from ...posix.errors import EndpointError
from ...posix.running.moments import Fall, Rise
from ...prove import on_access, there
from ...prove.checks import BAD, OK, check, overall
from ..services import boot_links_remove
from ..services.unit import force
from .attempts import attempted
from .limits import PROOF_LIMIT, PROOF_PAUSE, STEADY
from .old_exclusions import OldExclusions

STARTS = 3
START_PAUSE = 1.0
GIVEN_UP = 1.0
# How many of the directories with its marks are used to test that the old protection refuses the test file.
TRIED_IN = ("/home", "/root", "/srv", "/tmp", "/var/tmp")


class Old:
    """The old protection: ``units`` that run or ran, whether it ``intercepted``, and the Moments at which it last had
    all marks before all were ``gone``, and at which it had all of them ``back``; None if that did not happen.
    ``was_stopped`` says that an earlier run stopped it, and ``is_unknown`` that the journal, which says what ran,
    cannot be read. ``exclusions`` are the directories that it is asked to leave out.
    """

    was_stopped = is_unknown = False

    def __init__(self, old, units, held, gone):
        """``old``: a step's {units, starting, triggers, below, stop_limit, start_limit, exclusions}, and its digest."""
        self._old = old
        self._held = held
        # Units that start others come first.
        self.units = units
        self.intercepted = bool(held) or gone is not None
        self.gone = gone
        self.back = None
        self.exclusions = OldExclusions(old.get("digest"), old.get("exclusions", ()))

    @classmethod
    def found(cls, old):
        """Return it as it is on the host now."""
        names = old["triggers"] + old["units"] + old["starting"]
        return cls(old, running(names), interception.holders(old["below"]), None)

    @classmethod
    def stopped(cls, old, gone, units=(), is_unknown=False):
        """Return it as it was before it was stopped, at a Moment if it intercepted then, with the units that ran."""
        made = cls(old, list(units) or old["triggers"] + old["units"], {}, gone)
        made.was_stopped, made.is_unknown = bool(gone or units or is_unknown), is_unknown
        return made

    def holds(self):
        """Return True if it was found to intercept, by this run."""
        return bool(self._held)

    def stop(self):
        """Stop it and return {} or, if it did not stop by itself, {forced: names, after_seconds}."""
        with Fall(self._marks_held, STEADY) as gone:
            if not self._held:
                return self._stop_units()
            # A window is never reported as shorter than it was. If this is interrupted, systemd goes on, and the marks
            # go later; otherwise the window counts from when it last had all of them.
            self.gone = gone.entered
            try:
                facts = self._stop_units()
            finally:
                self.gone = gone.begun or gone.entered
            if gone.wait(1) is None:
                self.gone = None
                raise EndpointError(
                    "old_still_intercepts",
                    "Stopping the old protection",
                    ", ".join(self.units) or "no unit",
                    "its processes still hold permission marks",
                    "Find out which service starts them.",
                )
            self.gone = gone.begun
            return facts

    def _marks_held(self):
        return sum(len(interception.permission_marks(pid)) for pid in self._held)

    def _stop_units(self):
        limit = self._old["stop_limit"]
        try:
            if self.units:
                systemd.tell("stop", self.units, limit)
            return {}
        except EndpointError as error:
            if error.code != "command_timeout":
                raise
        return force(self.units, limit)

    def retire(self):
        """Keep it from starting at boot beside the new one, which passed its self-test; return the removed links.

        A link that cannot be removed is no reason to roll back: the removal tries again, and reports why it failed.
        """
        gone = []
        for name in self.units:
            with contextlib.suppress(EndpointError, OSError):
                gone += [path for path, _pointed_to in boot_links_remove.take_away(name)]
        return gone

    def bring_back(self):
        """Start what was stopped and check that it intercepts again; return the facts {old_is_back, old_checks, notes}.

        If it held no marks before, the only check is that its units run.
        """
        if self.is_unknown:
            return self._bring_back_unknown()
        if not self.intercepted:
            notes = self._start_units()
            return {"old_is_back": self._run(notes), "old_checks": [], "notes": notes}
        notes = self.start_again()
        checks = self._prove()
        return {"old_is_back": overall(checks) == OK, "old_checks": checks, "notes": notes}

    def start_again(self):
        """Start it and wait until it intercepts, or clearly will not; return the errors as texts."""
        with Rise(self._marks, sum(map(len, self._held.values()))) as back:
            notes = self._start_units()
            # Where systemd does not say, they may run.
            may_come = attempted(lambda: running(self.units), notes, True)
            # Its marks may come one by one, and the last one ends the window.
            self.back = back.settled(self._old["start_limit"] if may_come else GIVEN_UP, STEADY)
        return notes

    def _marks(self):
        return sum(map(len, interception.holders(self._old["below"]).values()))

    def _bring_back_unknown(self):
        """Start all that the step names. Marks show that it intercepts; without any it is not known whether it did."""
        notes = self.start_again()
        if self.back is None:
            notes.append("the journal cannot be read, so it is not known whether it held permission marks before")
            return {"old_is_back": self._run(notes), "old_checks": [], "notes": notes}
        checks = self._prove()
        return {"old_is_back": overall(checks) == OK, "old_checks": checks, "notes": notes}

    def _run(self, notes):
        """Return True if systemd says that all its units run."""
        return attempted(lambda: running(self.units) == self.units, notes, False)

    def _start_units(self):
        """Start them, and retry after a moment: a service that was killed may need one."""
        notes = []
        for start in range(STARTS if self.units else 0):
            if attempted(lambda again=start > 0: self._started(again), notes, False):
                break
        return notes

    def _started(self, again):
        if again:
            time.sleep(START_PAUSE)
            systemd.forget_failures(self.units)
        systemd.tell("start", list(reversed(self.units)), self._old["start_limit"])
        return True

    def _prove(self):
        """Return the checks of what came back, with retries: a mark is set before its listener answers."""
        if self.back is None:
            return [check("old_marks", BAD, "no permission mark within %d s" % self._old["start_limit"])]
        failed = []
        known = attempted(_known, failed)
        if known is None:
            return [check("old_tested", BAD, failed[0])]
        deadline = time.monotonic() + PROOF_LIMIT
        while True:
            failed = []
            checks = attempted(lambda: _checks(self._old["below"], known), failed, [])
            checks += [check("old_tested", BAD, words) for words in failed]
            if overall(checks) == OK or time.monotonic() > deadline:
                return checks
            time.sleep(PROOF_PAUSE)


def _known():
    """Return {path: target of a mark on it} of the directories that can be used for a test.

    One that does not answer is left out: its server may be gone for hours, and says nothing about a scanner.
    """
    return interception.inode_targets([path for path in TRIED_IN if there.is_there(path, os.W_OK) is True])


def _checks(below, known):
    """Return a check of the marks, and of accesses in each directory with marks; others may have none."""
    held = [target for targets in interception.holders(below).values() for target in targets]
    bare = interception.uncovered(known, held)
    marks = check("old_marks", OK if held else BAD, "%d permission marks held" % len(held))
    tried = on_access.prove([path for path in known if held and path not in bare])
    return [marks] + [dict(found, id="old_" + found["id"]) for found in tried]


def still_there(old):
    """Return the units of the old protection that run, and the programs of it that intercept, in words."""
    words = ["%s runs" % name for name in running(old["units"] + old["starting"])]
    pids = set(interception.holders(old["below"]))
    paths = {path for pid, path in interception.executables() if pid in pids}
    return ", ".join(words + ["%s intercepts" % path for path in sorted(paths)])


def running(names):
    """Return those of the units that run or are about to."""
    return [name for name, shown in systemd.show(names).items() if shown["ActiveState"] not in STOPPED]
