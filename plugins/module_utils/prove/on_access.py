# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Prove protection on access: a test file's read is refused, a clean file's is not, in each protected directory.

Of an engine that blocks nothing its log has to tell of the test file after it was read.
"""

import contextlib
import errno
import os
import re
import stat
import time

from ..system.child import TIMEOUT, told
from ..system.commands import run
from ..system.errors import EndpointError
from ..system.process_age import started
from .checks import BAD, OK, UNKNOWN, check
from .samples import CLEAN, detectable

PREFIX = ".avshift-selftest-"
# A test file's name, with the number of the process that made it; one that was moved away may have an ending.
MADE = re.compile(re.escape(PREFIX) + r"([0-9]+)-[0-9a-f]{12}")
FOUND = " FOUND"
STEP = 0.01
NOT_MADE = "no test file could be made: "
MOVING = 2
HARDLY = 1
TOLD, TELLING = "told", 10
ASKING, ASKING_LIMIT = 0.3, 10


def prove(directories, timeout=20, kept_in="", tells=""):
    """Return two checks of each directory; test files have names of their own and are gone afterwards.

    ``kept_in`` is the directory into which the engine moves what it finds, or ''; test files go from there too.
    ``tells`` is the unit whose log tells what is found, where nothing is blocked, or ''.
    """
    for folder in list(directories) + [kept_in] * bool(kept_in):
        with contextlib.suppress(OSError):
            _remove_abandoned(folder)
    checks = []
    for folder in directories:
        checks += _prove_in(folder, timeout, kept_in, tells)
        if any(found["detail"].endswith(TIMEOUT) for found in checks):
            # Who does not answer here will hardly answer there.
            timeout = min(timeout, HARDLY)
    return checks


def _remove_abandoned(folder):
    """Remove test files that nobody is at any more: a run that was killed in the midst of a proof has left them."""
    for name in os.listdir(folder):
        made, path = MADE.match(name), os.path.join(folder, name)
        if made and _is_abandoned(path, made.group(1)):
            _unlink(path)


def _is_abandoned(path, pid):
    """Return True for a file whose maker has ended; its number may be another process's by now."""
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode):
        return False
    try:
        return started(pid) > status.st_mtime
    except (FileNotFoundError, ProcessLookupError):
        return True
    except (IndexError, ValueError):
        # Whatever the kernel says of it, it is somebody.
        return False


def _prove_in(folder, timeout, kept_in, tells):
    blocked = _attempt(folder, detectable(), timeout, kept_in, tells)
    clean = _attempt(folder, CLEAN, timeout, kept_in)
    judged = _judge_told(blocked, tells) if tells else _judge_blocked(blocked)
    return [
        check(("on_access_tells:" if tells else "on_access_blocks:") + folder, *judged),
        check("on_access_clean:" + folder, *_judge_clean(clean)),
    ]


def _judge_blocked(outcome):
    """An engine may refuse the write or the read or take the file away: all of that is protection."""
    if outcome in (errno.EPERM, errno.EACCES, "vanished"):
        return OK, "refused: " + _word(outcome)
    if outcome == 0:
        return BAD, "the test file could be read"
    return (BAD if outcome == TIMEOUT else UNKNOWN), _word(outcome)


def _judge_told(outcome, unit):
    """An engine may also take the file away."""
    if outcome in (TOLD, "vanished"):
        return OK, "read, and told in the log of " + unit if outcome == TOLD else "taken away"
    if outcome == 0:
        return BAD, "the test file could be read, and the log of %s says nothing of it for %d s" % (unit, TELLING)
    return (BAD if outcome == TIMEOUT else UNKNOWN), _word(outcome)


def _judge_clean(outcome):
    if outcome == 0:
        return OK, "read"
    if isinstance(outcome, str) and outcome.startswith(NOT_MADE):
        return UNKNOWN, outcome
    return BAD, "a clean file could not be read: " + _word(outcome)


def _word(outcome):
    return outcome if isinstance(outcome, str) else os.strerror(outcome)


def _attempt(folder, data, timeout, kept_in, tells=""):
    """Return 0 if a new file with the data could be read, else an errno, "timeout" or "vanished"; TOLD if the log of
    the unit ``tells`` had its name then, and in words why that could not be read.
    """
    path = os.path.join(folder, "%s%d-%s" % (PREFIX, os.getpid(), os.urandom(6).hex()))
    try:
        outcome = told(lambda tell: _put_and_read(path, data, tell), timeout)
        if outcome == 0 and tells:
            return _awaited(path, tells)
        return "vanished" if outcome == errno.ENOENT else outcome
    except (EndpointError, OSError) as error:
        return str(error)
    finally:
        if not _unlink(path) and kept_in:
            _unlink_moved(kept_in, os.path.basename(path))


def _put_and_read(path, data, tell):
    """Tell 0 if a new file could be written and read, an errno, or in words that it could not be made."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        tell(NOT_MADE + os.strerror(error.errno))
        return
    try:
        try:
            os.write(descriptor, data)
        finally:
            os.close(descriptor)
        descriptor = os.open(path, os.O_RDONLY)
        os.read(descriptor, 128)
        tell(0)
    except OSError as error:
        tell(error.errno)


def _awaited(path, unit):
    """Return TOLD once a unit's log names a file as found, "vanished" once that is gone, 0 after the limit."""
    deadline, name = time.monotonic() + TELLING, os.path.basename(path)
    # The file was made a moment ago: no older line can name it.
    asked = ["journalctl", "--unit=" + unit, "--since=-2min", "--output=cat", "--quiet", "--no-pager"]
    while time.monotonic() < deadline:
        said = run(asked, ASKING_LIMIT).output.splitlines()
        if any(name in line and FOUND in line for line in said):
            return TOLD
        if not os.path.lexists(path):
            return "vanished"
        time.sleep(ASKING)
    return 0


def _unlink(path):
    """Return True if there was something."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    return True


def _unlink_moved(folder, name):
    """Remove a test file that was moved away, under its name or that with a number; the engine may still be at it."""
    deadline = time.monotonic() + MOVING
    while time.monotonic() < deadline:
        moved = [entry for entry in os.listdir(folder) if entry.startswith(name)]
        if moved:
            for entry in moved:
                _unlink(os.path.join(folder, entry))
            return
        time.sleep(STEP)
