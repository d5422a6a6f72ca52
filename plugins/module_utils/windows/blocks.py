# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Read bytes of an open file at any position, with a bounded part of it in memory.

The file is not mapped: if it is truncated meanwhile, or if the disk cannot be read, the process would be killed.
"""

import os
from collections import OrderedDict

BLOCK = 1 << 16
MOST = 192


class Blocks:
    """An open file. ``length`` (int) is its size when it was opened; the descriptor is closed with this."""

    def __init__(self, descriptor):
        self._descriptor = descriptor
        self._kept = OrderedDict()
        self.length = os.fstat(descriptor).st_size

    def close(self):
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def read(self, start, size):
        """Return exactly so many bytes; ValueError if the file has fewer, OSError if they cannot be read."""
        number, place = divmod(start, BLOCK)
        found = self._block(number)[place : place + size]
        if len(found) == size:
            return found
        parts, left = [found], size - len(found)
        while left > 0:
            number += 1
            part = self._block(number)[:left]
            if not part:
                raise ValueError("it ends at byte %d, before the end that it states" % self.length)
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def _block(self, number):
        block = self._kept.get(number)
        if block is None:
            if number * BLOCK >= self.length:
                return b""
            block = os.pread(self._descriptor, BLOCK, number * BLOCK)
            if len(self._kept) >= MOST:
                self._kept.popitem(last=False)
            self._kept[number] = block
        return block
