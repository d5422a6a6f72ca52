# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Test protection on access: in each protected directory, reading a test file is refused, reading a clean one is not.

If an engine blocks nothing, its log has to name the test file after it was read.
"""

import contextlib
import errno
import os
import time

from ..kernel.opening import DIRECTORY
from ..posix.errors import EndpointError
from ..posix.running.child import TIMEOUT, told
from ..posix.running.commands import run
from . import test_files
from .checks import BAD, OK, UNKNOWN, check
from .on_demand import FOUND
from .samples import CLEAN, detectable

STEP = 0.01
MOVING = 2
HARDLY = 1
TOLD, TELLING = "told", 10
ASKING, ASKING_LIMIT = 0.3, 10
# Seconds within which an engine starts to watch a new directory.
SETTLING = 2.0
CLEANING = 10


def prove(directories, timeout=20, kept_in="", tells=""):
    """Return two checks per existing directory; test files have their own names and are removed afterwards.

    They are in a new directory that belongs to this process, from which no other process can remove one: if a file
    vanishes there, an engine took it. An access that does not answer within ``timeout`` seconds is abandoned.

    ``kept_in`` is the directory into which the engine moves what it finds, or ''; test files go from there too.
    ``tells`` is the unit whose log says what is found, if nothing is blocked, or ''.
    """
    for folder in list(directories) + [kept_in] * bool(kept_in):
        told(lambda _tell, folder=folder: test_files.remove_abandoned(folder), CLEANING)
    checks = []
    for folder in directories:
        checks += _prove_in(folder, timeout, kept_in, tells)
        if any(found["detail"].endswith(TIMEOUT) for found in checks):
            # If this did not answer, the next one will hardly answer either.
            timeout = min(timeout, HARDLY)
    return checks


def _prove_in(folder, timeout, kept_in, tells):
    blocked = _attempt(folder, detectable(), timeout, kept_in, tells)
    clean = _attempt(folder, CLEAN, timeout, kept_in)
    judged = _judge_told(blocked, tells) if tells else judge_blocked(blocked)
    return [
        check(("on_access_tells:" if tells else "on_access_blocks:") + folder, *judged),
        check("on_access_clean:" + folder, *_judge_clean(clean)),
    ]


def judge_blocked(outcome):
    """An engine may refuse the write or the read, or remove the file: all of that is protection."""
    if outcome in (errno.EPERM, errno.EACCES, "vanished"):
        return OK, "refused: " + _word(outcome)
    if outcome == 0:
        return BAD, "the test file could be read"
    return (BAD if outcome == TIMEOUT else UNKNOWN), _word(outcome)


def _judge_told(outcome, unit):
    """An engine may also remove the file."""
    if outcome in (TOLD, "vanished"):
        return OK, "read, and reported in the log of " + unit if outcome == TOLD else "taken away"
    if outcome == 0:
        return BAD, "the test file could be read, and the log of %s does not mention it within %d s" % (unit, TELLING)
    return (BAD if outcome == TIMEOUT else UNKNOWN), _word(outcome)


def _judge_clean(outcome):
    if outcome == 0:
        return OK, "read"
    if isinstance(outcome, str) and outcome.startswith(test_files.NOT_MADE):
        return UNKNOWN, outcome
    return BAD, "a clean file could not be read: " + _word(outcome)


def _word(outcome):
    return outcome if isinstance(outcome, str) else os.strerror(outcome)


def _attempt(folder, data, timeout, kept_in, tells=""):
    """Return 0 if a new file with the data could be read, else an errno, "timeout" or "vanished"; ``TOLD`` if the log
    of the unit ``tells`` then had its name, or a text that says why the log could not be read.
    """
    name = test_files.new_name()
    path = "/".join((folder.rstrip("/"), name, name))
    try:
        outcome = told(lambda tell: put_and_read(path, data, tell), timeout + SETTLING)
        if outcome == 0 and tells:
            return _awaited(path, tells)
        return "vanished" if outcome == errno.ENOENT else outcome
    except (EndpointError, OSError) as error:
        return str(error)
    finally:
        # If the access did not answer, the file can hardly be removed either.
        clean_up(folder, name, kept_in, CLEANING if timeout > HARDLY else HARDLY)


def clean_up(folder, name, kept_in, limit):
    """Remove a test file with its directory, or from where the engine has moved it, within so many seconds."""
    gone = told(lambda tell: tell(not test_files.remove(test_files.opened(folder), name)), limit)
    if gone is True and kept_in:
        told(lambda _tell: _unlink_moved(kept_in, name), MOVING * 2)


def put_and_read(path, data, tell):
    """Report 0 if a new file could be written and read, else an errno, or a text if it could not be created.

    It is in a new directory, which an engine may not watch yet: a file that it should find is tried for a while.
    """
    rest, _slash, name = path.rpartition("/")
    folder, _slash, directory = rest.rpartition("/")
    try:
        inside = test_files.made(test_files.opened(folder or "/"), directory)
    except (EndpointError, OSError) as error:
        tell(test_files.NOT_MADE + (getattr(error, "strerror", None) or str(error)))
        return
    until = time.monotonic() + (0 if data == CLEAN else SETTLING)
    while True:
        outcome = test_files.tried(inside, name, data)
        if outcome != 0 or time.monotonic() >= until:
            tell(outcome)
            return
        os.unlink(name, dir_fd=inside)
        time.sleep(STEP * 10)


def _awaited(path, unit):
    """Return ``TOLD`` once a unit's log names a file as found, "vanished" once the file is gone, 0 after the limit."""
    deadline, name = time.monotonic() + TELLING, os.path.basename(path)
    while time.monotonic() < deadline:
        if not not_in_log(unit, [name]):
            return TOLD
        if told(lambda tell: tell(_read_again(path)), HARDLY) == errno.ENOENT:
            return "vanished"
        time.sleep(ASKING)
    return 0


def not_in_log(unit, names):
    """Return those names of test files that a unit's log does not name as found; EndpointError if it cannot be read."""
    # They were created a moment ago: no older line can name them.
    asked = ["journalctl", "--unit=" + unit, "--since=-2min", "--output=cat", "--quiet", "--no-pager"]
    told_of = [line for line in run(asked, ASKING_LIMIT).output.splitlines() if FOUND in line]
    return [name for name in names if not any(name in line for line in told_of)]


def _read_again(path):
    """Return 0 if a test file could be read again, else an errno: its directory may have been too new before."""
    folder, name, _name = path.rsplit("/", 2)
    try:
        inside = os.open(name, DIRECTORY, dir_fd=test_files.opened(folder or "/"))
        os.read(os.open(name, test_files.READING, dir_fd=inside), 128)
    except OSError as error:
        return error.errno
    return 0


def _unlink_moved(folder, name):
    """Remove a test file that was moved away, under its name or one with a number; the engine may still use it."""
    deadline, descriptor = time.monotonic() + MOVING, test_files.opened(folder)
    while time.monotonic() < deadline:
        moved = [entry for entry in os.listdir(descriptor) if entry.startswith(name)]
        if moved:
            for entry in moved:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(entry, dir_fd=descriptor)
            return
        time.sleep(STEP)
