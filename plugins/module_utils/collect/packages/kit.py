# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The replacement's installer that the administrator put on the host, and what installing it would change."""

from ...posix.errors import EndpointError
from ...posix.files import kit_file
from ..items import not_checked, seen
from . import package_changes


def collect(asked, look):
    """Yield an item of each installer that is there; ``asked`` are {path, form: deb or installer}."""
    for kit in asked:
        path = kit["path"]
        try:
            found = kit_file.describe(path)
        except EndpointError as error:
            yield not_checked("kit", path, path, error)
            continue
        if found is None:
            continue
        yield seen("kit", path, path, **found)
        if kit["form"] == "deb" and not found["replaceable"]:
            yield package_changes.installing_file(path)
