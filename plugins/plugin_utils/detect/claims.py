# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which product each piece of evidence belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..catalog.model import Product
from .evidence import Evidence, Item, Judge

Claims = dict[str, list[Item]]


def claims(evidence: Evidence, products: Iterable[Product]) -> Claims:
    """Return {product id: its items} of every product that evidence confirms to be there, or to have been."""
    chosen, table = tuple(products), evidence.table
    claimed = _most_exact(evidence, chosen)
    makers = [product.net.word for product in chosen if product.net is not None]
    for product in chosen:
        own = [*_judged(evidence, table.proving, product), *claimed.pop(product.id, [])]
        if any(not table.is_others_too(item, product, makers) for item in own):
            claimed[product.id] = own
    _drop_shared_names(claimed, table.names)
    for product in chosen:
        if product.id in claimed:
            claimed[product.id] += _judged(evidence, table.supporting, product)
    claimed.update(table.strays(evidence, chosen, claimed))
    return {product.id: claimed[product.id] for product in chosen if product.id in claimed}


def of_kind(claimed: Claims, kind: str) -> list[Item]:
    """Return the items of one kind in the order of their ids, each once though two products may have it."""
    items = {item["id"]: item for several in claimed.values() for item in several if item["kind"] == kind}
    return [items[name] for name in sorted(items)]


def _judged(evidence: Evidence, judges: Mapping[str, Judge], product: Product) -> list[Item]:
    seen = [item for item in evidence.seen() if item["kind"] in judges]
    return [item for item in seen if judges[item["kind"]](item, product, evidence)]


def _drop_shared_names(claimed: Claims, names: tuple[str, ...]) -> None:
    """Drop products of which only names were seen that another product, which is there, uses too."""
    proven = {item["id"] for items in claimed.values() if not _is_name_only(items, names) for item in items}
    for product_id in [name for name, items in claimed.items() if _is_name_only(items, names)]:
        if {item["id"] for item in claimed[product_id]} <= proven:
            del claimed[product_id]


def _is_name_only(items: list[Item], names: tuple[str, ...]) -> bool:
    return all(item["kind"] in names for item in items)


def names_text(text: str, line: str) -> bool:
    """Return True if a line holds a text as a whole name."""
    return re.search(rf"(?<![A-Za-z0-9_]){re.escape(text)}(?![A-Za-z0-9_-])", line) is not None


def _most_exact(evidence: Evidence, products: tuple[Product, ...]) -> Claims:
    """Assign each process to the product with the most exact sign: one product's tree may hold another's."""
    claimed: Claims = {}
    for kind in evidence.table.running:
        for item in evidence.of_kind(kind):
            fitting = [
                (len(what), product.id)
                for product in products
                for what in product.of_kind(kind)
                if evidence.table.is_below(item["what"], [what])
            ]
            if fitting:
                claimed.setdefault(max(fitting)[1], []).append(item)
    return claimed
