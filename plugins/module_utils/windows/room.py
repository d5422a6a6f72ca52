# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""How much one look may take: things that are looked at, bytes that are answered, and time."""

import time

# Bytes of values and names in all answers together: JSON takes up to three times as many.
MOST_BYTES = 1 << 23
# What one key, value or file takes besides its names and bytes: the controller limits how many parts an answer has.
EACH = 80
# The clock is dear beside what is counted.
BETWEEN = 256


class OutOfRoom(Exception):
    """There is no more room or time: what was being read is not whole."""


class Room:
    """What is left. ``things`` are keys and files that may be looked at, ``seconds`` until the end."""

    def __init__(self, things, seconds, most=MOST_BYTES):
        self._things = things
        self._bytes = most
        self._until = time.monotonic() + seconds
        self._steps = 0

    def one(self):
        """Count one thing; raise OutOfRoom if that is one too many, or too late."""
        self._things -= 1
        self._steps += 1
        if self._things < 0 or (self._steps % BETWEEN == 0 and self.is_late()):
            raise OutOfRoom()

    def step(self, size=1):
        """Count work that gives nothing; raise OutOfRoom if it is too late."""
        before = self._steps // BETWEEN
        self._steps += size
        if self._steps // BETWEEN != before and self.is_late():
            raise OutOfRoom()

    def take(self, size):
        """Take bytes of the answer; raise OutOfRoom if there are no more."""
        self._bytes -= size
        if self._bytes < 0:
            raise OutOfRoom()

    def is_late(self):
        """Return True once the time is over."""
        return time.monotonic() >= self._until
