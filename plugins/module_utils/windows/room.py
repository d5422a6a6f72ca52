# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""How much one look may use: keys and files, bytes of the answers, and time."""

import time

# Bytes of values and names in all answers together: as JSON they take up to three times as many.
MOST_BYTES = 1 << 23
# The cost of one key, value or file besides its names and bytes: the controller limits how many parts an answer has.
EACH = 80
# Reading the clock is slow compared with counting.
BETWEEN = 256


class OutOfRoom(Exception):
    """There is no more room or time: what was being read is incomplete."""


class Room:
    """What is left. ``things`` are the keys and files that may be read, ``seconds`` the time until the end."""

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
        """Count work without a result; raise OutOfRoom if it is too late."""
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
