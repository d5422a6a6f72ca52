# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which antivirus products are on a host, whoever made them, and which of them really intercepts file access."""

from __future__ import annotations

from typing import Any

from ..catalog.model import Catalog, Product
from ..locations import is_below
from . import unknowns
from .evidence import Evidence
from .match import RUNNING, Finding, findings
from .probes import for_products

# What tells that a product is there; what it left elsewhere is not asked.
KINDS = ("package", "path", "unit", "process", "container_process", "kernel_module", "home_path", "root")
EVERYWHERE = ["/"]
YES, NO, UNKNOWN = "yes", "no", "unknown"


def probes_for(catalog: Catalog) -> dict[str, Any]:
    """Return the probes that find every product of the catalog and every interceptor."""
    asked = for_products(_all(catalog))
    return {**{kind: asked[kind] for kind in KINDS}, "interceptor": EVERYWHERE}


def scanners(evidence: Evidence, catalog: Catalog) -> dict[str, Any]:
    """Return {antivirus, interceptors, unknowns, complete} as antivirus_info gives them."""
    products = {product.id: product for product in _all(catalog)}
    found = findings(evidence, products.values())
    not_known = unknowns.told(evidence, products.values(), [finding.id for finding in found])
    return {
        "antivirus": [_told(finding, products[finding.id], evidence) for finding in found],
        "interceptors": [
            {
                "executable": item["what"],
                "marks": item["value"]["marks"],
                "container": item["value"].get("container", ""),
                "product": _owner(item["what"], products),
            }
            for kind in ("interceptor", "container_interceptor")
            for item in evidence.of_kind(kind)
        ],
        "unknowns": not_known,
        "complete": not any(unknown["bears"] for unknown in not_known),
    }


def _all(catalog: Catalog) -> list[Product]:
    return [*catalog.products, *catalog.antivirus]


def _told(finding: Finding, product: Product, evidence: Evidence) -> dict[str, Any]:
    content = finding.to_json()
    kept = ("id", "name", "class", "version", "state", "confidence", "reasons")
    return {
        **{key: content[key] for key in kept},
        "vendor": product.vendor,
        "intercepts": intercepts(finding, product, evidence),
    }


def intercepts(finding: Finding, product: Product, evidence: Evidence) -> str:
    """Return yes, no or unknown: whether the product stands between a file and its reader now."""
    if any(is_below(item["what"], product.of_kind("process")) for item in evidence.of_kind("interceptor")):
        return YES
    loaded = any(
        value["loaded"]
        for name in product.of_kind("kernel_module")
        if (value := evidence.value("kernel_module", name)) is not None
    )
    if product.intercepts_by == "kernel_module" and loaded:
        return YES
    if not _runs(finding, product, evidence) or product.intercepts_by in ("fanotify", "none"):
        return UNKNOWN if any(item["kind"] == "interceptor" for item in evidence.unknowns()) else NO
    return UNKNOWN


def _runs(finding: Finding, product: Product, evidence: Evidence) -> bool:
    """Return True if a process of it runs, also where the installation is broken."""
    own = product.of_kind("process")
    return finding.state == RUNNING or any(is_below(item["what"], own) for item in evidence.of_kind("process"))


def _owner(executable: str, products: dict[str, Product]) -> str:
    """Return the id of the product with the most exact sign for an executable; '' if no entry knows it."""
    fitting = [
        (len(what), product.id)
        for product in products.values()
        for what in product.of_kind("process")
        if is_below(executable, [what])
    ]
    return max(fitting)[1] if fitting else ""
