# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which antivirus products are on a host, whoever made them, and which of them really intercepts file access."""

from __future__ import annotations

from typing import Any

from ..catalog.model import Catalog, Product
from . import unknowns
from .evidence import Evidence, Table
from .match import RUNNING, Finding, findings

YES, NO, UNKNOWN = "yes", "no", "unknown"


def probes_for(catalog: Catalog, table: Table) -> dict[str, Any]:
    """Return the probes that find every product of the catalog and every interceptor."""
    asked = table.probes(_all(catalog.of_platform(table.platform)), ())
    return {**{kind: asked[kind] for kind in table.scanning}, **table.intercepting}


def scanners(evidence: Evidence, catalog: Catalog) -> dict[str, Any]:
    """Return {antivirus, interceptors, unknowns, complete} as antivirus_info gives them."""
    products = {product.id: product for product in _all(catalog.of_platform(evidence.table.platform))}
    found = findings(evidence, products.values())
    not_known = unknowns.told(evidence, products.values(), [finding.id for finding in found])
    return {
        "antivirus": [_told(finding, products[finding.id], evidence) for finding in found],
        "interceptors": [
            {
                "executable": item["what"],
                "marks": item["value"]["marks"],
                "container": item["value"].get("container", ""),
                "product": _owner(item["what"], products, evidence.table),
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
    signatures = evidence.table.signatures(product, evidence)
    return {
        **{key: content[key] for key in kept},
        "vendor": product.vendor,
        "intercepts": intercepts(finding, product, evidence),
        **({} if signatures is None else {"signatures": signatures}),
    }


def intercepts(finding: Finding, product: Product, evidence: Evidence) -> str:
    """Return yes, no or unknown: whether the product stands between a file and its reader now."""
    by_itself = evidence.table.intercepts(product, evidence)
    if by_itself:
        return YES
    if by_itself is False or not _runs(finding, product, evidence):
        return UNKNOWN if any(item["kind"] in evidence.table.bearing for item in evidence.unknowns()) else NO
    return UNKNOWN


def _runs(finding: Finding, product: Product, evidence: Evidence) -> bool:
    """Return True if a part of it runs or may be loaded, even if the installation is broken."""
    own = product.of_kind("process")
    is_below = evidence.table.is_below
    if evidence.table.may_be_loaded(product, evidence):
        return True
    return finding.state == RUNNING or any(is_below(item["what"], own) for item in evidence.of_kind("process"))


def _owner(executable: str, products: dict[str, Product], table: Table) -> str:
    """Return the id of the product with the most exact sign for an executable; '' if no entry knows it."""
    fitting = [
        (len(what), product.id)
        for product in products.values()
        for what in product.of_kind("process")
        if table.is_below(executable, [what])
    ]
    return max(fitting)[1] if fitting else ""
