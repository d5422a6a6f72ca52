# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""One run at a time on a host. The kernel gives the lock back when the process ends, however it ends.

A run comes in parts, each a process of its own. Between two of them a lease keeps every other run out: it is left when
a part has ended well and more are to come, and ends by itself after LEASE seconds, with a boot, or with its run. A run
that was killed during a part leaves none.
"""

import contextlib
import fcntl
import json
import os

from ..errors import EndpointError
from ..running import boot_clock

# In memory: a lock says nothing any more after a boot.
PATH = "/run/avshift.lock"
# Seconds, of a clock that cannot be set, that a run may take from one part to the next.
LEASE = 1800
LONGEST = 4096


class Lease:
    """What a run leaves behind at the end of a part: ``goes_on`` is whether another part is to come."""

    def __init__(self):
        self.goes_on = False


@contextlib.contextmanager
def held(run=None):
    """Hold the lock for the block and yield a Lease; EndpointError naming the process or the run that has it.

    ``run`` is {digest, change_id, controller, process, ended} (str): who may go on with a run that left a lease.
    ``process`` is that of the controller, and ``ended`` one of which the controller knows that it has ended.
    """
    descriptor = os.open(PATH, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _lines(descriptor)[0]
            raise _busy("another run is at work on it (process %s)" % (holder or "not known"))
        _refuse_another(_left(descriptor), run or {})
        _write(descriptor, "%d\n" % os.getpid())
        lease = Lease()
        try:
            yield lease
        finally:
            _write(descriptor, "\n" + json.dumps(_until(run)) + "\n" if run and lease.goes_on else "")
    finally:
        os.close(descriptor)


def _write(descriptor, text):
    os.truncate(descriptor, 0)
    os.pwrite(descriptor, text.encode("ascii"), 0)


def _lines(descriptor):
    return os.pread(descriptor, LONGEST, 0).decode("ascii", "replace").split("\n") + [""]


def _left(descriptor):
    """Return the lease that is in the file; an empty dict if there is none that can be read."""
    try:
        lease = json.loads(_lines(descriptor)[1])
        return {"run": dict(lease["run"]), "boot": str(lease["boot"]), "until": float(lease["until"])}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


def _until(run):
    return {"run": run, "boot": boot_clock.boot_id(), "until": boot_clock.seconds() + LEASE}


def _refuse_another(lease, run):
    """Raise EndpointError while a lease holds, unless it is this run's."""
    if not lease or lease["boot"] != boot_clock.boot_id():
        return
    left, other = lease["until"] - boot_clock.seconds(), lease["run"]
    if _is_mine(other, run) or not 0 < left <= LEASE:
        return
    words = "plan %s, change %s, from %s, process %s" % tuple(
        str(other.get(key) or "-")[:80] for key in ("digest", "change_id", "controller", "process")
    )
    raise _busy("another run is between two of its parts (%s), for at most %d s more" % (words, left))


def _is_mine(other, run):
    """Return True for a run of the same controller that is the same, or takes the place of one that has ended."""
    if other.get("controller") != run.get("controller"):
        return False
    if other.get("process") and run.get("process"):
        return other["process"] in (run["process"], run.get("ended"))
    return any(other.get(key) == run.get(key) for key in ("digest", "change_id"))


def _busy(cause):
    return EndpointError(
        "run_in_progress",
        "Starting to work on the host",
        PATH,
        cause,
        "Wait until that run has ended, then run again; nothing was done. If that run was abandoned, remove the file.",
    )
