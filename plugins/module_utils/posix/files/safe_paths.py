# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Access paths as root without being misled: no symbolic link is followed, no file system is left."""

import errno
import os
import stat
import sys

from ...kernel.opening import DIRECTORY, scanned
from ..errors import EndpointError
from ..names import meant
from ..running import bounded

# Nothing directly below / is ever written or removed.
LEAST_COMPONENTS = 2
READ_LIMIT = 1 << 20


def native(path):
    """Return a path in the form that this process's system calls take, so that its bytes are UTF-8.

    Python 3.6 in the POSIX locale uses ASCII for everything.
    """
    if sys.getfilesystemencoding().lower() in ("utf-8", "utf8"):
        return path
    return os.fsdecode(path.encode("utf-8", "surrogateescape"))


def components(path, least=1):
    """Return the names below / of an absolute, normalised path with at least so many of them; else EndpointError."""
    names = [name for name in native(meant(path)).split("/") if name]
    if not path.startswith("/") or len(names) < least or "." in names or ".." in names:
        raise EndpointError(
            "path_refused",
            "Using a path",
            path,
            "it is not absolute, or has fewer than %d components, or is not normalised" % least,
            "Correct the catalog entry.",
        )
    return names


def open_parent(path):
    """Return (descriptor of the parent directory, last name); None if a parent is missing.

    Every parent is opened without following links, so a link put in its place is an EndpointError, not a detour.
    """
    names = components(path)
    bounded.at(path)
    descriptor = os.open("/", DIRECTORY)
    for name in names[:-1]:
        try:
            following = os.open(name, DIRECTORY, dir_fd=descriptor)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _led_elsewhere(path, name, error)
        finally:
            os.close(descriptor)
        descriptor = following
    return descriptor, names[-1]


def opened(path, flags, fits=None):
    """Return a descriptor of the path itself, reached without following a link; None if it is not there, or if ``fits``
    says that its mode must not be opened. OSError if it cannot be opened.
    """
    reached = open_parent(path)
    if reached is None:
        return None
    parent, name = reached
    try:
        if fits is not None and not fits(os.lstat(name, dir_fd=parent).st_mode):
            return None
        return os.open(name, flags, dir_fd=parent)
    except FileNotFoundError:
        return None
    finally:
        os.close(parent)


def opened_file(path):
    """Return a descriptor for reading a regular file; None if it is not there, EndpointError if it is something else.

    Opened without blocking and checked to be regular first, so that a FIFO or device cannot hang the caller.
    """
    try:
        descriptor = opened(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise unreadable(path, os.strerror(error.errno))
    if descriptor is not None and not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise unreadable(path, "it is not a regular file")
    return descriptor


def _led_elsewhere(path, name, error):
    cause = "the parent %r is a symbolic link or not a directory" % name
    if error.errno not in (errno.ELOOP, errno.ENOTDIR):
        cause = os.strerror(error.errno)
    return EndpointError(
        "path_led_elsewhere", "Using a path", path, cause, "Check it by hand; nothing was done with it."
    )


def lstat(path):
    """Return the status of a path itself and, of a link, its target; (None, None) if it is not there."""
    reached = open_parent(path)
    if reached is None:
        return None, None
    parent, name = reached
    try:
        status = os.lstat(name, dir_fd=parent)
        return status, os.readlink(name, dir_fd=parent) if stat.S_ISLNK(status.st_mode) else None
    except FileNotFoundError:
        return None, None
    finally:
        os.close(parent)


def holds_others(path, names):
    """Return True if a directory has anything but these names; False if it is missing or not a directory."""
    reached = open_parent(path)
    if reached is None:
        return False
    parent, name = reached
    try:
        descriptor = os.open(name, DIRECTORY, dir_fd=parent)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _led_elsewhere(path, name, error)
    finally:
        os.close(parent)
    expected = {native(one) for one in names}
    try:
        return any(entry.name not in expected for entry in scanned(descriptor))
    finally:
        os.close(descriptor)


def shown(path):
    """Return a path in a form that can be printed and written anywhere, whatever bytes it has."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def read_text(path, limit=READ_LIMIT):
    """Return a regular file's text, None if it is not there; EndpointError if it cannot be read or is too large."""
    descriptor = opened_file(path)
    if descriptor is None:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        size = os.fstat(descriptor).st_size
        if size > limit:
            raise unreadable(path, "it has %d bytes, more than %d" % (size, limit))
        return stream.read().decode("utf-8", "surrogateescape")


def unreadable(path, cause):
    """Return the EndpointError for a file that cannot be read."""
    return EndpointError(
        "path_unreadable", "Reading a file", path, cause, "Make sure that root can read it, and run again."
    )
