# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judge what belongs to each product. Every finding names the evidence that is its reason."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ..catalog.model import Product
from .claims import PROCESSES, claims
from .evidence import Evidence, Item, is_users
from .problems import is_config_only, packages_of, problems

RUNNING, INSTALLED, BROKEN = "running", "installed", "broken"
RESIDUE_ACTIVE, RESIDUE_INERT = "residue_active", "residue_inert"
# Kinds that rest on the same thing are one witness, not two.
WITNESS = {
    "container_process": "process",
    "interceptor": "process",
    "container_interceptor": "process",
    "socket": "process",
    "home_path": "path",
    "ini_value": "path",
    "mount": "path",
    "saved_chain": "packet_chain",
    "saved_name": "kernel_name",
}
# The witnesses that nothing but the product itself leaves; others are names.
DISTINCTIVE = ("package", "process", "unit", "path", "link_into", "ini_section", "packet_chain")
ACTIVE = (
    "unit",
    "packet_mark",
    "packet_chain",
    "kernel_name",
    "saved_name",
    "saved_chain",
    "certificate",
    "mount",
    "trusted_key",
)
# Lines of configuration that have an effect by themselves.
EFFECTIVE_PLACES = ("sudoers", "cron", "squid", "mta", "samba", "autostart", "unit", "audit", "module", "shell")


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
    problems: tuple[str, ...] = ()
    mode: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the finding as records and module results have it, with ``class`` for its class."""
        content = asdict(self)
        content["class"] = content.pop("product_class")
        return {key: list(value) if isinstance(value, tuple) else value for key, value in content.items()}


def findings(evidence: Evidence, products: Iterable[Product]) -> list[Finding]:
    """Return a finding for every product that left any sign, in the catalog's order."""
    chosen = tuple(products)
    claimed = claims(evidence, chosen)
    return [_finding(product, claimed[product.id], evidence) for product in chosen if product.id in claimed]


def _finding(product: Product, items: list[Item], evidence: Evidence) -> Finding:
    wrong = problems(product, items, evidence)
    return Finding(
        id=product.id,
        name=product.name,
        product_class=product.product_class,
        state=BROKEN if wrong else _state(product, items, evidence),
        version=_version(product, items, evidence),
        confidence=_confidence(items),
        reasons=tuple(sorted({item["id"] for item in items})),
        problems=wrong,
        mode=_mode(product, evidence),
    )


def _state(product: Product, items: list[Item], evidence: Evidence) -> str:
    if any(item["kind"] in PROCESSES for item in items):
        return RUNNING
    if any(item["value"]["installed"] for item in packages_of(items)) or _is_unpacked(product, evidence):
        return INSTALLED
    return RESIDUE_ACTIVE if any(_has_effect(item) for item in items) else RESIDUE_INERT


def _is_unpacked(product: Product, evidence: Evidence) -> bool:
    """Return True for a product that no package manager knows and whose essential parts are there."""
    essential = [sign.what for sign in product.signs if sign.essential]
    there = [path for path in essential if evidence.value("path", path) is not None]
    return bool(there) and not product.of_kind("package")


def _has_effect(item: Item) -> bool:
    kind, value = item["kind"], item["value"]
    if kind == "mention":
        return value["place"] in EFFECTIVE_PLACES
    if kind == "account":
        return bool(value["running"])
    if kind == "kernel_module":
        return bool(value["loaded"])
    return kind in ACTIVE


def _version(product: Product, items: list[Item], evidence: Evidence) -> str:
    packages = sorted(packages_of(items), key=lambda item: (is_config_only(item), item["id"]))
    for item in packages:
        if item["value"]["version"]:
            return str(item["value"]["version"])
    if product.version_from is not None:
        link, pattern = product.version_from
        match = re.search(pattern, (evidence.value("path", link) or {}).get("target", ""))
        if match:
            return match.group(1)
    return ""


def _mode(product: Product, evidence: Evidence) -> str:
    for mode in product.modes:
        if (evidence.value("ini_value", mode.what) or {}).get("value", "").lower() == mode.value:
            return mode.mode
    return ""


def _confidence(items: list[Item]) -> str:
    """Return confirmed for two independent kinds of evidence, probable for one, weak for a name only.

    What any user can have put there alone is no evidence of the host's.
    """
    items = [item for item in items if not is_users(item)]
    witnesses = {WITNESS.get(item["kind"], item["kind"]) for item in items}
    distinctive = witnesses & set(DISTINCTIVE)
    if distinctive and len(witnesses) > 1:
        return "confirmed"
    return "probable" if distinctive else "weak"
