# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Packages that dpkg knows, in whatever state."""

import os

from ..system import dpkg_status
from .items import seen


def collect(asked, root):
    """Yield an item of each known package of ``asked['names']``, with what it owns directly in ``asked['in']``."""
    folders = set(asked["in"])
    for found in dpkg_status.packages(asked["names"], root):
        owned = dpkg_status.files(found, root)
        yield seen(
            "package",
            found["name"],
            dpkg_status.STATUS,
            manager="dpkg",
            version=found.get("version", ""),
            architecture=found.get("architecture", ""),
            status=found.get("status", ""),
            installed=dpkg_status.is_installed(found),
            owns=sorted(path for path in owned if os.path.dirname(path) in folders),
        )
