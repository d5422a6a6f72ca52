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

from ..linux.process_age import started
from ..posix.errors import EndpointError
from ..posix.files.tree import Tree
from ..posix.running.child import TIMEOUT, told
from ..posix.running.commands import run
from .checks import BAD, OK, UNKNOWN, check
from .samples import CLEAN, detectable

PREFIX = ".avshift-selftest-"
# The name of a test file and of its directory, with the number of the process that made it; one that was moved away may
# have an ending.
MADE = re.compile(re.escape(PREFIX) + r"([0-9]+)-[0-9a-f]{12}")
FOUND = " FOUND"
STEP = 0.01
NOT_MADE = "no test file could be made: "
MOVING = 2
HARDLY = 1
TOLD, TELLING = "told", 10
ASKING, ASKING_LIMIT = 0.3, 10
# Seconds in which an engine comes to watch a new directory.
SETTLING = 2.0
CLEANING = 10
WRITING = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
DIRECTORY = READING | os.O_DIRECTORY


def prove(directories, timeout=20, kept_in="", tells=""):
    """Return two checks of each directory that is there; test files have names of their own and are gone afterwards.

    They lie in a new directory of this process's own, in which nobody else can take one away: what vanishes there was
    taken by an engine. Whatever does not answer within ``timeout`` seconds is left.

    ``kept_in`` is the directory into which the engine moves what it finds, or ''; test files go from there too.
    ``tells`` is the unit whose log tells what is found, where nothing is blocked, or ''.
    """
    for folder in list(directories) + [kept_in] * bool(kept_in):
        told(lambda _tell, folder=folder: _remove_abandoned(folder), CLEANING)
    checks = []
    for folder in directories:
        checks += _prove_in(folder, timeout, kept_in, tells)
        if any(found["detail"].endswith(TIMEOUT) for found in checks):
            # Who does not answer here will hardly answer there.
            timeout = min(timeout, HARDLY)
    return checks


def _remove_abandoned(folder):
    """Remove test files that nobody is at any more: a run that was killed in the midst of a proof has left them."""
    descriptor = _opened(folder)
    for name in os.listdir(descriptor):
        made = MADE.match(name)
        if made:
            with contextlib.suppress(OSError):
                if _is_abandoned(descriptor, name, made.group(1)):
                    _remove(descriptor, name)


def _is_abandoned(folder, name, pid):
    """Return True for a file or directory whose maker has ended; its number may be another process's by now."""
    status = os.lstat(name, dir_fd=folder)
    if stat.S_ISDIR(status.st_mode) and status.st_uid != os.geteuid():
        return False
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        return False
    try:
        return started(pid) > status.st_mtime
    except (FileNotFoundError, ProcessLookupError):
        return True
    except (IndexError, ValueError):
        # Whatever the kernel says of it, it is somebody.
        return False


def _remove(folder, name):
    """Remove a test file, or a directory of test files; True if there was a file."""
    try:
        inside = os.open(name, DIRECTORY, dir_fd=folder)
    except FileNotFoundError:
        return False
    except OSError:
        os.unlink(name, dir_fd=folder)
        return True
    try:
        names = [found for found in os.listdir(inside) if MADE.match(found)]
        for found in names:
            os.unlink(found, dir_fd=inside)
    finally:
        os.close(inside)
    os.rmdir(name, dir_fd=folder)
    return bool(names)


def _opened(folder):
    """Return a descriptor of a directory to which no link of a user leads; an error if there is none."""
    tree = Tree("/")
    try:
        descriptor = tree.directory(folder)
    finally:
        tree.close()
    if descriptor is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), folder)
    return descriptor


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
    name = "%s%d-%s" % (PREFIX, os.getpid(), os.urandom(6).hex())
    path = "/".join((folder.rstrip("/"), name, name))
    try:
        outcome = told(lambda tell: _put_and_read(path, data, tell), timeout + SETTLING)
        if outcome == 0 and tells:
            return _awaited(path, tells)
        return "vanished" if outcome == errno.ENOENT else outcome
    except (EndpointError, OSError) as error:
        return str(error)
    finally:
        # One that did not answer will hardly let the file go.
        gone = told(lambda tell: tell(not _remove(_opened(folder), name)), CLEANING if timeout > HARDLY else HARDLY)
        if gone is True and kept_in:
            told(lambda _tell: _unlink_moved(kept_in, name), MOVING * 2)


def _put_and_read(path, data, tell):
    """Tell 0 if a new file could be written and read, else an errno, or in words that it could not be made.

    It lies in a new directory, which an engine may not watch yet: what it should find is tried for a while.
    """
    rest, _slash, name = path.rpartition("/")
    folder, _slash, directory = rest.rpartition("/")
    try:
        inside = _made(_opened(folder or "/"), directory)
    except (EndpointError, OSError) as error:
        tell(NOT_MADE + (getattr(error, "strerror", None) or str(error)))
        return
    until = time.monotonic() + (SETTLING if data == detectable() else 0)
    while True:
        outcome = _tried(inside, name, data)
        if outcome != 0 or time.monotonic() >= until:
            tell(outcome)
            return
        os.unlink(name, dir_fd=inside)
        time.sleep(STEP * 10)


def _tried(inside, name, data):
    """Return 0 if a file could be written and read, an errno, or in words that it could not be made."""
    try:
        descriptor = os.open(name, WRITING, 0o600, dir_fd=inside)
    except OSError as error:
        return NOT_MADE + os.strerror(error.errno)
    try:
        try:
            os.write(descriptor, data)
        finally:
            os.close(descriptor)
        descriptor = os.open(name, READING, dir_fd=inside)
        try:
            os.read(descriptor, 128)
        finally:
            os.close(descriptor)
    except OSError as error:
        return error.errno
    return 0


def _made(folder, name):
    """Return a descriptor of a new directory; OSError if what lies there is not the one that was made."""
    os.mkdir(name, 0o700, dir_fd=folder)
    descriptor = os.open(name, DIRECTORY, dir_fd=folder)
    status = os.fstat(descriptor)
    if (status.st_uid, stat.S_IMODE(status.st_mode) & 0o777) != (os.geteuid(), 0o700) or os.listdir(descriptor):
        raise OSError(errno.EBUSY, "a user has put another directory in its place")
    return descriptor


def _awaited(path, unit):
    """Return TOLD once a unit's log names a file as found, "vanished" once that is gone, 0 after the limit."""
    deadline, name = time.monotonic() + TELLING, os.path.basename(path)
    # The file was made a moment ago: no older line can name it.
    asked = ["journalctl", "--unit=" + unit, "--since=-2min", "--output=cat", "--quiet", "--no-pager"]
    while time.monotonic() < deadline:
        said = run(asked, ASKING_LIMIT).output.splitlines()
        if any(name in line and FOUND in line for line in said):
            return TOLD
        if told(lambda tell: tell(_read_again(path)), HARDLY) == errno.ENOENT:
            return "vanished"
        time.sleep(ASKING)
    return 0


def _read_again(path):
    """Return 0 if a test file could be read again, else an errno: its directory may have been too new before."""
    folder, name, _name = path.rsplit("/", 2)
    try:
        inside = os.open(name, DIRECTORY, dir_fd=_opened(folder or "/"))
        os.read(os.open(name, READING, dir_fd=inside), 128)
    except OSError as error:
        return error.errno
    return 0


def _unlink_moved(folder, name):
    """Remove a test file that was moved away, under its name or that with a number; the engine may still be at it."""
    deadline, descriptor = time.monotonic() + MOVING, _opened(folder)
    while time.monotonic() < deadline:
        moved = [entry for entry in os.listdir(descriptor) if entry.startswith(name)]
        if moved:
            for entry in moved:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(entry, dir_fd=descriptor)
            return
        time.sleep(STEP)
