# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Put other content into the owner's file, which keeps its mode, owner, labels and access lists."""

import errno
import os
import stat

from ...kernel.opening import NEW
from ..errors import EndpointError
from . import safe_paths, safe_write

LIMIT = 1 << 20
READING = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
# No configuration file needs more.
MODES = 0o777
NO_LABELS = (errno.ENOTSUP, errno.ENOSYS)


def data_of(path):
    """Return a regular file's bytes, None if it is not there."""
    text = safe_paths.read_text(path, LIMIT)
    return None if text is None else text.encode("utf-8", "surrogateescape")


def replace(path, data, check=None, before=None):
    """Rewrite a file so that it is either complete or unchanged.

    ``check(draft, path)`` may refuse the draft, which is beside the file, by raising an EndpointError. With ``before``
    (bytes), from which ``data`` was made, the file must still contain that: a file that replaced it meanwhile must not
    pass its owner or mode on to this content.
    """
    opened = safe_paths.open_parent(path)
    if opened is None:
        raise safe_paths.unreadable(path, "its directory is gone")
    parent, name = opened
    draft = safe_write.DRAFT % name
    try:
        _unlink(draft, parent)
        with os.fdopen(os.open(name, READING, dir_fd=parent), "rb") as source:
            is_file = stat.S_ISREG(os.fstat(source.fileno()).st_mode)
            if not is_file or (before is not None and source.read(LIMIT + 1) != before):
                raise _drifted(path)
            _write(parent, source.fileno(), draft, data)
        if check is not None:
            check(os.path.join(os.path.dirname(path), draft), path)
        os.replace(draft, name, src_dir_fd=parent, dst_dir_fd=parent)
    finally:
        _unlink(draft, parent)
        os.close(parent)


def _write(parent, source, draft, data):
    status = os.fstat(source)
    with os.fdopen(os.open(draft, NEW, 0o600, dir_fd=parent), "wb") as stream:
        stream.write(data)
        os.fchown(stream.fileno(), status.st_uid, status.st_gid)
        os.fchmod(stream.fileno(), stat.S_IMODE(status.st_mode) & MODES)
        _copy_labels(source, stream.fileno())
        stream.flush()
        os.fsync(stream.fileno())


def _drifted(path):
    remedy = "Plan again."
    return EndpointError("file_drifted", "Changing a file", path, "it was changed or replaced meanwhile", remedy)


def _copy_labels(source, draft):
    """Copy attributes besides mode and owner: an SELinux label, an access list."""
    for name in _labels(source):
        os.setxattr(draft, name, os.getxattr(source, name))


def _labels(descriptor):
    try:
        return os.listxattr(descriptor)
    except OSError as error:
        if error.errno in NO_LABELS:
            return []
        raise


def _unlink(name, parent):
    try:
        os.unlink(name, dir_fd=parent)
    except FileNotFoundError:
        return
