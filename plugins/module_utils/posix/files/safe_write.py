# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Write files as root so that they are complete or not there: no symbolic link on the way is followed."""

import errno
import os

from ...kernel.opening import DIRECTORY, NEW
from ..errors import EndpointError
from .safe_paths import LEAST_COMPONENTS, components, open_parent, unreadable

PARENT_MODE = 0o755
DRAFT = ".%s.avshift"


def make_parents(path):
    """Create the missing directories on the way to a path, as 0755."""
    names = components(path, LEAST_COMPONENTS)
    for depth in range(1, len(names)):
        _make_directory("/" + "/".join(names[:depth]))


def _make_directory(path):
    """Create one directory, if there is nothing of that name, without following a link on the way to it."""
    parent, name = open_parent(path)
    try:
        os.mkdir(name, PARENT_MODE, dir_fd=parent)
        # Whatever this process's umask is: another user's service has to be able to enter it.
        made = os.open(name, DIRECTORY, dir_fd=parent)
    except FileExistsError:
        return
    finally:
        os.close(parent)
    try:
        os.fchmod(made, PARENT_MODE)
    finally:
        os.close(made)


def write_text(path, text, mode=0o644):
    """Write a whole file so that it is either complete or not there; parents are created as 0755."""
    make_parents(path)
    opened = open_parent(path)
    if opened is None:
        raise unreadable(os.path.dirname(path), "it vanished while it was used")
    descriptor, name = opened
    draft = DRAFT % name
    try:
        _write_draft(descriptor, draft, name, text, mode)
        os.replace(draft, name, src_dir_fd=descriptor, dst_dir_fd=descriptor)
        os.fsync(descriptor)
    except OSError as error:
        _discard(descriptor, draft)
        # A full disk names no file.
        raise OSError(error.errno, error.strerror, path)
    finally:
        os.close(descriptor)


def discard(path):
    """Remove the draft of a file that a killed process has left."""
    try:
        opened = open_parent(path)
    except EndpointError:
        # A draft is only made where its directory can be opened without following a link.
        return
    if opened is not None:
        descriptor, name = opened
        try:
            _discard(descriptor, DRAFT % name)
        finally:
            os.close(descriptor)


def _keep_owner(parent, name, draft):
    """Give a draft the owner of the file that it is to replace."""
    try:
        status = os.lstat(name, dir_fd=parent)
    except FileNotFoundError:
        return
    os.fchown(draft, status.st_uid, status.st_gid)


def _write_draft(folder, draft, name, text, mode):
    """Write a new file: an existing one could be a hard link to a file elsewhere."""
    _discard(folder, draft)
    with os.fdopen(os.open(draft, NEW, 0o600, dir_fd=folder), "wb") as stream:
        _keep_owner(folder, name, stream.fileno())
        os.fchmod(stream.fileno(), mode)
        stream.write(text.encode("utf-8", "surrogateescape"))
        stream.flush()
        os.fsync(stream.fileno())


def write_secret(path, text, mode=0o600):
    """Write a file with a secret: it never has a second name, so that a killed process leaves no draft behind.

    Until it is written in full, there is no file of that name, or an incomplete one.
    """
    components(path, LEAST_COMPONENTS)
    opened = open_parent(path)
    if opened is None:
        raise unreadable(os.path.dirname(path), "the directory is not there")
    folder, name = opened
    try:
        _discard(folder, name)
        with os.fdopen(_nameless(folder, name), "wb") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(text.encode("utf-8", "surrogateescape"))
            stream.flush()
            os.fsync(stream.fileno())
            if os.fstat(stream.fileno()).st_nlink == 0:
                os.link("/proc/self/fd/%d" % stream.fileno(), name, dst_dir_fd=folder, follow_symlinks=True)
        os.fsync(folder)
    finally:
        os.close(folder)


def _nameless(folder, name):
    """Return a descriptor of a new file in a directory, without a name or, if that is impossible, with its own."""
    try:
        return os.open(".", os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, 0o600, dir_fd=folder)
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL):
            raise
    return os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)


def _discard(folder, name):
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return
