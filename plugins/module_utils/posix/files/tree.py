# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Look at a root file system, live or an image, without being led out of it.

Symbolic links on the way are resolved here, as the system below that root would resolve them, so that none can lead
out of it. Below a directory that users other than root may write to, no link is followed and no other file system
entered. Only regular files are opened, and only as much of them is read as is allowed.
"""

import errno
import os
import stat

from ...kernel import opening
from ..errors import EndpointError
from ..running import bounded
from . import reading
from .foreign import Allowance, Remote, others_may_write, unreadable
from .places import ABSENT, DIRECTORY, MOST_LINKS, Place, below, loop, refuse_link, refuse_odd
from .safe_paths import READ_LIMIT

NO_DIRECTORY = (errno.ENOTDIR, errno.ELOOP)
NAMES_LIMIT = 100000
MOST_STREAMED = 2000000
# A process may have some thousand files open, and every cached directory is one.
MOST_OPEN, MOST_KEPT = 400, 4000


class Tree:
    """One root. Directories that were reached stay open for a while, so that many paths below one are fast."""

    def __init__(self, root="/", avoided=()):
        self.root = root
        self._links = self._open = 0
        self._allowance = Allowance()
        try:
            top = os.open(root, opening.DIRECTORY & ~os.O_NOFOLLOW)
            # Whoever owns an image can put anything into it.
            self._owners = (0, os.fstat(top).st_uid)
            self._top = Place(top, "/", None, self._owners)
        except OSError as error:
            raise EndpointError(
                "root_unreadable", "Checking a root", root, os.strerror(error.errno), "Name a mounted root."
            )
        self._top.ground = ""
        self._remote = Remote(root, avoided)
        self._reached = {"/": self._top}

    def ground(self, path):
        """Return (directory of others that a path is in, whether it is world-writable); ('', False) for a path that
        only root can have made, or that cannot be checked.
        """
        try:
            folder, _name = self._parent(path)
        except EndpointError as error:
            return getattr(error, "ground", ""), False
        return (folder.ground, folder.is_anyones) if folder is not None else ("", False)

    def is_here(self, path):
        """Return False for a directory on a file system that is not entered, or that cannot be reached."""
        try:
            self._directory(path)
        except EndpointError:
            return False
        return True

    def directory(self, path):
        """Return a separate descriptor of a directory, None if there is none."""
        return self._listed(path)

    def close(self):
        """Close everything that was opened; afterwards nothing can be read."""
        self._reached = {}
        self._top = None

    def lstat(self, path):
        """Return (status, target of a link or None, path without links on the way); (None, None, path) if absent."""
        folder, name = self._parent(path)
        if folder is None:
            return None, None, path
        bounded.at(path)
        self._remote.check(below(folder.real, name))
        try:
            status = os.lstat(name, dir_fd=folder.descriptor)
            target = os.readlink(name, dir_fd=folder.descriptor) if stat.S_ISLNK(status.st_mode) else None
        except OSError as error:
            if error.errno in ABSENT:
                return None, None, path
            raise unreadable(path, os.strerror(error.errno))
        return status, target, below(folder.real, name)

    def names(self, path):
        """Return the sorted names in a directory, following links to it; an empty list if it is not one."""
        return sorted(name for name, _is_link, _is_folder in self.entries(path))

    def entries(self, path):
        """Return (name, whether it is a link, whether it is a directory) of everything in a directory, unsorted."""
        found = []
        for entry in self.each(path):
            found.append(entry)
            if len(found) > NAMES_LIMIT:
                raise unreadable(path, "it has more than %d entries" % NAMES_LIMIT, self.ground(path + "/x")[0])
        return found

    def each(self, path):
        """Yield what ``entries`` returns, in the kernel's order: it takes no memory, however much it is."""
        descriptor = self._listed(path)
        if descriptor is None:
            return
        try:
            for number, entry in enumerate(opening.scanned(descriptor)):
                if number == MOST_STREAMED:
                    raise unreadable(path, "it has more than %d entries" % MOST_STREAMED, self.ground(path + "/x")[0])
                yield entry.name, entry.is_symlink(), entry.is_dir(follow_symlinks=False)
        except OSError as error:
            raise unreadable(path, os.strerror(error.errno))
        finally:
            os.close(descriptor)

    def links(self, path):
        """Return {name: target} of the symbolic links in a directory."""
        names = [name for name, is_link, _is_folder in self.entries(path) if is_link]
        descriptor = self._listed(path) if names else None
        if descriptor is None:
            return {}
        try:
            return {name: os.readlink(name, dir_fd=descriptor) for name in sorted(names)}
        except OSError as error:
            raise unreadable(path, os.strerror(error.errno))
        finally:
            os.close(descriptor)

    def text(self, path, limit=READ_LIMIT):
        """Return a regular file's text, undecodable bytes as surrogates; None if it is not there."""
        data = self.data(path, limit)
        return None if data is None else data.decode("utf-8", "surrogateescape")

    def data(self, path, limit=READ_LIMIT):
        """Return a regular file's bytes, None if it is not there; EndpointError if it is unreadable or larger."""
        descriptor, ground = self._opened(path)
        if descriptor is None:
            return None
        return b"".join(reading.blocks(descriptor, path, limit, ground, self._allowance))

    def is_of_others(self, path):
        """Return True if others than root, or the root's owner, may write to the regular file that a path leads to."""
        descriptor, _ground = self._opened(path)
        if descriptor is None:
            return False
        try:
            return others_may_write(descriptor, os.fstat(descriptor), self._owners)
        finally:
            os.close(descriptor)

    def blocks(self, path, limit):
        """Yield the bytes of a regular file in blocks, nothing if it is not there; EndpointError as ``data``."""
        descriptor, ground = self._opened(path)
        yield from reading.blocks(descriptor, path, limit, ground, self._allowance) if descriptor is not None else ()

    def open(self, path, limit=READ_LIMIT):
        """Return a descriptor for reading the regular file that a path leads to; None if there is nothing."""
        descriptor, ground = self._opened(path)
        if descriptor is not None:
            try:
                size = os.fstat(descriptor).st_size
                if size > limit:
                    raise unreadable(path, "it has more than %d bytes" % limit, ground)
                self._allowance.take(ground, 0, size)
            except EndpointError:
                os.close(descriptor)
                raise
        return descriptor

    def _opened(self, path):
        """Return (descriptor of the regular file that a path leads to, the directory of others that it is in)."""
        folder, name, status = self._final(path)
        if folder is None:
            return None, ""
        if status is None:
            raise unreadable(path, "it is not a regular file", folder.ground)
        self._allowance.take(folder.ground, 1, 0)
        descriptor = reading.opened(folder, name, path)
        return (None, "") if descriptor is None else (descriptor, folder.ground)

    def _final(self, path):
        """Return (place, name, status) of what a path finally leads to; status None if that is no regular file."""
        for _step in range(MOST_LINKS):
            status, target, real = self.lstat(path)
            if status is None:
                return None, None, None
            folder, name = self._parent(real)
            if target is None:
                return folder, name, status if stat.S_ISREG(status.st_mode) else None
            refuse_link(folder, name)
            path = self._led(os.path.dirname(real), target)
            if path is None:
                return None, None, None
        raise loop(path)

    def _led(self, folder, target):
        """Return where a link in a directory leads: the path without links on the way to its last name."""
        base, _slash, name = target.rstrip("/").rpartition("/")
        if name in ("", ".", ".."):
            return None
        start = self._top if target.startswith("/") else self._directory(folder)
        place = self._walk(start, base)
        return None if place is None else below(place.real, name)

    def _listed(self, path):
        """Return a descriptor of a directory for reading its entries; None if there is none."""
        self._links = 0
        refuse_odd(path)
        place = self._directory(path)
        if place is None:
            return None
        try:
            return os.open(".", opening.DIRECTORY, dir_fd=place.descriptor)
        except OSError as error:
            raise unreadable(path, os.strerror(error.errno))

    def _parent(self, path):
        self._links = 0
        refuse_odd(path)
        folder, _slash, name = path.rstrip("/").rpartition("/")
        if not name or name in (".", "..") or not path.startswith("/"):
            raise EndpointError(
                "path_refused",
                "Using a path",
                path,
                "it is not absolute, or not normalised",
                "Correct the catalog entry.",
            )
        return self._directory(folder or "/"), name

    def _directory(self, path):
        """Return the place of a directory, None if there is no such directory; results are cached."""
        path = path.rstrip("/") or "/"
        if path in self._reached:
            return self._reached[path]
        place, reached = self._top, ""
        for name in path[1:].split("/"):
            reached = reached + "/" + name
            if reached not in self._reached:
                self._keep(reached, None if place is None else self._enter(place, name))
            place = self._reached[reached]
        return place

    def _keep(self, path, place):
        """Cache what a path leads to; a place that drops out of the cache is closed once it is no longer used."""
        if self._open >= MOST_OPEN or len(self._reached) >= MOST_KEPT:
            self._reached, self._open = {"/": self._top}, 0
        self._reached[path] = place
        self._open += place is not None

    def _enter(self, place, name):
        if name in ("", "."):
            return place
        if name == "..":
            return self._directory(os.path.dirname(place.real))
        real = below(place.real, name)
        if real in self._reached:
            return self._reached[real]
        bounded.at(real)
        self._remote.check(real)
        try:
            reached = Place(os.open(name, DIRECTORY, dir_fd=place.descriptor), real, place, self._owners)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENAMETOOLONG):
                return None
            if error.errno not in NO_DIRECTORY:
                raise unreadable(real, os.strerror(error.errno))
            return self._follow(place, name)
        if place.ground and reached.device != place.device:
            raise unreadable(real, "it is another file system in a directory of others, which is not entered", real)
        self._keep(real, reached)
        return reached

    def _follow(self, place, name):
        """Continue at the target of a link; None if it is not a link, since nothing lies below a file."""
        try:
            target = os.readlink(name, dir_fd=place.descriptor)
        except OSError:
            return None
        refuse_link(place, name)
        self._links += 1
        if self._links > MOST_LINKS:
            raise loop(below(place.real, name))
        return self._walk(self._top if target.startswith("/") else place, target)

    def _walk(self, place, path):
        for name in path.split("/"):
            place = None if place is None else self._enter(place, name)
        return place
