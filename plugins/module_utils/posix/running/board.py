# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The memory in which a child process reports to its parent what it does and what it has found."""

import json
import mmap
import os
import struct
import time

# Seconds within which a child has to begin with something.
FIRST = 60.0
# Memory that is not used takes no room.
SIZE, LEAST = 1 << 26, 1 << 20
NO_RESERVE = 0x4000
# How much was reported (bytes), until when it goes on (monotonic seconds), and how long the two texts are.
HEADER = struct.Struct("=QdHH")
LENGTH = struct.Struct("=I")
TEXT, SPARE = 4096, 1 << 19
BEGIN = HEADER.size + 2 * TEXT


class Board:
    """The memory that a child and its parent share; the child writes to it without any system call."""

    def __init__(self, size=SIZE):
        self._memory = _shared(size)
        self._end, self._until = BEGIN, time.monotonic() + FIRST
        self._again = 0
        self._lengths = [0, 0]
        self._parent = os.getpid()
        self._head()

    def begin(self, what, seconds, without_progress=False):
        """Begin something that has to end within so many seconds, or may not be without progress for as long."""
        if os.getppid() != self._parent:
            # It is no longer read.
            os._exit(0)
        self._until, self._again = time.monotonic() + seconds, seconds if without_progress else 0
        self._write(1, "")
        self._write(0, what)

    def at(self, path):
        """Note which path is read next."""
        self.goes_on()
        self._write(1, path)

    def goes_on(self):
        """Note that there is progress."""
        if self._again:
            self._until = time.monotonic() + self._again
            self._head()

    def tell(self, content):
        """Report something that JSON can hold; False if there is no room left. A short text has room even then."""
        raw = json.dumps(content).encode("ascii")
        end = self._end + LENGTH.size + len(raw)
        if end > len(self._memory) - (SPARE if len(raw) > TEXT else 0):
            return False
        LENGTH.pack_into(self._memory, self._end, len(raw))
        self._memory[self._end + LENGTH.size : end] = raw
        self._end = end
        self._head()
        return True

    def told(self):
        """Return all that was reported, in order."""
        end, found, place = HEADER.unpack_from(self._memory)[0], [], BEGIN
        while place < end:
            start = place + LENGTH.size
            place = start + LENGTH.unpack_from(self._memory, place)[0]
            found.append(json.loads(self._memory[start:place].decode("ascii")))
        return found

    def now(self):
        """Return (until when it goes on, what is done, the path that was read last)."""
        _end, until, *lengths = HEADER.unpack_from(self._memory)
        starts = (HEADER.size, HEADER.size + TEXT)
        what, at = (self._memory[start : start + length] for start, length in zip(starts, lengths))
        return until, what.decode("utf-8", "replace"), at.decode("utf-8", "replace")

    def _write(self, number, text):
        raw = text.encode("utf-8", "backslashreplace")[:TEXT]
        start = HEADER.size + number * TEXT
        self._memory[start : start + len(raw)] = raw
        self._lengths[number] = len(raw)
        self._head()

    def _head(self):
        HEADER.pack_into(self._memory, 0, self._end, self._until, *self._lengths)


def _shared(size):
    while True:
        try:
            return mmap.mmap(-1, size, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | NO_RESERVE)
        except OSError:
            if size <= LEAST:
                raise
            size >>= 1
