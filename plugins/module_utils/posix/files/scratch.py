# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Temporary directories in memory: checked for space first, and none left behind by a killed process."""

import contextlib
import fcntl
import os
import re
import shutil
import tempfile

from ..errors import EndpointError

MEMORY = "/run"
# The process that uses one holds its lock, which the kernel releases however the process ends.
OURS = re.compile(r"\.avshift-(?:rpm|nss|install|signatures|debconf)-")
PREFIX = ".avshift-%s-"
MIB = 1 << 20


class Scratch:
    """The path of a new directory of root in memory, in a ``with``. ``what`` is one of those in OURS."""

    def __init__(self, what, needed=0, home=None):
        self._what = what
        self._needed = needed
        self._home = MEMORY if home is None else home
        self._lock = None
        self._path = ""

    def __enter__(self):
        remove_abandoned(self._home)
        refuse_too_large(self._needed, self._home)
        while self._lock is None:
            self._path = tempfile.mkdtemp(prefix=PREFIX % self._what, dir=self._home)
            self._lock = _locked(self._path)
        return self._path

    def __exit__(self, *_cause):
        shutil.rmtree(self._path, ignore_errors=True)
        os.close(self._lock)


def refuse_too_large(needed, home=None):
    """Raise an EndpointError with both sizes, unless so many bytes leave half of the free memory."""
    home = MEMORY if home is None else home
    place = os.statvfs(home)
    free = place.f_bavail * place.f_frsize
    if needed * 2 > free:
        raise EndpointError(
            "no_room_in_memory",
            "Making a copy in memory",
            home,
            "it takes %.1f MiB, %.1f MiB are free, and half of that is left to the host" % (needed / MIB, free / MIB),
            "Make %s larger, or free some space, and run again." % home,
        )


def remove_abandoned(home=None):
    """Remove what ended processes have left."""
    home = MEMORY if home is None else home
    for name in os.listdir(home):
        if OURS.match(name):
            path = os.path.join(home, name)
            with contextlib.suppress(OSError):
                if os.lstat(path).st_uid == os.geteuid():
                    _remove_unless_held(path)


def _remove_unless_held(path):
    lock = _locked(path)
    if lock is not None:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def _locked(path):
    """Return the descriptor that locks a directory; None if another process has it, or has removed it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), os.lstat(path)):
            return descriptor
    except OSError:
        os.close(descriptor)
        return None
    os.close(descriptor)
    return None
