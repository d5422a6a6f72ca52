# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Whether a path can be used by its name: it, and every directory on the way, belongs to root, and only root may write.

A link is followed if it is in such a directory, since only root can have put it there.
"""

import os
import stat

from ..errors import EndpointError
from .places import MOST_LINKS

OWNER = 0
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
# Directories above it are not checked.
TOP = "/"


def replaceable(path):
    """Return a text that says who besides root can replace a path, '' if only root can; OSError if it is not there.

    The last name has to be a file or directory that belongs to root too.
    """
    return _followed(path)[1]


def must_be(path, what):
    """Raise EndpointError, with ``what`` (str) as what failed, if users other than root can replace a path."""
    words = replaceable(path)
    if words:
        raise refused(path, what, words)


def refused(path, what, words):
    """Return the EndpointError for a path that others can replace."""
    remedy = "Put it in a place where root owns every directory on the way and only root may write, and run again."
    return EndpointError("path_replaceable", what, path, words, remedy)


def opened(path):
    """Return (descriptor for reading a regular file, text as from ``replaceable``); OSError if there is none.

    The descriptor is that of the very file that the text is about.
    """
    real, words, identity = _followed(path, is_last_followed=False)
    descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    status = os.fstat(descriptor)
    if (status.st_dev, status.st_ino) != identity:
        words = words or "something else has taken its place"
    return descriptor, words or _of(real, status)


def _followed(path, is_last_followed=True):
    """Return (path without links, text, (device, inode) of what is there)."""
    names, reached, words, links = _names(path), "/", "", 0
    status = os.lstat("/")
    while names:
        words = words or _of(reached, status)
        name = names.pop(0)
        if name == "..":
            reached = os.path.dirname(reached)
            status = os.lstat(reached)
            continue
        following = os.path.join(reached, name)
        status = os.lstat(following)
        if stat.S_ISLNK(status.st_mode) and (names or is_last_followed):
            links += 1
            if links > MOST_LINKS:
                return following, "too many links lead there", None
            target = os.readlink(following)
            names = _names(target) + names
            reached = "/" if target.startswith("/") else reached
            status = os.lstat(reached)
            continue
        reached = following
    return reached, words or _of(reached, status), (status.st_dev, status.st_ino)


def _names(path):
    return [name for name in path.split("/") if name not in ("", ".")]


def _of(path, status):
    """Return a text that says who else may write to a path; '' if only root may, or above the top."""
    if not (path + "/").startswith(TOP.rstrip("/") + "/"):
        return ""
    if status.st_uid != OWNER:
        return "%s belongs to UID %d" % (path, status.st_uid)
    if status.st_mode & OTHERS_WRITE and not stat.S_ISLNK(status.st_mode):
        return "%s has mode %04o, with which others than root may write" % (path, stat.S_IMODE(status.st_mode))
    return ""
