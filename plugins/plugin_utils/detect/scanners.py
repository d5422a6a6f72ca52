# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which antivirus products are on a host, whoever made them, and which of them really intercepts file access."""

from __future__ import annotations

from typing import Any

from ..catalog.model import Catalog
from .evidence import Evidence
from .match import findings
from .probes import for_products, merged


def probes_for(catalog: Catalog) -> dict[str, Any]:
    """Return the probes that find Kaspersky's products, the known replacements and every interceptor."""
    layouts = [layout for provider in catalog.providers.values() for layout in provider.platforms.values()]
    replacements = {
        "package": {"names": [name for layout in layouts for name in layout["packages"]], "in": []},
        "unit": [layout[part]["unit"] for layout in layouts for part in ("engine", "real_time", "updater")],
        "interceptor": [],
    }
    return merged(for_products(catalog.products), replacements)


def scanners(evidence: Evidence, catalog: Catalog) -> dict[str, Any]:
    """Return {antivirus, interceptors, unknowns, complete} as antivirus_info gives them."""
    holders = {item["what"]: item["value"]["marks"] for item in evidence.of_kind("interceptor")}
    found = [
        {"id": finding.id, "name": finding.name, "version": finding.version, "state": finding.state}
        for finding in findings(evidence, catalog.products)
    ]
    for provider in catalog.providers.values():
        for layout in provider.platforms.values():
            packages = [value for name in layout["packages"] if (value := evidence.value("package", name))]
            unit = evidence.value("unit", layout["engine"]["unit"])
            if packages:
                state = "running" if unit is not None and unit["active"] == "active" else "installed"
                found.append(
                    {"id": provider.id, "name": provider.name, "version": packages[0]["version"], "state": state}
                )
    unknowns = evidence.told_unknowns()
    return {
        "antivirus": found,
        "interceptors": [{"executable": path, "marks": marks} for path, marks in holders.items()],
        "unknowns": unknowns,
        "complete": not unknowns,
    }
