# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Have a process ready that acts if this one is killed in the middle of work that must not stay half done.

It is started beforehand and has everything that it needs in memory. It only checks whether its parent is alive, and
exits as soon as the parent has ended its work in any other way.
"""

import contextlib
import mmap
import os
import signal
import time

from ..errors import EndpointError
from . import bounded
from .signals import NAMES

EVERY = 0.1
BEGIN_LIMIT, BEGIN_PAUSE = 60, 0.002


class Heir:
    """A process, in a ``with``, that calls ``act()`` if this one is killed after ``stand_by()``, before ``dismiss()``.

    ``keep`` are the numbers of open files that it keeps, such as a lock's, so that no other process gets the lock.
    Raises EndpointError or OSError, before the block, if it does not start.
    """

    def __init__(self, act, keep=()):
        self._act, self._keep = act, keep
        self._parent = os.getpid()
        self._memory = mmap.mmap(-1, mmap.PAGESIZE)
        self._child = None

    def __enter__(self):
        self._child = bounded.Child(self._wait, self._keep, bounded.LEAST)
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._child)
            self._must_have_begun()
            stack.pop_all()
        return self

    def __exit__(self, *_error):
        self.dismiss()
        self._child.__exit__()

    def stand_by(self):
        """Let it act from now on, if this process is killed."""
        self._memory[0] = 1

    def dismiss(self):
        """From now on, do not let it act."""
        self._memory[0] = 0

    def _must_have_begun(self):
        """Wait until it is a separate process that survives whatever ends this one."""
        deadline = time.monotonic() + BEGIN_LIMIT
        while not self._memory[1]:
            if self._child.wait(BEGIN_PAUSE) or time.monotonic() > deadline:
                doing, what = "Preparing the handover", "a process that acts if this one is killed"
                raise EndpointError("no_heir", doing, what, "it does not start", "Check the host's load and memory.")

    def _wait(self, _board):
        # Ending a session or a scope sends this to everything in it; the parent takes care of it.
        for number in NAMES:
            signal.signal(number, _pass_over)
        self._memory[1] = 1
        while os.getppid() == self._parent:
            time.sleep(EVERY)
        if self._memory[0]:
            self._act()


def _pass_over(_number, _frame):
    """Do nothing. If the signal were ignored instead, all commands that are started would ignore it too."""
