# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Room on the disk and what trees take of it."""

import os
import stat

from .items import seen


def collect(asked, look):
    """Yield the free bytes where ``asked['at']`` lies, and the files and bytes of each of ``asked['trees']``."""
    place = os.statvfs(_nearest(asked["at"]))
    yield seen("space", asked["at"], "statvfs", free_bytes=place.f_bavail * place.f_frsize)
    for path in asked["trees"]:
        status = look.tree.lstat(path)[0]
        if status is not None:
            files, size = _size(path, status)
            yield seen("space", path, "lstat", files=files, bytes=size)


def _nearest(path):
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


def _size(path, status):
    if not stat.S_ISDIR(status.st_mode):
        return 1, status.st_size
    files = size = 0
    for folder, _folders, names in os.walk(path):
        for name in names:
            try:
                size += os.lstat(os.path.join(folder, name)).st_size
                files += 1
            except FileNotFoundError:
                continue
    return files, size
