# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The text of configuration files that a plan may write."""

import stat

from ...posix.errors import EndpointError
from ..items import not_checked, seen

LIMIT = 1 << 18


def collect(asked, look):
    """Yield an item with the text of each file that is there; ``asked`` is a list of paths."""
    for path in asked:
        try:
            status, target, real = look.tree.lstat(path)
            text = look.tree.text(path, LIMIT) if status is not None else None
        except EndpointError as error:
            yield not_checked("file_text", path, path, error)
            continue
        if target is not None or real != path:
            yield not_checked("file_text", path, path, "it or a directory on the way is a symbolic link")
        elif text is not None:
            yield seen("file_text", path, path, text=text, mode="%04o" % stat.S_IMODE(status.st_mode))
