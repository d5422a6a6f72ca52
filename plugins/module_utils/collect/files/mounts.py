# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""What is mounted at or below a product's trees."""

from ...kernel import mounts
from ...posix.names import below_any
from ..items import seen


def collect(asked, _look):
    """Yield an item of each mount at or below the asked trees; ``asked`` is a list of paths."""
    is_asked = below_any(asked)
    for point, (source, kind) in sorted({point: rest for point, *rest in mounts.now()}.items()):
        if is_asked(point):
            yield seen("mount", point, mounts.TABLE, source=source, type=kind)
