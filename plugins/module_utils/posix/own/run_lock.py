# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""One run at a time on a host. The kernel releases the lock when the process ends, however it ends.

A run has parts, each a separate process. Between two of them a lease keeps every other run out: it is left when a part
has succeeded and more are to come, and expires after LEASE seconds, with a reboot, or with its run. A run that was
killed during a part leaves none. A run that takes another one's place learns which one it was.

A process that restores protection after its run was killed keeps the lock meanwhile; the next run waits.
"""

import contextlib
import fcntl
import json
import os
import time

from ...agreed.runs import BUSY
from ...agreed.times import SECOND
from ..errors import EndpointError
from ..running import boot_clock

# In memory: a lock means nothing after a reboot.
PATH = "/run/avshift.lock"
# Seconds, by a clock that cannot be set, that a run may take between two parts.
LEASE = 1800
LONGEST = 4096
# Seconds that a run waits for the heir of a killed run, and the interval between checks.
HEIR_LIMIT, PAUSE = 300, 0.2
SHOWN = ("digest", "change_id", "controller", "process")


_here = []


def descriptors():
    """Return the numbers of the open files by which this process holds the lock; a child that has one holds it too."""
    return tuple(_here)


class Lease:
    """A run's hold on the lock. Set ``goes_on`` if another part is to come; ``taken_over`` is a text that says which
    run's place this run has taken, and why it could; '' if the place was free or its own.
    """

    def __init__(self, taken_over):
        self.goes_on = False
        self.taken_over = taken_over


@contextlib.contextmanager
def held(run=None):
    """Hold the lock for the block and yield a Lease; EndpointError naming the process or the run that has it.

    ``run`` is {digest, change_id, controller, process, ended} (str), which identify the run that may use a lease.
    ``process`` is the controller's process, and ``ended`` one that the controller knows to have ended.
    """
    descriptor = os.open(PATH, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        _take(descriptor)
        _here.append(descriptor)
        process, left = _noted(descriptor)
        _refuse_another(left, run or {})
        lease = Lease(_taken_over(process, left, run or {}))
        since = left["since"] if left and _is_same(left["run"], run or {}) else _now()
        _write(descriptor, "%d\n" % os.getpid() + _line(run, since, None))
        try:
            yield lease
        finally:
            until = boot_clock.seconds() + LEASE
            with contextlib.suppress(EndpointError):
                # What was done is not lost for want of a lease.
                _write(descriptor, "\n" + _line(run, since, until) if run and lease.goes_on else "")
            # An abandoned child holds it no longer.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        _here[:] = [number for number in _here if number != descriptor]
        os.close(descriptor)


def _take(descriptor):
    """Take the lock; after a killed run, once the host is protected again."""
    deadline = time.monotonic() + HEIR_LIMIT
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            noted = _noted(descriptor)
            if not _has_ended(noted[0]) or time.monotonic() > deadline:
                raise _at_work(*noted)
        time.sleep(PAUSE)


def _has_ended(process):
    """Return True if there is no process with this number."""
    if not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
        return False
    except (OSError, OverflowError) as error:
        return isinstance(error, ProcessLookupError)


def _now():
    return time.strftime(SECOND, time.gmtime())


def _write(descriptor, text):
    """Replace the file's text; what it has on a full file system is enough for another one of the kind."""
    raw = text.encode("ascii")
    try:
        os.pwrite(descriptor, raw, 0)
        os.truncate(descriptor, len(raw))
    except OSError as error:
        place = os.fstatvfs(descriptor)
        sizes = [blocks * place.f_frsize >> 10 for blocks in (place.f_bavail, place.f_blocks)]
        cause = "%s; %d KiB of %d KiB are free there" % (os.strerror(error.errno), *sizes)
        remedy = "Free some space there, and run again; nothing was done."
        raise EndpointError("no_room_for_lock", "Starting to work on the host", PATH, cause, remedy)


def _line(run, since, until):
    """Return a run as the file has it: ``until`` is when its lease expires, None during one of its parts."""
    if not run:
        return ""
    return json.dumps({"run": run, "boot": boot_clock.boot_id(), "since": since, "until": until}) + "\n"


def _noted(descriptor):
    """Return the process in the file, '' if there is none, and the run; {} if there is none that can be read."""
    lines = os.pread(descriptor, LONGEST, 0).decode("ascii", "replace").split("\n") + [""]
    try:
        noted = json.loads(lines[1])
        until = None if noted["until"] is None else float(noted["until"])
        told = {"run": dict(noted["run"]), "boot": str(noted["boot"]), "until": until}
        return lines[0], dict(told, since=str(noted.get("since", "-"))[:80])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return lines[0], {}


def _words(noted):
    run = noted["run"]
    return "(plan %s, change %s, from %s, process %s)" % tuple(str(run.get(key) or "-")[:80] for key in SHOWN)


def _at_work(process, noted):
    """Return the error for a host on which another run is active now."""
    whose = " %s since %s" % (_words(noted), noted["since"]) if noted else ""
    here = process or "not known"
    return _busy("another run%s is at work on it until its part has ended (process %s on the host)" % (whose, here))


def _refuse_another(noted, run):
    """Raise EndpointError while a lease holds, unless it is this run's."""
    if not noted or noted["until"] is None or noted["boot"] != boot_clock.boot_id():
        return
    left = noted["until"] - boot_clock.seconds()
    if _is_mine(noted["run"], run) or not 0 < left <= LEASE:
        return
    until = time.strftime(SECOND, time.gmtime(time.time() + left))
    words = _words(noted), noted["since"], until, left
    raise _busy("another run is between two of its parts %s, since %s, until %s, for at most %d s more" % words)


def _taken_over(process, noted, run):
    """Return a text that says which run's place this run takes, and why it may; '' if it is its own or was free."""
    if not noted or noted["boot"] != boot_clock.boot_id() or _is_same(noted["run"], run):
        return ""
    if noted["until"] is None:
        why = "was killed during a part (process %s on the host)" % (process[:20] or "not known")
    elif _is_mine(noted["run"], run):
        why = "has ended on its controller between two parts"
    else:
        why = "did not go on between two parts within %d s" % LEASE
    return "the run %s since %s %s" % (_words(noted), noted["since"], why)


def _is_mine(other, run):
    """Return True for a run of the same controller that is the same, or replaces one that has ended."""
    if other.get("controller") != run.get("controller"):
        return False
    if other.get("process") and run.get("process"):
        return other["process"] in (run["process"], run.get("ended"))
    return any(other.get(key) == run.get(key) for key in ("digest", "change_id"))


def _is_same(other, run):
    """Return True for the same run, as far as the controller has identified it."""
    return _is_mine(other, dict(run, ended=""))


def _busy(cause):
    return EndpointError(
        BUSY,
        "Starting to work on the host",
        PATH,
        cause,
        "Wait until that run has ended, then run again; nothing was done. If that run was abandoned, remove the file.",
    )
