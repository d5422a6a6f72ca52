# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Match evidence to products. Every finding names the evidence that is its reason."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from ..catalog.model import DISTINCTIVE_KINDS, Product
from ..locations import is_below
from .evidence import Evidence, Item

RUNNING, INSTALLED, BROKEN = "running", "installed", "broken"
RESIDUE_ACTIVE, RESIDUE_INERT = "residue_active", "residue_inert"


@dataclass(frozen=True)
class Finding:
    """One product on one host. ``reasons`` are ids of evidence; ``version`` is '' where nothing tells it."""

    id: str
    name: str
    product_class: str
    state: str
    version: str
    confidence: str
    reasons: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the finding as records and module results have it, with ``class`` for its class."""
        content = asdict(self)
        content["class"] = content.pop("product_class")
        content["reasons"] = list(self.reasons)
        return content


def findings(evidence: Evidence, products: tuple[Product, ...]) -> list[Finding]:
    """Return a finding for every product that left any sign, in the catalog's order."""
    claimed = _claim_processes(evidence, products)
    found = []
    for product in products:
        items = _items_of(product, evidence) + claimed.get(product.id, [])
        if items:
            found.append(_finding(product, items, evidence))
    return found


def _items_of(product: Product, evidence: Evidence) -> list[Item]:
    ids = [f"{sign.kind}:{sign.what}" for sign in product.signs if sign.kind != "process"]
    seen = [evidence.items[found] for found in ids if found in evidence.items and "value" in evidence.items[found]]
    return seen + [item for item in evidence.of_kind("link_into") if _leads_into(item, product)]


def _leads_into(item: Item, product: Product) -> bool:
    return is_below(item["value"]["target"], product.trees)


def _claim_processes(evidence: Evidence, products: tuple[Product, ...]) -> dict[str, list[Item]]:
    """Give each process to the product whose sign is the most exact, since one product's tree may hold another's."""
    claimed: dict[str, list[Item]] = {}
    for item in evidence.of_kind("process"):
        fitting = [
            (len(sign.what), product.id)
            for product in products
            for sign in product.signs
            if sign.kind == "process" and is_below(item["what"], [sign.what])
        ]
        if fitting:
            claimed.setdefault(max(fitting)[1], []).append(item)
    return claimed


def _finding(product: Product, items: list[Item], evidence: Evidence) -> Finding:
    return Finding(
        id=product.id,
        name=product.name,
        product_class=product.product_class,
        state=_state(items),
        version=_version(product, items, evidence),
        confidence=_confidence(items),
        reasons=tuple(sorted(item["id"] for item in items)),
    )


def _state(items: list[Item]) -> str:
    kinds = {item["kind"] for item in items}
    packages = [item["value"] for item in items if item["kind"] == "package"]
    in_order = [package for package in packages if package["installed"]]
    cut_off = [package for package in packages if not package["installed"] and not _is_config_only(package)]
    if cut_off or (in_order and kinds <= {"package", "group"}):
        return BROKEN
    if "process" in kinds:
        return RUNNING
    if in_order:
        return INSTALLED
    return RESIDUE_ACTIVE if "unit" in kinds else RESIDUE_INERT


def _is_config_only(package: dict[str, Any]) -> bool:
    return str(package["status"]).endswith("config-files")


def _version(product: Product, items: list[Item], evidence: Evidence) -> str:
    for item in items:
        if item["kind"] == "package" and item["value"]["version"]:
            return str(item["value"]["version"])
    if product.version_from is not None:
        link, pattern = product.version_from
        match = re.search(pattern, (evidence.value("path", link) or {}).get("target", ""))
        if match:
            return match.group(1)
    return ""


def _confidence(items: list[Item]) -> str:
    """Return confirmed for two independent kinds of evidence, probable for one, weak for a name only."""
    kinds = {item["kind"] for item in items}
    distinctive = kinds & set(DISTINCTIVE_KINDS)
    if distinctive and len(kinds) > 1:
        return "confirmed"
    return "probable" if distinctive else "weak"
