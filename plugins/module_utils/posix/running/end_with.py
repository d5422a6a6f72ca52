# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""A child process whose end another one waits for ends with that one, even if that is killed."""

import ctypes
import os
import signal

# prctl(2).
PR_SET_PDEATHSIG = 1


def parent(pid):
    """Have the kernel kill this process when its parent ends; end at once if the parent, of this PID, has ended."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != pid:
        os._exit(0)
