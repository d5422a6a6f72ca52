# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Read a clean file in each protected directory again and again, as any process does, and measure how long it takes."""

import contextlib
import errno
import mmap
import os
import time

from ...posix.errors import Problem
from ...posix.running import bounded
from ...posix.running.cells import cells
from ...posix.running.child import told
from ...posix.running.moments import hurry
from ...prove import test_files
from ...prove.on_access import CLEANING
from ...prove.samples import CLEAN

EVERY = 0.02
# A reader that ends removes its file itself; for one that hung waiting for an answer, this is done here.
REFUSED = (errno.EPERM, errno.EACCES)
# What a reader notes: when its current read began (seconds of the monotonic clock; 0 between two), how long the slowest
# read took (seconds), how often it has read, and whether it was refused once.
BEGUN, SLOWEST, ROUNDS, WAS_REFUSED = range(4)


class Probe:
    """Separate processes that read, one per directory, in a ``with``; their results are in shared memory.

    Scanners answer them like any process: if both wait for each other, the readers wait too, and the deadlock shows
    here first.
    """

    def __init__(self, folders):
        self._readers = [_Reader(folder) for folder in folders]
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            for reader in self._readers:
                stack.enter_context(reader)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error):
        self._stack.__exit__(*error)

    def now(self):
        """Return {folder: (seconds for which the read that is under way has taken, how often it has read, seconds of
        the slowest read that has ended, whether it was refused)}. Never waits.
        """
        return {reader.folder: reader.now() for reader in self._readers}

    def rounds(self):
        """Return how often each directory was read at least; 0 without one."""
        return min((rounds for _taken, rounds, _slowest, _refused in self.now().values()), default=0)

    def slowest(self):
        """Return the seconds of the slowest read, including one that is under way."""
        return max((max(taken, slowest) for taken, _rounds, slowest, _refused in self.now().values()), default=0.0)


class _Reader:
    """The process that reads in one directory."""

    def __init__(self, folder):
        self.folder = folder
        self._name = test_files.new_name()
        self._numbers = cells(mmap.mmap(-1, mmap.PAGESIZE), 4)
        self._child = None

    def __enter__(self):
        self._child = bounded.Child(self._read_on, (), bounded.LEAST)
        self._child.__enter__()
        return self

    def __exit__(self, *_error):
        self._child.__exit__()
        told(lambda _tell: self._remove(), CLEANING)

    def now(self):
        begun, slowest, rounds, was_refused = self._numbers
        taken = max(0.0, time.monotonic() - begun) if begun else 0.0
        return taken, int(rounds), slowest, bool(was_refused)

    def _read_on(self, _board):
        # This measures how long a scanner takes, not how long other processes have the CPU.
        hurry()
        parent = os.getppid()
        with contextlib.suppress(OSError, Problem):
            inside = self._made()
            while os.getppid() == parent:
                begun = time.monotonic()
                self._read(inside)
                time.sleep(max(0.001, begun + EVERY - time.monotonic()))
        self._remove()

    def _made(self):
        """Return a descriptor of a new directory with the file in it; a scanner is also asked when it is created."""
        self._numbers[BEGUN] = time.monotonic()
        inside = test_files.made(test_files.opened(self.folder), self._name)
        test_files.write(inside, self._name, CLEAN)
        self._ended()
        return inside

    def _read(self, inside):
        self._numbers[BEGUN] = time.monotonic()
        try:
            test_files.read(inside, self._name)
        except OSError as error:
            if error.errno not in REFUSED:
                raise
            self._numbers[WAS_REFUSED] = 1
        self._ended()
        self._numbers[ROUNDS] += 1

    def _ended(self):
        taken = time.monotonic() - self._numbers[BEGUN]
        self._numbers[SLOWEST] = max(taken, self._numbers[SLOWEST])
        self._numbers[BEGUN] = 0

    def _remove(self):
        with contextlib.suppress(OSError, Problem):
            test_files.remove(test_files.opened(self.folder), self._name)
