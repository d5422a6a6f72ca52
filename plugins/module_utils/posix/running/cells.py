# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Numbers in memory that processes share.

struct.pack_into fills its place with zeros first, and another process sees them if this one loses the processor then.
"""

SIZE = 8


def cells(memory, number):
    """Return so many numbers (float, 0.0 at first) at the start of shared memory, as a list that cannot grow.

    Each is written and read in one piece: it is never seen half-written, and never as 0 between two other values.
    """
    return memoryview(memory)[: number * SIZE].cast("d")
