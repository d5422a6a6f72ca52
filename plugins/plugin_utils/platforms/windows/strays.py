# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What no entry claimed but still belongs to the vendor: drivers that all its products use, and what no entry knows."""

from __future__ import annotations

from ...catalog.model import Product
from ...detect.claims import Claims
from ...detect.evidence import Evidence, Item
from . import names
from .judges import RUNNING, expanded, folders_of, is_only_drivers, is_signed, lies_in

DRIVERS = ("driver", "class_filter", "minifilter")


def strays(evidence: Evidence, products: tuple[Product, ...], claimed: Claims) -> Claims:
    """Return what no product claimed, by the product that it is assigned to."""
    shared = _shared_drivers(evidence, products, claimed)
    taken = {item["id"] for items in (*claimed.values(), *shared.values()) for item in items}
    free = [item for item in evidence.seen() if item["id"] not in taken]
    above = [names.parent(folder) for product in products for folder in folders_of(product)]
    free = [item for item in free if item["kind"] != "folder" or not _is_one_of(item["what"][2:], above)]
    nets = [product for product in products if product.net]
    netted = {product.id: [item for item in free if _is_stray(item, product, evidence)] for product in nets}
    return {**shared, **{name: items for name, items in netted.items() if items}}


def _shared_drivers(evidence: Evidence, products: tuple[Product, ...], claimed: Claims) -> Claims:
    """Return drivers with names that all products use: assigned to the installed product that brings drivers, or to
    none.
    """
    taken = {item["id"] for items in claimed.values() for item in items}
    found: Claims = {}
    for product in (one for one in products if is_only_drivers(one) and one.product_class == "product"):
        free = [
            item
            for item in evidence.seen()
            if item["kind"] in DRIVERS
            and item["id"] not in taken
            and names.fits_any(product.of_kind("driver"), _name(item))
        ]
        owners = [one.id for one in products if one.id in claimed and one.of_kind("driver")]
        for name in owners or [product.id]:
            if free:
                found[name] = [*claimed.get(name, []), *free]
    return found


def _is_one_of(path: str, folders: list[str]) -> bool:
    return any(names.path_fits(folder, path) for folder in folders)


def _name(item: Item) -> str:
    return str(item["value"]["name"] if item["kind"] == "class_filter" else item["what"])


def _is_stray(item: Item, product: Product, evidence: Evidence) -> bool:
    """Return True if an item is the vendor's by the net's signs."""
    if product.net is None:
        return False
    kind, value, folders = item["kind"], item["value"], expanded(product.net.folders)
    if kind == "uninstall_entry":
        return _is_makers_entry(value, product)
    if kind in ("service", "driver"):
        return lies_in(value["path"], folders) or is_signed(value["path"], evidence)
    if kind == "folder":
        return value["folders"] + value["files"] > 0 and _is_one_of(names.parent(item["what"])[2:], folders)
    if kind in ("network_component", "filtering_object", "scheduled_task", "root_certificate"):
        told = " ".join(str(one) for one in value.values()).lower()
        return any(word in told for word in product.net.words)
    return kind in RUNNING and lies_in(item["what"], folders)


def _is_makers_entry(value: dict[str, object], product: Product) -> bool:
    """Return True if an entry's publisher is the vendor or, if that is empty, if its name begins so."""
    words = product.net.words if product.net is not None else ()
    publisher, name = str(value["publisher"]).lower(), str(value["name"]).lower()
    return any(word in publisher if publisher else name.startswith(word) for word in words)
