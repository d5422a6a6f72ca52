# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Start a process or a thread on a host that may have no room for one at the moment."""

import errno
import os
import time

from ..errors import EndpointError

# fork(2): a limit of processes is reached, of the kernel, the user or the control group; or there is no memory.
NO_ROOM = (errno.EAGAIN, errno.ENOMEM)
SECONDS, PAUSE = 10.0, 0.1


def started(start, what):
    """Return what ``start()`` returns, and try for some seconds while there is no room for another one.

    Raises EndpointError ``no_process`` for ``what`` (str) if there still is none, and any other OSError at once.
    """
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            return start()
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            cause = os.strerror(error.errno)
        except RuntimeError as error:
            # This is how a thread without room fails.
            cause = str(error)
        if time.monotonic() >= deadline:
            advice = "Find out what fills the host's memory or its limit of processes, then run again."
            raise EndpointError("no_process", "Starting a process", what, cause, advice)
        time.sleep(PAUSE)
