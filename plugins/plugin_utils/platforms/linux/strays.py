# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What no entry claimed but still belongs to the vendor, and empty shared directories."""

from __future__ import annotations

import posixpath
from typing import Any

from ...catalog.model import Product
from ...detect.claims import Claims
from ...detect.evidence import Evidence, Item
from .judges import RUNNING, begins_as
from .locations import fits, is_below


def strays(evidence: Evidence, products: tuple[Product, ...], claimed: Claims) -> Claims:
    """Return what no product claimed and is the net's, and shared directories in which nothing is left, by product."""
    netted = _of_the_net(evidence, products, claimed)
    return {**netted, **_emptied(evidence, products, {*claimed, *netted})}


def _of_the_net(evidence: Evidence, products: tuple[Product, ...], claimed: Claims) -> Claims:
    taken = {item["id"] for items in claimed.values() for item in items}
    known = [path for product in products for path in _paths_named_by(product)]
    known += [item["where"] for items in claimed.values() for item in items if item["kind"] == "ini_section"]
    packages = {item["value"]["name"] for items in claimed.values() for item in items if item["kind"] == "package"}
    free = [item for item in evidence.seen() if item["id"] not in taken and item["value"].get("owner") not in packages]
    found: Claims = {}
    for product in products:
        of_others = {item["id"] for items in found.values() for item in items}
        strays = [item for item in free if item["id"] not in of_others and _is_stray(item, product, known)]
        if strays:
            found[product.id] = strays
    return found


def _emptied(evidence: Evidence, products: tuple[Product, ...], there: set[str]) -> Claims:
    """Return the empty shared directories, for the entry that is only about them."""
    shared = {path for product in products if product.id in there for path in product.parents}
    found: Claims = {}
    for product in products:
        if product.parents and not product.signs and product.net is None:
            items = [evidence.items.get(f"path:{path}") for path in product.parents if path not in shared]
            empty = [item for item in items if item is not None and _is_empty(item)]
            if empty:
                found[product.id] = empty
    return found


def _paths_named_by(product: Product) -> list[str]:
    """Return every path that an entry names in any way; a named entry's may hold *."""
    links = [product.version_from[0]] if product.version_from else []
    own = [*product.of_kind("path"), *product.of_kind("named_entry"), *product.of_kind("process"), *product.parents]
    return [*own, *links, *(value.partition("[")[0] for value in product.of_kind("ini_value"))]


def _is_empty(item: Item) -> bool:
    return "value" in item and item["value"].get("children") == []


def _is_stray(item: Item, product: Product, known: list[str]) -> bool:
    """Return True if an item is the vendor's by the net's signs; ``known`` are the paths that entries name."""
    if product.net is None:
        return False
    kind, what, value = item["kind"], item["what"], item["value"]
    if kind == "package":
        return product.net.word in f"{value['name']} {value['vendor']}".lower()
    if kind == "certificate":
        return product.net.word in value["subject"].lower()
    if kind == "trusted_key":
        return True
    if kind in ("kernel_name", "saved_name"):
        return begins_as(product.net.word, value["name"])
    if kind == "path" and "same_as" in value:
        # It is a directory that an entry knows by its other name.
        return False
    if kind == "path":
        return posixpath.dirname(what) in product.net.below and not _is_named(what, value, known)
    return kind in RUNNING and is_below(what, product.net.below)


def _is_named(what: str, value: dict[str, Any], known: list[str]) -> bool:
    # By the name that a link on the way gives it, an entry may know it too.
    names = (what, value.get("real", what))
    if any(is_below(path, names) for path in known):
        return True
    return any(fits(name, path) for path in known if "*" in path for name in names)
