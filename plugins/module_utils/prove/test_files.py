# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Test files in directories that users may write to: created so that no user can replace them, and removed.

Each is in a new directory of its creator, under a name with the PID of the process that created it.
"""

import contextlib
import errno
import os
import re
import stat

from ..kernel.opening import DIRECTORY, NEW
from ..linux.process_status import start
from ..posix.files.tree import Tree

PREFIX = ".avshift-selftest-"
# The name of a test file and of its directory, with the PID of the process that created it and when that was started;
# one that was moved away may have a suffix.
MADE = re.compile(re.escape(PREFIX) + r"([0-9]+)-([0-9a-f]{8})[0-9a-f]{4}")
START = 0xFFFFFFFF
NOT_MADE = "no test file could be made: "
READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


def new_name():
    """Return a name for a test file and its directory, which says which process created it."""
    return "%s%d-%08x%s" % (PREFIX, os.getpid(), start(os.getpid()) & START, os.urandom(2).hex())


def remove_abandoned(folder):
    """Remove test files that are no longer used: a run that was killed during a self-test has left them."""
    descriptor = opened(folder)
    for name in os.listdir(descriptor):
        maker = MADE.match(name)
        if maker:
            with contextlib.suppress(OSError):
                if _is_abandoned(descriptor, name, *maker.groups()):
                    remove(descriptor, name)


def _is_abandoned(folder, name, pid, begun):
    """Return True for a file or directory whose creator has ended; its PID may belong to another process by now.

    No time of a file is compared: the clock may have been set.
    """
    status = os.lstat(name, dir_fd=folder)
    if stat.S_ISDIR(status.st_mode) and status.st_uid != os.geteuid():
        return False
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        return False
    try:
        return start(pid) & START != int(begun, 16)
    except (FileNotFoundError, ProcessLookupError):
        return True
    except (IndexError, ValueError):
        # Whatever the kernel reports about it, it exists.
        return False


def remove(folder, name):
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


def opened(folder):
    """Return a descriptor of a directory that is reached through no user's link; an error if there is none."""
    tree = Tree("/")
    try:
        descriptor = tree.directory(folder)
    finally:
        tree.close()
    if descriptor is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), folder)
    return descriptor


def made(folder, name):
    """Return a descriptor of a new directory; OSError if it was replaced after it was created."""
    os.mkdir(name, 0o700, dir_fd=folder)
    descriptor = os.open(name, DIRECTORY, dir_fd=folder)
    status = os.fstat(descriptor)
    if (status.st_uid, stat.S_IMODE(status.st_mode) & 0o777) != (os.geteuid(), 0o700) or os.listdir(descriptor):
        raise OSError(errno.EBUSY, "a user has put another directory in its place")
    return descriptor


def tried(inside, name, data):
    """Return 0 if a file could be written and read, an errno, or a text that says that it could not be created."""
    try:
        descriptor = os.open(name, NEW, 0o600, dir_fd=inside)
    except OSError as error:
        return NOT_MADE + os.strerror(error.errno)
    try:
        _fill(descriptor, data)
        read(inside, name)
    except OSError as error:
        return error.errno
    return 0


def write(inside, name, data):
    """Write a new file; OSError if it cannot be created."""
    _fill(os.open(name, NEW, 0o600, dir_fd=inside), data)


def _fill(descriptor, data):
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)


def read(inside, name):
    """Read the beginning of a file; OSError if that is refused."""
    descriptor = os.open(name, READING, dir_fd=inside)
    try:
        os.read(descriptor, 128)
    finally:
        os.close(descriptor)
