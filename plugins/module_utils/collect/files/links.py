# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Symbolic links that lead into a product's tree, whatever their names."""

import os

from ...posix.errors import EndpointError
from ...posix.names import below_any
from ..items import not_checked, seen


def collect(asked, look):
    """Yield an item of each link in the directories ``asked['in']`` that leads below one of ``asked['below']``."""
    leads_below = below_any(asked["below"])
    for folder in asked["in"]:
        try:
            links = look.tree.links(folder)
        except EndpointError as error:
            yield not_checked("link_into", folder, folder, error)
            continue
        for name, target in links.items():
            aim = os.path.normpath(os.path.join(folder, target))
            if leads_below(aim):
                yield seen("link_into", os.path.join(folder, name), folder, target=aim)
