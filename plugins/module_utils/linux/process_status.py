# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""When a process was started, and whose it is, as the kernel has it; see proc(5)."""

import os

ROOT = 0


def start(pid):
    """Return the clock ticks after the boot at which a process was started: no clock that can be set is involved.

    OSError if it is gone.
    """
    with open("/proc/%s/stat" % pid, "rb") as stream:
        # A process sets its own name, of any bytes.
        return int(stream.read().rpartition(b")")[2].split()[19])


def is_roots(pid):
    """Return True for a process that acts with root's rights; False if it is gone."""
    try:
        return os.stat("/proc/%s" % pid).st_uid == ROOT
    except OSError:
        return False
