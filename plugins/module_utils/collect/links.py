# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Symbolic links that lead into a product's tree, whatever their names are."""

import os
import stat

from ..system import safe_paths
from ..system.interception import below
from .items import seen


def collect(asked, root):
    """Yield an item of each link in the directories ``asked['in']`` that leads below one of ``asked['below']``."""
    roots = asked["below"]
    for folder in asked["in"]:
        for name in safe_paths.listdir(folder, root):
            path = os.path.join(folder, name)
            status, target = safe_paths.lstat(path, root)
            if status is None or not stat.S_ISLNK(status.st_mode):
                continue
            aim = os.path.normpath(os.path.join(folder, target))
            if below(aim, roots):
                yield seen("link_into", path, folder, target=aim)
