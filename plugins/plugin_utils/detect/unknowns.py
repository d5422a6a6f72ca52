# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What could not be checked, and which products hang on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..catalog.model import Product
from .claims import PROCESSES, PROVING, SUPPORTING
from .evidence import Evidence, Item, is_users

# What lies about and has no effect: it tells what could bring a product back, and nothing hangs on it.
TELLING = ("installer",)
# What these tell is of no product: see silence.py.
OF_SILENCE = ("named_domain", "flow")
# A whole database or kind that could not be read.
WHOLE = ("all", "dpkg", "rpm")


def told(evidence: Evidence, products: Iterable[Product], found: Iterable[str]) -> list[dict[str, Any]]:
    """Return {id, cause, products, bears} of what could not be checked.

    ``products`` are the ids of the products that may be there although nothing was seen of them, or that may be more
    than was seen; ``bears`` is False where nothing hangs on it: more about a product (``found``) that is not there,
    or what any user can have brought about.
    """
    chosen, there = tuple(products), set(found)
    return [_told(item, chosen, there) for item in evidence.unknowns() if item["kind"] not in OF_SILENCE]


def _told(item: Item, products: tuple[Product, ...], found: set[str]) -> dict[str, Any]:
    hanging = [product.id for product in products if _hangs(item, product)]
    bears = item["kind"] not in SUPPORTING or item["kind"] == "interceptor" or bool(found & set(hanging))
    bears = bears and not is_users(item) and item["kind"] not in TELLING
    return {"id": item["id"], "cause": item["unknown"], "products": hanging, "bears": bears}


def _hangs(item: Item, product: Product) -> bool:
    kind, what = item["kind"], item["what"]
    if kind == "root" or (kind == "limit" and product.of_kind("package")):
        return True
    if product.net is not None:
        return kind in ("package", "process", "path", "trusted_key", "kernel_name", "saved_name")
    if kind in ("mention", "socket", "mount"):
        return bool(product.trees)
    wanted = product.of_kind(kind)
    if kind == "packet_mark":
        return bool(product.mark_settings)
    if kind in ("kernel_name", "saved_name"):
        return bool(product.of_kind("kernel_name"))
    if kind in ("packet_chain", "saved_chain"):
        return bool(product.of_kind("packet_chain"))
    if what in WHOLE or kind in ("certificate", "installer", "interceptor", "link_into"):
        return bool(wanted) or kind == "link_into"
    if kind == "home_path":
        return any(what.endswith("/" + below) for below in wanted)
    return (kind in PROVING or kind in PROCESSES or kind in SUPPORTING) and what in wanted
