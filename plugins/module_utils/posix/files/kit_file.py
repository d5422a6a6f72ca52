# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""A vendor's installer or package that the administrator put on the host: checked, and copied while it is hashed."""

import contextlib
import hashlib
import os
import stat

from ...kernel.opening import NEW
from ..errors import EndpointError
from ..own import own_places
from ..running import bounded
from . import trust

BLOCK = 1 << 20
FOLDER_MODE, MODE = 0o700, 0o700
DOING = "Reading the installer"
# Seconds without progress: the installer may be on another machine's disk.
LIMIT = 300


def describe(path):
    """Return {sha256, mode, uid, bytes, replaceable} of an installer, None if it is not there.

    ``replaceable`` says who besides root could replace it, '' if only root can. EndpointError if it is not a
    regular file.
    """
    found = _opened(path)
    if found is None:
        return None
    descriptor, words = found
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(stream.fileno())
        whole = hashlib.sha256()
        for block in iter(lambda: stream.read(BLOCK), b""):
            whole.update(block)
            bounded.goes_on()
    mode = "%04o" % stat.S_IMODE(status.st_mode)
    told = {"sha256": whole.hexdigest(), "mode": mode, "uid": status.st_uid, "bytes": status.st_size}
    return dict(told, replaceable=words)


def must_be(path, sha256):
    """Raise EndpointError unless the installer is the approved one and only root can replace it."""
    _must_fit(path, describe(path), sha256)


@contextlib.contextmanager
def copied(path, sha256, is_run):
    """Yield the path of a private copy, if the installer is the approved one; EndpointError if it is not.

    It is copied while it is hashed, so that what was checked is what is used. The copy keeps its name, which some
    installers read, and is removed after the block. One that ``is_run`` goes where programs may be executed.
    """
    folder = own_places.new_folder(is_run)
    try:
        copy = os.path.join(folder, os.path.basename(path))
        found = bounded.done(lambda: _copy(path, copy), LIMIT, path, DOING, without_progress=True)
        _must_fit(path, found, sha256)
        yield copy
    finally:
        # If this process is asked to end, the installer goes on.
        if not own_places.are_used(folder):
            own_places.remove(folder)


def _copy(path, copy):
    """Copy an installer and return {sha256, replaceable} of exactly what was written; None if there is none."""
    found = _opened(path)
    if found is None:
        return None
    descriptor, words = found
    whole = hashlib.sha256()
    with os.fdopen(descriptor, "rb") as stream, os.fdopen(os.open(copy, NEW, MODE), "wb") as written:
        os.fchmod(written.fileno(), MODE)
        for block in iter(lambda: stream.read(BLOCK), b""):
            whole.update(block)
            written.write(block)
            bounded.goes_on()
    return {"sha256": whole.hexdigest(), "replaceable": words}


def _opened(path):
    """Return (descriptor, who may replace it) of a regular file; None if it is not there."""
    try:
        descriptor, words = trust.opened(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EndpointError("kit_unreadable", DOING, path, os.strerror(error.errno), "Check the file.")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise EndpointError("kit_unreadable", DOING, path, "it is not a regular file", "Name the file.")
    return descriptor, words


def _must_fit(path, found, sha256):
    if found is not None and found["replaceable"]:
        remedy = "Put it in a place where root owns every directory on the way and only root may write, and run again."
        raise EndpointError("kit_replaceable", "Checking the installer", path, found["replaceable"], remedy)
    if found is None or found["sha256"] != sha256:
        cause = "it is not there" if found is None else "its SHA-256 is %s" % found["sha256"]
        remedy = "Put the installer with the checksum in the option kit_sha256 there, and run again."
        raise EndpointError("kit_differs", "Checking the installer", path, cause, remedy)
