# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judge what belongs to each product. Every finding names the evidence that is its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ..catalog.model import RESIDUE_INERT, Product
from .claims import Claims, claims
from .evidence import Evidence, Item, Table, is_users

RUNNING, INSTALLED, BROKEN = "running", "installed", "broken"
RESIDUE_ACTIVE = "residue_active"


@dataclass(frozen=True)
class Finding:
    """One product on one host. ``reasons`` are ids of evidence; ``version`` is '' where it is not known."""

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
    return findings_of(claims(evidence, chosen), evidence, chosen)


def findings_of(claimed: Claims, evidence: Evidence, products: Iterable[Product]) -> list[Finding]:
    """Return the same, where it is known already which evidence each product claims."""
    return [_finding(product, claimed[product.id], evidence) for product in products if product.id in claimed]


def _finding(product: Product, items: list[Item], evidence: Evidence) -> Finding:
    wrong = evidence.table.problems(product, items, evidence)
    return Finding(
        id=product.id,
        name=product.name,
        product_class=product.product_class,
        state=BROKEN if set(wrong) - set(evidence.table.told) else _state(product, items, evidence),
        version=evidence.table.version(product, items, evidence),
        confidence=_confidence(items, evidence.table),
        reasons=tuple(sorted({item["id"] for item in items})),
        problems=wrong,
        mode=evidence.table.mode(product, evidence),
    )


def _state(product: Product, items: list[Item], evidence: Evidence) -> str:
    if any(item["kind"] in evidence.table.running for item in items) and evidence.table.runs(product, items, evidence):
        return RUNNING
    if evidence.table.is_installed(product, items, evidence):
        return INSTALLED
    return RESIDUE_ACTIVE if any(evidence.table.has_effect(item) for item in items) else RESIDUE_INERT


def _confidence(items: list[Item], table: Table) -> str:
    """Return confirmed for two independent kinds of evidence, probable for one, weak for a name only.

    What any user could have put there is not evidence about the host.
    """
    items = [item for item in items if not is_users(item)]
    witnesses = {table.witness.get(item["kind"], item["kind"]) for item in items}
    distinctive = witnesses & set(table.distinctive)
    if distinctive and len(witnesses) > 1:
        return "confirmed"
    return "probable" if distinctive else "weak"
