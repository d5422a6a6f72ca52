# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Paths that are there, without following links."""

import stat

from ..system import safe_paths
from ..system.errors import EndpointError
from .items import not_checked, seen

TYPES = (
    (stat.S_ISLNK, "link"),
    (stat.S_ISDIR, "directory"),
    (stat.S_ISREG, "file"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISFIFO, "fifo"),
)


def collect(asked, root):
    """Yield an item of each path that is there; ``asked`` is a list of absolute paths."""
    for path in asked:
        try:
            status, target = safe_paths.lstat(path, root)
            if status is not None:
                yield seen("path", path, path, **_describe(path, status, target, root))
        except (EndpointError, OSError) as error:
            yield not_checked("path", path, path, error)


def type_of(mode):
    """Return the name of a file type: link, directory, file, socket, fifo or device."""
    return next((name for test, name in TYPES if test(mode)), "device")


def _describe(path, status, target, root):
    described = {"type": type_of(status.st_mode), "mode": "%04o" % stat.S_IMODE(status.st_mode), "uid": status.st_uid}
    if target is not None:
        described["target"] = target
    if described["type"] == "directory":
        described["children"] = safe_paths.listdir(path, root)
    return described
