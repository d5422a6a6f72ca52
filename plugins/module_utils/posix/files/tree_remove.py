# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove a directory tree as root: on one mount, through no link, whatever others do to it meanwhile."""

import errno
import os

from ...agreed.linux import FLAGS
from ...kernel import file_flags, mounts, opening
from ..errors import EndpointError
from ..running import bounded
from . import safe_paths
from .tree_walk import Descent

# How many names are held in memory at a time.
MANY = 10000
# The limit for a directory that is filled while it is emptied, or a name that alternates between directory and link.
MOST_ROUNDS = 1000
# Characters: an error about what lies deeper names a directory above it, so that memory does not grow with the paths.
MOST_PATH = 1 << 12


class _Level:
    def __init__(self, name, path):
        self.name = name
        self.path = path
        self.names = []
        self.rounds = 0


def remove(parent, name, path):
    """Remove the directory ``name`` in an open one with everything in it; EndpointError names what stays.

    What was removed before an error stays removed: another run continues from there.
    """
    descent = Descent(os.dup(parent))
    home = mounts.mount_of(parent)
    levels = []
    try:
        _enter(descent, levels, name, path, home)
        while levels:
            level = levels[-1]
            if not level.names:
                level.names = _some_names(descent.descriptor, level)
            if level.names:
                child = level.names.pop()
                if not _unlinked(descent.descriptor, child, level):
                    _enter(descent, levels, child, _below(level.path, child), home)
            elif not _left(descent, levels):
                level.names = []
    finally:
        descent.close()


def _below(path, name):
    return path + "/" + name if len(path) < MOST_PATH else path


def _enter(descent, levels, name, path, home):
    """Enter a directory; do nothing if the name is no longer one, since it is checked again."""
    try:
        descent.down(name)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        if error.errno == errno.ELOOP:
            return
        raise stays(path, descent.descriptor, name, error)
    if mounts.mount_of(descent.descriptor) != home:
        raise stays(path, None, name, OSError(errno.EBUSY, ""))
    levels.append(_Level(name, path))


def _some_names(descriptor, level):
    level.rounds += 1
    bounded.at(level.path)
    if level.rounds > MOST_ROUNDS:
        raise stays(level.path, None, level.name, OSError(errno.ENOTEMPTY, ""))
    os.lseek(descriptor, 0, os.SEEK_SET)
    with opening.scanned(descriptor) as entries:
        return [entry.name for _number, entry in zip(range(MANY), entries)]


def _unlinked(folder, name, level):
    """Remove anything but a directory; return False for a directory."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return True
    except IsADirectoryError:
        return False
    except OSError as error:
        raise stays(_below(level.path, name), folder, name, error)
    return True


def _left(descent, levels):
    """Remove the deepest directory, which is empty; return False if something was created in it."""
    level = levels[-1]
    inside = os.fstat(descent.descriptor)
    descent.up()
    try:
        os.rmdir(level.name, dir_fd=descent.descriptor)
    except FileNotFoundError:
        levels.pop()
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST) and _entered_again(descent, level.name, inside):
            return False
        raise stays(level.path, descent.descriptor, level.name, error)
    else:
        levels.pop()
    return True


def _entered_again(descent, name, inside):
    """Return True if the same directory could be entered again."""
    try:
        descent.down(name)
    except OSError:
        return False
    return os.path.samestat(os.fstat(descent.descriptor), inside)


def stays(path, folder, name, error):
    """Return the EndpointError for a path that cannot be removed, with the cause if it can be found."""
    code, cause = "path_stays", os.strerror(error.errno)
    remedy = "Find out what keeps it there, and run again."
    if error.errno in (errno.EPERM, errno.EACCES) and folder is not None:
        flagged, letters = _flagged(path, folder, name)
        if letters:
            path, code = flagged, "path_immutable"
            cause = "it is " + " and ".join(FLAGS[letter] for letter in letters)
            remedy = "Plan again, and the plan names it; or clear it with 'chattr -i -a' and run again."
    elif error.errno == errno.EROFS:
        code, remedy = "path_read_only", "Mount its file system for writing and run again."
    elif error.errno == errno.EBUSY:
        code, cause, remedy = "path_is_mount", "something is mounted on it", "Unmount it and run again."
    elif error.errno in (errno.ENOTEMPTY, errno.EEXIST):
        cause = "it is not empty, or another process writes to it"
    return EndpointError(code, "Removing a path", safe_paths.shown(path), cause, remedy)


def _flagged(path, folder, name):
    """Return (path, letters) of what has a flag that prevents removal: the path itself, or its directory."""
    try:
        own = file_flags.of_name(name, folder)
        return (path, own) if own else (os.path.dirname(path), file_flags.of(folder))
    except OSError:
        return path, ""
