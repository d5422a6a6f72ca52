# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Watch two scanners that intercept at once, from a separate process, and stop the new one before a host hangs.

Both scanners block each file access until they answer. If they wait for each other, every process waits. So this
process watches a probe that reads files like any process. As soon as a read takes longer than its limit, or both have
run side by side for too long, it kills the new one, whatever the run itself is waiting for then. A scanner that was
killed keeps no process waiting: the kernel answers in its place.

If the run is killed, it stops the new one too, unless the old one is already stopping.
"""

import contextlib
import functools
import mmap
import os
import signal
import time

from ...linux import interception, one_process
from ...posix.errors import Problem
from ...posix.running import bounded
from ...posix.running.commands import run
from ...posix.running.moments import hurry
from .both_marks import Held
from .probe import EVERY, Probe

# Searching every process for marks costs more than checking the probe.
MARKS_EVERY = 0.1
ROUNDS = 3
STOP_LIMIT = 20
SLOW, LONG, REFUSED, ENDED = "slow", "long", "refused", "run_ended"
NO_PROBE, UNWATCHED = "no_probe", "unwatched"
WORDS = {
    SLOW: "reading a clean file took longer than %(limit)g s, in %(directory)s",
    LONG: "both intercepted for longer than %(limit)g s",
    REFUSED: "a clean file could not be read, in %(directory)s",
    ENDED: "the run was terminated",
    UNWATCHED: "the process that watched both has ended",
    NO_PROBE: "no protected directory could be read within %(limit)g s",
}


class Guard:
    """Watches both scanners in a ``with``. ``limits`` are {limit, probe_limit} in seconds."""

    def __init__(self, old, new, limits):
        """``old`` and ``new`` are those of a handover's target."""
        self._below, self._old_below = new["below"], old["below"]
        self._marks = Held(new["below"], interception.PERMISSION_BITS)
        self._units = [name for name in (new["guard"], new["unit"]) if name]
        self._limits = limits
        self.probe = Probe(new["paths"])
        self._memory = mmap.mmap(-1, mmap.PAGESIZE)
        self._child = None
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.probe)
            self._child = stack.enter_context(bounded.Child(self._watch, (), bounded.LEAST))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error):
        self._stack.__exit__(*error)

    def struck(self):
        """Return why it has stopped the new one, as {why, words, ...}; None if it has not."""
        has_ended = self._child.wait(0)
        told = self._child.board.told()
        if told:
            return told[0]
        # It ends by itself only once the old one was asked to stop.
        return _told(UNWATCHED, 0, "") if has_ended and not self._memory[0] else None

    def ready(self):
        """Wait until the probe has read some rounds; return None, or why the two should not run side by side."""
        deadline = time.monotonic() + self._limits["limit"]
        while time.monotonic() < deadline:
            if self.struck() is not None:
                return self.struck()
            if self.probe.rounds() >= ROUNDS:
                return None
            time.sleep(EVERY)
        return _told(NO_PROBE, self._limits["limit"], "")

    def finished(self):
        """After it has struck, wait until it has stopped the new one, and return why it did."""
        self._child.wait(STOP_LIMIT * 2)
        return self.struck()

    def let_old_go(self):
        """Note that the old one is about to be stopped: if the run is killed after this, the new one has to stay."""
        self._memory[0] = 1

    def _watch(self, board):
        hurry()
        parent, looked, since, last = os.getppid(), 0.0, None, {}
        while True:
            now = time.monotonic()
            if now - looked >= MARKS_EVERY:
                # One that ended and is started again runs beside the old one only from then on.
                looked, since = now, (since or now) if self._marks.look() else None
            is_ended = os.getppid() != parent
            if is_ended and self._memory[0]:
                return
            why = _told(ENDED, 0, "") if is_ended else self._why(since, last)
            if why is not None:
                if self._memory[0] and not interception.holders(self._old_below):
                    # The old one is gone: the new one runs alone, and the run tests it.
                    return
                board.tell(why)
                self._stop()
                return
            time.sleep(EVERY)

    def _why(self, since, last):
        """Return why the two must be parted; ``last`` keeps when each directory was last read, and the count then."""
        now = time.monotonic()
        for folder, (taken, rounds, slowest, is_refused) in self.probe.now().items():
            if last.get(folder, (None, 0))[0] != rounds:
                last[folder] = (rounds, now)
            # A reader that was killed reads nothing any more.
            if max(taken, slowest, now - last[folder][1]) > self._limits["probe_limit"]:
                return _told(SLOW, self._limits["probe_limit"], folder)
            if is_refused:
                return _told(REFUSED, 0, folder)
        if since is not None and time.monotonic() - since > self._limits["limit"]:
            return _told(LONG, self._limits["limit"], "")
        return None

    def _stop(self):
        """Kill the new one at once, and then stop its service, which would start it again."""
        for pid in interception.holders(self._below):
            with contextlib.suppress(OSError):
                # By then the process id may belong to another process, even the old scanner.
                one_process.send(pid, signal.SIGKILL, functools.partial(self._holds, pid))
        with contextlib.suppress(Problem, OSError):
            run(["systemctl", "stop", "--"] + self._units, STOP_LIMIT)

    def _holds(self, pid):
        return pid in interception.holders(self._below)


def _told(why, limit, folder):
    words = WORDS[why] % {"limit": limit, "directory": folder}
    return {"why": why, "words": words, "directory": folder}
