# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""When a process was started, which also distinguishes it from an older one with the same PID."""

import os
import time

from ..posix.running import boot_clock

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def started(pid):
    """Return it in seconds since 1970, to the clock tick; see proc(5), field 22 of stat. OSError if it is gone."""
    with open("/proc/%s/stat" % pid, "rb") as stream:
        # A process sets its own name, of any bytes.
        ticks = int(stream.read().rpartition(b")")[2].split()[19])
    return time.time() - boot_clock.seconds() + (ticks + 1) / CLOCK_TICKS
