# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""A mounted Windows disk: names ignore case, no link is followed, no other file system entered."""

import errno
import os
import re
import stat

from ..kernel import opening
from ..posix.errors import EndpointError
from ..posix.files import reading
from ..posix.files.foreign import Remote
from ..posix.files.places import DIRECTORY, Place, below
from ..posix.running import bounded
from .letters import folded, whole
from .unanswered import NO_FILE, NO_FOLDER, Unanswered, absent, failed

MOST_NAMES, MOST_KEPT = 100000, 32
# An 8.3 name that Windows may have given to a longer one; a mount does not show it.
SHORT_NAME = re.compile(r"[^.]{1,6}~[0-9]{1,6}(?:\..{0,3})?\Z")
CONFIG = ("System32", "config")
FOLDER, FILE, REPARSE = 16, 32, 1024
# How ntfs-3g and the kernel's ntfs3 show a file's attributes.
ATTRIBUTES = "system.ntfs_attrib_be"


class Disk:
    """One root. ``system`` (str or None) is the name of the folder that Windows is in, as the disk spells it."""

    def __init__(self, root):
        try:
            self._top = Place(os.open(root, opening.DIRECTORY & ~os.O_NOFOLLOW), "/", None, (0,))
        except OSError as error:
            raise EndpointError(
                "root_unreadable", "Checking a root", root, os.strerror(error.errno), "Name a mounted root."
            )
        self._remote = Remote(root)
        self._listings = {}
        self._shows_attributes = _attributes(self._top, ".") is not None
        try:
            self.system = self._system()
        except Unanswered as error:
            raise EndpointError("root_unreadable", "Checking a root", root, error, "Make sure that root can read it.")

    def folder(self, names):
        """Return the place of the folder of a path (list of str) below the root; Unanswered if there is none."""
        place = self._top
        for name in names:
            place = self.entered(place, self._spelled(place, name, NO_FOLDER))
        return place

    def found(self, names):
        """Return (place of its folder, name as the disk spells it) of a path's target; Unanswered if there is none."""
        if not names:
            return self._top, "."
        place = self.folder(names[:-1])
        return place, self._spelled(place, names[-1], NO_FILE)

    def opened(self, names):
        """Return a descriptor for reading a regular file; Unanswered if there is none, or if it is something else."""
        place, name = self.found(names)
        try:
            descriptor = reading.opened(place, name, below(place.real, name))
        except EndpointError as error:
            raise failed(error)
        if descriptor is None:
            raise absent(NO_FILE)
        return descriptor

    def entered(self, place, name):
        """Return the place of a folder in a place; Unanswered for a link, a file, and another file system."""
        path = below(place.real, name)
        bounded.at(path)
        try:
            self._remote.check(path)
            reached = Place(os.open(name, DIRECTORY, dir_fd=place.descriptor), path, place, (0,))
        except EndpointError as error:
            raise failed(error)
        except OSError as error:
            raise self._no_folder(place, name, error)
        if reached.device != place.device:
            raise failed("another file system is mounted at %s, and is not entered" % whole(shown(path)))
        return reached

    def names(self, place):
        """Return {name ignoring case: [names as the disk spells them]} of a folder."""
        if place.real not in self._listings:
            if len(self._listings) >= MOST_KEPT:
                self._listings.clear()
            self._listings[place.real] = _listing(place)
        return self._listings[place.real]

    def described(self, place, name):
        """Return (status, attributes) of a name in a place; Unanswered if it cannot be read."""
        try:
            status = os.lstat(name, dir_fd=place.descriptor)
        except OSError as error:
            raise absent(NO_FILE) if error.errno == errno.ENOENT else refused(error)
        told = _attributes(place, name) if self._shows_attributes else None
        if told is not None:
            return status, told
        if stat.S_ISLNK(status.st_mode):
            return status, REPARSE
        return status, FOLDER if stat.S_ISDIR(status.st_mode) else FILE

    def _no_folder(self, place, name, error):
        if error.errno not in (errno.ENOTDIR, errno.ELOOP):
            return absent(NO_FOLDER) if error.errno == errno.ENOENT else refused(error)
        if stat.S_ISLNK(self.described(place, name)[0].st_mode):
            return failed("%s is a link, and none is followed" % whole(shown(below(place.real, name))))
        return absent(NO_FOLDER)

    def _spelled(self, place, name, missing):
        if name in (".", "..") or set(name) & set("/\0:"):
            raise failed("no file on a disk can have the name %s" % whole(name))
        spelled = self.names(place).get(folded(name), [])
        if len(spelled) > 1:
            raise failed("several names in %s differ from %s in case alone" % (whole(shown(place.real)), whole(name)))
        if not spelled:
            if SHORT_NAME.match(name):
                raise failed("%s may be a short name of something, which a mount does not show" % whole(name))
            raise absent(missing)
        return spelled[0]

    def _system(self):
        """Return the folder that contains the registry hives; the usual name wins if there are several."""
        found = []
        for spelled in self.names(self._top).values():
            for name in spelled:
                try:
                    self.folder([shown(name), *CONFIG])
                except Unanswered:
                    continue
                found.append(shown(name))
        return min(found, key=lambda name: (folded(name) != "WINDOWS", name)) if found else None


def refused(error):
    """Return the error for an OSError: what root may not read is denied."""
    kind = "denied" if error.errno in (errno.EACCES, errno.EPERM) else "failed"
    return Unanswered(kind, os.strerror(error.errno or 0))


def shown(name):
    """Return a name in UTF-8: Python 3.6 in the POSIX locale uses ASCII for everything."""
    return os.fsencode(name).decode("utf-8", "surrogateescape")


def _listing(place):
    found, number = {}, 0
    try:
        descriptor = os.open(".", opening.DIRECTORY, dir_fd=place.descriptor)
    except OSError as error:
        raise refused(error)
    try:
        for entry in opening.scanned(descriptor):
            number += 1
            if number > MOST_NAMES:
                raise failed("%s has more than %d entries" % (whole(shown(place.real)), MOST_NAMES))
            found.setdefault(folded(shown(entry.name)), []).append(entry.name)
    except OSError as error:
        raise refused(error)
    finally:
        os.close(descriptor)
    return found


def _attributes(place, name):
    """Return a file's NTFS attributes, None if the mount does not show them."""
    path = "/proc/self/fd/%d/%s" % (place.descriptor, name)
    try:
        raw = os.getxattr(path, ATTRIBUTES, follow_symlinks=False)
    except OSError:
        return None
    return int.from_bytes(raw, "big") if len(raw) == 4 else None
