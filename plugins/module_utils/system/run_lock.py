# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""One run at a time on a host. The kernel gives the lock back when the process ends, however it ends."""

import contextlib
import fcntl
import os

from .errors import EndpointError

# In memory: a lock says nothing any more after a boot.
PATH = "/run/avshift.lock"


@contextlib.contextmanager
def held():
    """Hold the lock for the block; EndpointError naming the process that holds it, if another one does."""
    descriptor = os.open(PATH, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _busy(os.pread(descriptor, 20, 0).decode("ascii", "replace").strip())
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        yield
    finally:
        os.close(descriptor)


def _busy(holder):
    return EndpointError(
        "run_in_progress",
        "Beginning to work on the host",
        PATH,
        "another run is at work on it (process %s)" % (holder or "not known"),
        "Wait until that has ended, then run again; nothing was done.",
    )
