# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The directories that were reached below a root, and checks against being led out of it."""

import errno
import os
import stat

from .foreign import others_may_write, unreadable

# As many as the kernel follows in one path.
MOST_LINKS = 40
DIRECTORY = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
LONGEST_PATH = 4095


class Place:
    """A directory that was reached: its path below the root without links, and its descriptor while it is in use.

    ``ground`` is the path of the directory of others that it is in, or is, '' if it is in none; ``is_anyones`` is true
    for a world-writable one.
    """

    def __init__(self, descriptor, real, above, owners):
        self.descriptor = descriptor
        self.real = real
        status = os.fstat(descriptor)
        self.device, self.owner = status.st_dev, status.st_uid
        self.ground = above.ground if above is not None else ""
        self.is_anyones = above.is_anyones if self.ground else False
        if not self.ground and others_may_write(descriptor, status, owners):
            self.ground = real
            self.is_anyones = bool(status.st_mode & stat.S_IWOTH)

    def __del__(self):
        os.close(self.descriptor)


def below(folder, name):
    """Return the path of a name in a directory."""
    return folder.rstrip("/") + "/" + name


def refuse_odd(path):
    """Refuse what cannot be a path: the system's own error would say less."""
    if len(path) > LONGEST_PATH or "\0" in path:
        raise unreadable(path[:LONGEST_PATH], "no path can have this length or these characters")


def refuse_link(place, name):
    """Root follows no link that another user may have made."""
    if place.ground:
        raise unreadable(below(place.real, name), "a link in a directory of others is not followed", place.ground)


def loop(path):
    """Return the EndpointError for a path with endless links."""
    return unreadable(path, "too many symbolic links")
