# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Stop anything that takes too long, wherever it hangs."""

import contextlib
import signal

from ..errors import CutOff


@contextlib.contextmanager
def time_limit(seconds, what, doing="Checking the host"):
    """Raise CutOff in the block if it takes longer; only for the main thread, because it uses an alarm."""

    def late(_number, _frame):
        raise CutOff(
            "time_limit",
            doing,
            what,
            "no end within %d s" % seconds,
            "Check the host's load and disks.",
        )

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
