# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What readers are shown of a forecast of Windows: what a package removes, and what no forecast knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

LIMITS = (
    "Looking at Windows and foretelling were tested with recorded answers, on disks with registry hives, and with "
    "stand-in packages. None of it was ever run on a real Windows, nor on the vendor's own packages.",
    "What a package lists is what Windows Installer takes with it. What its maker's own actions do is in no table, and "
    "folders are those that the package has by default: the owner may have chosen others.",
)


def gone(package: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (kind, what) of everything that a package removes, and of its vendor's own actions."""
    for kind in ("files", "registry"):
        yield from ((kind, told) for told in package.get(kind, ()))
    yield from (("service", f"{told['name']} ({told['display_name']})") for told in package.get("services", ()))
    for told in package.get("actions", ()):
        yield "own action", f"{told['sequence']} {told['name']} ({told['what']}), if {told['condition'] or 'always'}"
