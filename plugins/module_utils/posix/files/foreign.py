# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Parts of a root that root does not control: directories that others may write to, and file systems that another
machine or a user's process serves.
"""

import os
import re
import stat

from ...kernel import mounts
from ..errors import EndpointError
from ..running import bounded

# Maximum that is read below one directory that others may write to.
MOST_FILES, MOST_BYTES = 2000, 1 << 25
# Seconds within which one of the system's own file systems has to answer, if another machine serves it.
ANSWER = 10
ACCESS_LIST = "system.posix_acl_access"
REMOTE = re.compile(
    rb" - (?:autofs|nfs4?|cifs|smb[0-9]?|smbfs|ncpfs|ncp|afs|coda|9p|ceph|glusterfs|lustre|beegfs|gpfs|orangefs|pvfs2|"
    rb"gfs2?|ocfs2|vboxsf|vmhgfs|prl_fs|virtiofs|davfs2?|fuse|fuseblk|fuse\.[^ ]+) "
)
# Outside these, no part of a host is on a foreign file system.
SYSTEM = ("usr", "opt", "var", "etc", "lib", "lib32", "lib64", "bin", "sbin", "boot")
NOT_SYSTEM = "/var/tmp"


def others_may_write(descriptor, status, owners):
    """Return True for an open directory, of that status, in which others than ``owners`` (user IDs) may create a file.

    An access list shows in the mode as what its group may do.
    """
    mode = status.st_mode
    by_group = mode & stat.S_IWGRP and (status.st_gid != 0 or _has_list(descriptor))
    return status.st_uid not in owners or bool(mode & stat.S_IWOTH or by_group)


def _has_list(descriptor):
    try:
        # One that was only opened as a path has no attributes of its own.
        return bool(os.getxattr("/proc/self/fd/%d" % descriptor, ACCESS_LIST))
    except OSError:
        return False


def remote_mounts(root):
    """Return {path below the root: type} of what another machine or a process serves; {} if that is not known."""
    try:
        with open(mounts.TABLE, "rb") as stream:
            table = stream.read()
    except OSError:
        return {}
    if not REMOTE.search(table):
        return {}
    real, found = os.path.realpath(root).rstrip("/"), {}
    for line in table.split(b"\n"):
        # The latest mount on a path is the visible one.
        for point, _source, kind in mounts.mounts([line.decode("utf-8", "surrogateescape")]):
            if point.startswith(real + "/"):
                found[point[len(real) :]] = kind if REMOTE.search(line) else None
    return {point: kind for point, kind in found.items() if kind is not None}


class Remote:
    """The foreign file systems of a root, and which of them may be entered."""

    def __init__(self, root, avoided=()):
        self._root = root
        self._kinds = remote_mounts(root)
        self._answered = set()
        self._avoided = dict(avoided)

    def check(self, path):
        """Raise an EndpointError for a path that must not be entered."""
        if path in self._avoided:
            raise unreadable(path, self._avoided[path], path)
        if path in self._kinds and path not in self._answered:
            kind = self._kinds[path]
            if kind == "autofs":
                raise unreadable(path, "reading it would mount it, and nothing may be changed", path)
            if not _is_systems(path):
                raise unreadable(path, "the file system mounted there, of type %s, is not entered" % kind, path)
            self._ask(path, kind)

    def _ask(self, path, kind):
        place = self._root.rstrip("/") + path
        try:
            bounded.done(lambda: len(os.listdir(place)) and 0, ANSWER, path)
        except bounded.Hung:
            self._avoided[path] = "a file system of type %s that does not answer within %d s" % (kind, ANSWER)
            raise unreadable(path, self._avoided[path])
        except OSError as error:
            raise unreadable(path, os.strerror(error.errno or 0))
        self._answered.add(path)


def _is_systems(path):
    return path.split("/")[1] in SYSTEM and path != NOT_SYSTEM and not path.startswith(NOT_SYSTEM + "/")


class Allowance:
    """How much may still be read below each directory that others may write to, so that no user can fill the answer."""

    def __init__(self):
        self._left = {}

    def take(self, ground, files, count):
        """Count so many files and bytes; an EndpointError if that exceeds the limit."""
        if not ground:
            return
        left = self._left.setdefault(ground, [MOST_FILES, MOST_BYTES])
        left[0] -= files
        left[1] -= count
        if min(left) < 0:
            cause = "more than %d files or %d bytes would have to be read there" % (MOST_FILES, MOST_BYTES)
            raise unreadable(ground, cause, ground, UsedUp)


class UsedUp(EndpointError):
    """Nothing more is read below a directory that others may write to."""


def unreadable(path, cause, ground="", kind=EndpointError):
    """Return the EndpointError for a path that cannot be checked; ``ground`` is the directory of others around it."""
    error = kind("path_unreadable", "Checking a path", path, cause, "Make sure that root can read it, and run again.")
    error.ground = ground
    return error
