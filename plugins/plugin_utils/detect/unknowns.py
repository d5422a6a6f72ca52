# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What could not be checked, and which products depend on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..catalog.model import Product
from .evidence import Evidence, Item, Table, is_users

# These kinds do not show products: see silence.py.
OF_SILENCE = ("named_domain", "flow")


def told(evidence: Evidence, products: Iterable[Product], found: Iterable[str]) -> list[dict[str, Any]]:
    """Return {id, cause, products, bears} of what could not be checked.

    ``products`` are the ids of the products that may be there although nothing was seen of them, or that may be more
    than was seen; ``bears`` is False where nothing depends on it: more about a product (``found``) that is not there,
    or what any user can have brought about.
    """
    chosen, there = tuple(products), set(found)
    return [
        _told(item, chosen, there, evidence.table) for item in evidence.unknowns() if item["kind"] not in OF_SILENCE
    ]


def _told(item: Item, products: tuple[Product, ...], found: set[str], table: Table) -> dict[str, Any]:
    hanging = [product.id for product in products if table.concerns(item, product)]
    bears = item["kind"] not in table.supporting or item["kind"] in table.bearing or bool(found & set(hanging))
    bears = bears and not is_users(item) and item["kind"] not in table.inert
    return {"id": item["id"], "cause": item["unknown"], "products": hanging, "bears": bears}
