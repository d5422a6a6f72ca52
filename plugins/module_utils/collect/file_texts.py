# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The text of configuration files that a plan may write."""

import stat

from ..system import safe_paths
from ..system.errors import EndpointError
from .items import not_checked, seen

LIMIT = 1 << 18


def collect(asked, root):
    """Yield an item with the text of each file that is there; ``asked`` is a list of paths."""
    for path in asked:
        try:
            text = safe_paths.read_text(path, root, LIMIT)
        except EndpointError as error:
            yield not_checked("file_text", path, path, error)
            continue
        if text is not None:
            mode = stat.S_IMODE(safe_paths.lstat(path, root)[0].st_mode)
            yield seen("file_text", path, path, text=text, mode="%04o" % mode)
