# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Read a clean file in each protected directory again and again, as anybody does, and say how long that takes."""

import contextlib
import errno
import mmap
import os
import struct
import time

from ...posix.errors import Problem
from ...posix.running import bounded
from ...posix.running.child import told
from ...posix.running.moments import hurry
from ...prove import test_files
from ...prove.samples import CLEAN

EVERY = 0.02
CLEANING = 1
REFUSED = (errno.EPERM, errno.EACCES)
FLOAT, NUMBER = struct.Struct("d"), struct.Struct("q")
# Where each stands. It is written by itself and is 0 for a moment then, which says of each of them: nothing yet.
PLACES = {
    # Since when it reads (seconds of the monotonic clock), and how long the slowest read took (seconds).
    "begun": (FLOAT, 0),
    "slowest": (FLOAT, 8),
    # The number of the directory, how many rounds it has read, and the number of the one that was refused; from 1 on.
    "number": (NUMBER, 16),
    "rounds": (NUMBER, 24),
    "refused": (NUMBER, 32),
}


class Probe:
    """A process of its own that reads, in a ``with``; what it has to tell is in memory that it shares.

    Scanners answer it as they answer anybody: where both wait for each other, it waits too, and nobody else's file has
    to be what shows it. One process reads all directories in turn, so that it is never more than one question to them.
    """

    def __init__(self, folders):
        self.folders = list(folders)
        self._names = [test_files.new_name() for _folder in self.folders]
        self._memory = mmap.mmap(-1, mmap.PAGESIZE)
        self._child = None

    def __enter__(self):
        self._child = bounded.Child(self._read_on, (), bounded.LEAST)
        self._child.__enter__()
        return self

    def __exit__(self, *_error):
        self._child.__exit__()
        for folder, name in zip(self.folders, self._names):
            told(_removal(folder, name), CLEANING)

    def now(self):
        """Return (seconds for which the read that is under way has taken, its directory, rounds, seconds of the
        slowest read that has ended, the directory in which a clean file was refused or ''). Never waits.
        """
        begun = self._value("begun")
        taken = max(0.0, time.monotonic() - begun) if begun else 0.0
        return taken, self._folder("number"), self._value("rounds"), self._value("slowest"), self._folder("refused")

    def _folder(self, name):
        number = self._value(name)
        return self.folders[number - 1] if number else ""

    def _value(self, name):
        form, place = PLACES[name]
        return form.unpack_from(self._memory, place)[0]

    def _write(self, name, value):
        form, place = PLACES[name]
        form.pack_into(self._memory, place, value)

    def _read_on(self, _board):
        # What is measured is how long a scanner takes, not how long others have the processor.
        hurry()
        parent, files = os.getppid(), []
        for number, folder in enumerate(self.folders):
            with contextlib.suppress(OSError, Problem):
                files.append((number, self._made(number, folder)))
        while files and os.getppid() == parent:
            begun = time.monotonic()
            for number, inside in files:
                self._read(number, inside)
            self._write("rounds", self._value("rounds") + 1)
            time.sleep(max(0.001, begun + EVERY - time.monotonic()))
        for number, folder in enumerate(self.folders):
            with contextlib.suppress(OSError, Problem):
                test_files.remove(test_files.opened(folder), self._names[number])

    def _made(self, number, folder):
        """Return a descriptor of a new directory with the file in it; a scanner is asked about making one too."""
        self._begins(number)
        inside = test_files.made(test_files.opened(folder), self._names[number])
        test_files.write(inside, self._names[number], CLEAN)
        self._ended()
        return inside

    def _read(self, number, inside):
        self._begins(number)
        try:
            test_files.read(inside, self._names[number])
        except OSError as error:
            if error.errno in REFUSED:
                self._write("refused", number + 1)
        self._ended()

    def _begins(self, number):
        self._write("number", number + 1)
        self._write("begun", time.monotonic())

    def _ended(self):
        taken = time.monotonic() - self._value("begun")
        self._write("begun", 0.0)
        if taken > self._value("slowest"):
            self._write("slowest", taken)


def _removal(folder, name):
    return lambda _tell: test_files.remove(test_files.opened(folder), name)
