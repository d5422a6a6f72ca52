# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The memory in which a child process reports to its parent what it does and what it has found."""

import json
import mmap
import os
import struct
import time

from .cells import SIZE as CELL
from .cells import cells

# Seconds within which a child has to begin with something.
FIRST = 60.0
# Memory that is not used takes no room.
SIZE, LEAST = 1 << 26, 1 << 20
NO_RESERVE = 0x4000
# Numbers: how much was reported (bytes), until when it goes on (monotonic seconds), and how long the two texts are.
END, UNTIL, WHAT, AT = range(4)
LENGTH = struct.Struct("=I")
TEXT, SPARE = 4096, 1 << 19
# Where the two texts start, and the reports.
TEXTS = {WHAT: 4 * CELL, AT: 4 * CELL + TEXT}
BEGIN = 4 * CELL + 2 * TEXT


class Board:
    """The memory that a child and its parent share; the child writes to it without any system call."""

    def __init__(self, size=SIZE):
        self._memory = _shared(size)
        self._numbers = cells(self._memory, 4)
        self._numbers[END], self._numbers[UNTIL] = BEGIN, time.monotonic() + FIRST
        self._again = 0
        self._parent = os.getpid()

    def begin(self, what, seconds, without_progress=False):
        """Begin something that has to end within so many seconds, or may not be without progress for as long."""
        if os.getppid() != self._parent:
            # It is no longer read.
            os._exit(0)
        self._again = seconds if without_progress else 0
        self._write(AT, "")
        self._write(WHAT, what)
        self._numbers[UNTIL] = time.monotonic() + seconds

    def at(self, path):
        """Note which path is read next."""
        self.goes_on()
        self._write(AT, path)

    def goes_on(self):
        """Note that there is progress."""
        if self._again:
            self._numbers[UNTIL] = time.monotonic() + self._again

    def tell(self, content):
        """Report something that JSON can hold; False if there is no room left. A short text has room even then."""
        raw = json.dumps(content).encode("ascii")
        start = int(self._numbers[END])
        end = start + LENGTH.size + len(raw)
        if end > len(self._memory) - (SPARE if len(raw) > TEXT else 0):
            return False
        LENGTH.pack_into(self._memory, start, len(raw))
        self._memory[start + LENGTH.size : end] = raw
        self._numbers[END] = end
        return True

    def told(self):
        """Return all that was reported, in order."""
        end, found, place = int(self._numbers[END]), [], BEGIN
        while place < end:
            start = place + LENGTH.size
            place = start + LENGTH.unpack_from(self._memory, place)[0]
            found.append(json.loads(self._memory[start:place].decode("ascii")))
        return found

    def now(self):
        """Return (until when it goes on, what is done, the path that was read last)."""
        return self._numbers[UNTIL], self._read(WHAT), self._read(AT)

    def _read(self, which):
        start = TEXTS[which]
        return self._memory[start : start + int(self._numbers[which])].decode("utf-8", "replace")

    def _write(self, which, text):
        raw = text[:TEXT].encode("utf-8", "backslashreplace")[:TEXT]
        start = TEXTS[which]
        self._memory[start : start + len(raw)] = raw
        self._numbers[which] = len(raw)


def _shared(size):
    while True:
        try:
            return mmap.mmap(-1, size, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | NO_RESERVE)
        except OSError:
            if size <= LEAST:
                raise
            size >>= 1
