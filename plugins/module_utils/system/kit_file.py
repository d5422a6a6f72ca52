# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""A vendor's kit: a package or an installer that the administrator put on the host."""

import hashlib
import os
import stat

from .errors import EndpointError

BLOCK = 1 << 20


def describe(path):
    """Return {sha256, mode, uid, bytes} of a kit, None if it is not there; EndpointError if it is no regular file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EndpointError("kit_unreadable", "Reading the kit", path, os.strerror(error.errno), "Look at the file.")
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise EndpointError("kit_unreadable", "Reading the kit", path, "it is no regular file", "Name the file.")
        whole = hashlib.sha256()
        for block in iter(lambda: stream.read(BLOCK), b""):
            whole.update(block)
    mode = "%04o" % stat.S_IMODE(status.st_mode)
    return {"sha256": whole.hexdigest(), "mode": mode, "uid": status.st_uid, "bytes": status.st_size}
