# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Do one access in a child: a scanner that does not answer blocks the process that opens a file forever."""

from . import bounded

TIMEOUT = "timeout"


def told(act, timeout, keep=()):
    """Return what ``act(tell)`` has reported in a child (JSON), or "timeout", or a text that says that the child
    reported nothing.

    The child does nothing else, whatever signal or error comes meanwhile, and is gone afterwards. It has none of its
    parent's open files except those with the numbers in ``keep``.
    """
    with bounded.Child(lambda board: act(board.tell), keep, bounded.LEAST) as child:
        if not child.wait(timeout):
            return TIMEOUT
        said = child.board.told()
    return said[0] if said else "the reader was killed"
