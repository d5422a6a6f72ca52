# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Whether the file systems of given paths are writable."""

import os

from ...posix.running import bounded
from ..items import seen


def collect(asked, _look):
    """Yield an item of each path that is there; ``asked`` is a list of paths. A link is followed."""
    for path in asked:
        bounded.at(path)
        try:
            flags = os.statvfs(path).f_flag
        except (FileNotFoundError, NotADirectoryError):
            continue
        yield seen("file_system", path, "statvfs", read_only=bool(flags & os.ST_RDONLY))
