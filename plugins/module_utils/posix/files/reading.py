# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Read a file that was reached: only a regular one, only as much as is allowed, and without ever blocking."""

import os
import stat

from ...kernel.opening import READ
from .foreign import unreadable
from .places import ABSENT

BLOCK = 1 << 18


def opened(folder, name, path):
    """Return a descriptor of the regular file with a name in a place, None if it is gone."""
    try:
        descriptor = os.open(name, READ, dir_fd=folder.descriptor)
    except OSError as error:
        if error.errno in ABSENT:
            return None
        raise unreadable(path, os.strerror(error.errno), folder.ground)
    status, cause = os.fstat(descriptor), ""
    if not stat.S_ISREG(status.st_mode):
        cause = "it is not a regular file"
    elif folder.ground and status.st_nlink > 1 and (status.st_uid == 0 or status.st_uid != folder.owner):
        cause = "it is another name of a file that belongs to %s" % ("another user" if status.st_uid else "root")
    if cause:
        os.close(descriptor)
        raise unreadable(path, cause, folder.ground)
    return descriptor


def blocks(descriptor, path, limit, ground, allowance):
    """Yield a file's bytes in blocks, and close it; EndpointError if it is larger than the limit, or unreadable."""
    with os.fdopen(descriptor, "rb", 0) as stream:
        size, read = os.fstat(descriptor).st_size, 0
        while True:
            if max(read, size) > limit:
                raise unreadable(path, "it has more than %d bytes" % limit, ground)
            block = _read(stream, path, ground)
            if not block:
                return
            read += len(block)
            allowance.take(ground, 0, len(block))
            yield block


def _read(stream, path, ground):
    try:
        block = stream.read(BLOCK)
    except OSError as error:
        raise unreadable(path, os.strerror(error.errno), ground)
    if block is None:
        raise unreadable(path, "it cannot be read without waiting", ground)
    return block
