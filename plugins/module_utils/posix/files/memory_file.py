# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""A file without a name, in memory: it lasts while a program has it open, and no kill leaves it behind."""

import contextlib
import ctypes
import os
import stat
import tempfile

NAME = "avshift"
CLOSE_ON_EXEC = 1
# If the kernel or the C library is too old for memfd_create(2): the memory file system, then any writable one.
FOLDERS = ("/run", None)
PREFIX = ".avshift-memory-"

_looked = set()


def opened(content=b""):
    """Return a descriptor of a new file, for reading and writing, that contains ``content`` and is at its start."""
    descriptor = _created()
    if content:
        add(descriptor, content)
        os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def add(descriptor, content):
    """Write all of ``content`` (bytes) at the file's current position."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _created():
    try:
        if hasattr(os, "memfd_create"):
            return os.memfd_create(NAME, CLOSE_ON_EXEC)
        return _by_library()
    except (AttributeError, OSError):
        return _unlinked()


def _by_library():
    library = ctypes.CDLL(None, use_errno=True)
    descriptor = library.memfd_create(NAME.encode("ascii"), CLOSE_ON_EXEC)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "memfd_create")
    return descriptor


def _unlinked():
    for folder in FOLDERS:
        folder = tempfile.gettempdir() if folder is None else folder
        try:
            _remove_left(folder)
            return _nameless(folder)
        except OSError:
            if folder != FOLDERS[0]:
                raise


def _nameless(folder):
    try:
        return os.open(folder, os.O_RDWR | os.O_TMPFILE | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError:
        # Not every kernel and file system has such files.
        descriptor, path = tempfile.mkstemp(prefix=PREFIX, dir=folder)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    return descriptor


def _remove_left(folder):
    """Remove the files of processes that were killed before they could; once in each process."""
    if folder in _looked:
        return
    _looked.add(folder)
    with os.scandir(folder) as entries:
        left = [entry.path for entry in entries if entry.name.startswith(PREFIX) and _is_own(entry)]
    for path in left:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _is_own(entry):
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
