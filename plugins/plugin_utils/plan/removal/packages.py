# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take packages off, by the package manager that knows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...catalog.model import Product
from ...detect.claims import Claims, of_kind
from ...detect.evidence import Evidence
from ..model import REMOVE, Step


def steps(evidence: Evidence, going: list[Product], owned: Claims) -> Iterator[Step]:
    """Yield the step that removes all packages in one go."""
    known = of_kind(owned, "package")
    names = sorted({item["value"]["name"] for item in known})
    if known:
        yield Step(
            REMOVE,
            "packages_remove",
            "Remove " + ", ".join(item["what"] for item in known),
            {"names": names},
            "\n".join(f"{item['what']} {item['value']['version']} ({item['value']['status']})" for item in known),
            "not known to the package manager",
            tuple(item["id"] for item in known),
            tuple({"package": name, "change": "removed"} for name in names),
        )


def probes(going: list[Product]) -> dict[str, Any]:
    """Return the probe for what the package manager would do."""
    names = sorted({name for product in going for name in product.of_kind("package")})
    return {"package_change": {"install": [], "remove": names}}
