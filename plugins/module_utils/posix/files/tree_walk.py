# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Walk a directory tree of any depth and width without following links, with few directories open at a time."""

import itertools
import os
import stat

from ...kernel import mounts, opening
from ..errors import EndpointError
from ..running import bounded
from . import safe_paths

MOST_OPEN = 64
# How many names of one directory are held in memory to be sorted. A larger directory is walked in its own order.
MOST_SORTED = 10000
# Characters of a path: only someone who is up to something makes a longer one.
MOST_PATH = 1 << 16


class Descent:
    """The directories from one down to the deepest. If there are many, the upper ones are closed and reached again by
    ``..``, which has to lead back to them: a directory that was moved meanwhile is an error, not a way out.
    """

    def __init__(self, descriptor):
        self._levels = [(descriptor, _identity(descriptor))]

    @property
    def descriptor(self):
        """The open descriptor of the deepest directory."""
        return self._levels[-1][0]

    def down(self, name):
        """Enter a directory; OSError if the name is something else, or a link."""
        descriptor = os.open(name, opening.DIRECTORY, dir_fd=self.descriptor)
        self._levels.append((descriptor, _identity(descriptor)))
        if len(self._levels) > MOST_OPEN:
            upper = len(self._levels) - MOST_OPEN - 1
            self._close(upper)

    def up(self):
        """Go back to the directory above."""
        left = self._levels.pop()[0]
        try:
            if self.descriptor is None:
                self._reopen(left)
        finally:
            os.close(left)

    def close(self):
        """Close everything."""
        for level in range(len(self._levels)):
            self._close(level)

    def _close(self, level):
        descriptor, identity = self._levels[level]
        if descriptor is not None:
            os.close(descriptor)
            self._levels[level] = (None, identity)

    def _reopen(self, below):
        descriptor = os.open("..", opening.DIRECTORY, dir_fd=below)
        if _identity(descriptor) != self._levels[-1][1]:
            os.close(descriptor)
            raise EndpointError(
                "path_moved",
                "Going through a tree",
                "a directory %d levels deep in it" % len(self._levels),
                "it was moved elsewhere meanwhile",
                "Find out which process moves directories there, and run again.",
            )
        self._levels[-1] = (descriptor, self._levels[-1][1])


class Entry:
    """One entry of a tree: its path, the open directory that it is in, its name there, and its own status."""

    __slots__ = ("folder", "name", "path", "status")

    def __init__(self, path, folder, name, status):
        self.path = path
        self.folder = folder
        self.name = name
        self.status = status


def walk(path, one_mount=False, in_order=True):
    """Yield an Entry of a path and of everything below it, directories before their content.

    The names of a directory are sorted, unless there are very many.

    A missing path yields nothing. What cannot be read raises an EndpointError or OSError: nothing is left out.
    With ``one_mount``, mounts below the path are reported but not entered. Without ``in_order``, names come in the
    kernel's order, and a directory takes no memory, however large it is.
    """
    path = safe_paths.native(path)
    opened = safe_paths.open_parent(path)
    if opened is None:
        return
    home = mounts.mount_of(opened[0]) if one_mount else None
    # With a path for each level, memory would grow with the square of the depth.
    above = path.rpartition("/")[0]
    descent, waiting = Descent(opened[0]), [(len(above), iter([opened[1]]))]
    try:
        while waiting:
            length, names = waiting[-1]
            name = next(names, None)
            if name is None:
                waiting.pop()
                if waiting:
                    descent.up()
                continue
            above = above[:length]
            _refuse_long(path, length + len(name))
            bounded.at(above + "/" + name)
            entry = _entry(above + "/" + name, descent.descriptor, name)
            if entry is None:
                continue
            yield entry
            if stat.S_ISDIR(entry.status.st_mode):
                above = entry.path
                waiting.append((len(above), iter(_names(descent, entry, home, in_order))))
                _end_streams(waiting)
    finally:
        descent.close()


def _refuse_long(path, length):
    if length > MOST_PATH:
        raise safe_paths.unreadable(safe_paths.shown(path), "a path in it has more than %d characters" % MOST_PATH)


def _entry(path, folder, name):
    try:
        return Entry(path, folder, name, os.lstat(name, dir_fd=folder))
    except FileNotFoundError:
        return None


def _names(descent, entry, home, in_order):
    """Enter a directory and return the names in it that are to be walked."""
    try:
        descent.down(entry.name)
        if home is not None and mounts.mount_of(descent.descriptor) != home:
            return []
        return _in_order(descent.descriptor) if in_order else _streamed(descent.descriptor)
    except OSError as error:
        raise safe_paths.unreadable(safe_paths.shown(entry.path), os.strerror(error.errno))


def _in_order(descriptor):
    """Return the names in an open directory; both times the same unless something is added or removed meanwhile."""
    names = _streamed(descriptor)
    first = list(itertools.islice(names, MOST_SORTED + 1))
    return sorted(first) if len(first) <= MOST_SORTED else itertools.chain(first, names)


def _streamed(descriptor):
    """Return the names in a directory as they come; of very many levels, only the deepest are streamed."""
    return (entry.name for entry in opening.scanned(descriptor))


def _end_streams(waiting):
    """Read the rest of a directory far above: each one that is streamed is an open file."""
    if len(waiting) > MOST_OPEN:
        length, names = waiting[-MOST_OPEN]
        waiting[-MOST_OPEN] = (length, iter(list(names)))


def _identity(descriptor):
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino
