# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Which process is using a package database. A lock is checked, never taken."""

import fcntl
import os
import pwd
import struct
import time

from ..posix.errors import EndpointError
from ..posix.running import bounded
from . import interception

LOCKS = {
    "dpkg": ("/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock"),
    "rpm": ("/var/lib/rpm/.rpm.lock", "/usr/lib/sysimage/rpm/.rpm.lock", "/usr/share/rpm/.rpm.lock"),
}
# struct flock of fcntl(2): type, whence, start, length, process.
FLOCK = "hhqqi"
PAUSE = 0.5


def holder(database):
    """Return (path of a lock, id of the process that holds it) of a database, dpkg or rpm; None if it is free."""
    for path in LOCKS[database]:
        pid = _pid_at(path)
        if pid is not None:
            return path, pid
    return None


def told(held, with_pid=True):
    """Return who holds a lock, as a text; without the process ID, which changes by itself, if it is not wanted."""
    path, pid = held
    try:
        program = interception.executable(str(pid))[0]
    except OSError:
        program = "a process that cannot be checked"
    return "%s%s holds %s" % (program, " (process %d of %s)" % (pid, _user(pid)) if with_pid else "", path)


def _user(pid):
    """Return the owner of the process: any user can lock a file that everyone may read."""
    try:
        number = os.stat("/proc/%d" % pid).st_uid
    except OSError:
        return "an unknown user"
    try:
        return "the user %s" % pwd.getpwuid(number).pw_name
    except KeyError:
        return "UID %d" % number


def wait(database, seconds):
    """Wait until no lock of the database is held. Raises EndpointError naming the process after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        held = holder(database)
        if held is None:
            return
        if time.monotonic() >= deadline:
            raise locked(held, seconds)
        bounded.pause(PAUSE)


def locked(held, seconds):
    """Return the EndpointError for a database that stayed locked for so many seconds."""
    return EndpointError(
        "package_manager_locked",
        "Waiting for the package manager",
        held[0],
        "%s, still after %d s" % (told(held), seconds),
        "Let that process finish, or end it, and run again; nothing was removed.",
    )


def _pid_at(path):
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    try:
        asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        kind, _whence, _start, _length, pid = struct.unpack(FLOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))
    finally:
        os.close(descriptor)
    return None if kind == fcntl.F_UNLCK else pid
