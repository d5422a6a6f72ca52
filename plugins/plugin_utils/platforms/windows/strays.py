# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What no entry claimed but still belongs to the vendor: what all its products share, and what no entry knows."""

from __future__ import annotations

from ...catalog.model import EMBEDDED, Product
from ...detect.claims import Claims
from ...detect.evidence import Evidence, Item, is_users
from . import names
from .judges import (
    RUNNING,
    driver_name,
    expanded,
    folders_named,
    folders_of,
    is_in_one,
    is_only_drivers,
    is_signed,
    lies_in,
)

DRIVERS = ("driver", "class_filter", "minifilter", "driver_file")
# What the engine of any product of the vendor registers with the system, under names that do not say which one.
REGISTERED = ("network_component", "filtering_object", "scheduled_task", "root_certificate")
# What shows that a product is there, besides what it may have left behind.
STANDING = ("uninstall_entry", "msi_product", "service")
PRODUCT = "product"


def strays(evidence: Evidence, products: tuple[Product, ...], claimed: Claims) -> Claims:
    """Return what no product claimed, by the product that it is assigned to."""
    found: Claims = dict(claimed)
    for assigned in (_in_folders, _of_unplaced, _of_owners, _shared, _channels):
        for name, items in assigned(_free(evidence, found), evidence, products, found).items():
            found[name] = [*found.get(name, []), *items]
    above = [names.parent(folder) for product in products for folder in folders_of(product)]
    free = _free(evidence, found)
    free = [item for item in free if item["kind"] != "folder" or not _is_one_of(item["what"][2:], above)]
    nets = [product for product in products if product.net]
    netted = {product.id: [item for item in free if _is_stray(item, product, evidence)] for product in nets}
    return {**found, **{name: items for name, items in netted.items() if items}}


def _free(evidence: Evidence, claimed: Claims) -> list[Item]:
    taken = {item["id"] for items in claimed.values() for item in items}
    return [item for item in evidence.seen() if item["id"] not in taken]


def _in_folders(free: list[Item], evidence: Evidence, products: tuple[Product, ...], claimed: Claims) -> Claims:
    """Return services that no name fits, and whose program lies in the folder of a product that is there, and the
    folder that an entry of one names.
    """
    found: Claims = {}
    general = [folder for product in products if product.net for folder in expanded(product.net.folders)]
    for product in (one for one in products if one.id in claimed):
        entries = [item for item in claimed[product.id] if item["kind"] == "uninstall_entry"]
        named = {folder for folder in folders_named(entries) if not _is_one_of(folder[2:], general)}
        folders = folders_of(product, "programs")
        items = [item for item in free if _lies_in(_place(item, evidence), folders, named)]
        if items:
            found[product.id] = items
    return found


def _of_unplaced(free: list[Item], evidence: Evidence, products: tuple[Product, ...], claimed: Claims) -> Claims:
    """Return the engine, and what lies beside it, of a product that is there and whose place no source has."""
    found: Claims = {}
    general = [folder for one in products if one.net for folder in expanded(one.net.folders)]
    services = [item for item in free if item["kind"] == "service" and item["value"]["path"]]
    for product in (one for one in products if one.id in claimed and one.engine):
        paths = [str(one["value"]["path"]) for one in services if names.fits_any(product.engine, one["what"])]
        own = {names.parent(path).lower() for path in paths if lies_in(path, general) or is_signed(path, evidence)}
        items = [item for item in free if is_in_one(f"{_place(item, evidence)}\\", own)]
        if items:
            found[product.id] = items
    return found


def _lies_in(path: str, folders: list[str], named: set[str]) -> bool:
    return bool(path) and (lies_in(path, folders) or is_in_one(f"{path}\\", named))


def _of_owners(free: list[Item], evidence: Evidence, products: tuple[Product, ...], claimed: Claims) -> Claims:
    """Return what another maker's product with the vendor's engine has: its own entry names the owner."""
    found: Claims = {}
    for product in (one for one in products if one.product_class == EMBEDDED):
        owners = [item for item in free if item["kind"] == "uninstall_entry" and _is_owner(item, product)]
        entries = [*owners, *(one for one in claimed.get(product.id, ()) if one["kind"] == "uninstall_entry")]
        named = folders_named(entries)
        own = [item for item in free if is_in_one(_place(item, evidence), named)]
        # An engine of the vendor's own explains its drivers; without one they are the owner's.
        engines = [item for name in _engines(products, claimed) for item in claimed[name]]
        shared = [] if any(item["kind"] in STANDING for item in engines) else _drivers(free, products)
        if entries and (own or shared or product.id in claimed):
            found[product.id] = list({item["id"]: item for item in (*owners, *own, *shared)}.values())
    return found


def _is_owner(item: Item, product: Product) -> bool:
    told = names.in_one_spelling(str(item["value"]["name"]))
    return names.fits_any(product.of_kind("engine_owner"), told)


def _shared(free: list[Item], _evidence: Evidence, products: tuple[Product, ...], claimed: Claims) -> Claims:
    """Return what all products share: assigned to those whose engine is there, and of drivers the rest to an entry of
    their own.
    """
    drivers = _drivers(free, products)
    registered = [item for item in free if item["kind"] in REGISTERED]
    there = [one for one in products if one.id in claimed]
    owners = _engines(products, claimed) or [one.id for one in there if _brings_drivers(one) or one.engine]
    if owners:
        return {name: [*drivers, *registered] for name in owners if drivers or registered}
    return {one.id: drivers for one in products if _takes_drivers(one) and drivers}


def _channels(free: list[Item], _evidence: Evidence, products: tuple[Product, ...], _claimed: Claims) -> Claims:
    """Return event channels that are left of a product of which nothing else is there."""
    found: Claims = {}
    for item in (one for one in free if one["kind"] == "event_channel" and not is_users(one)):
        name = item["value"]["name"]
        owner = next((one.id for one in products if names.fits_any(one.of_kind("event_channel"), name)), None)
        if owner is not None:
            found.setdefault(owner, []).append(item)
    return found


def _drivers(free: list[Item], products: tuple[Product, ...]) -> list[Item]:
    """Return drivers with names that all products use, and what calls them."""
    shared = [name for one in products if _takes_drivers(one) for name in one.of_kind("driver")]
    return [item for item in free if item["kind"] in DRIVERS and names.fits_any(shared, driver_name(item))]


def _takes_drivers(product: Product) -> bool:
    return product.product_class == PRODUCT and is_only_drivers(product)


def _engines(products: tuple[Product, ...], claimed: Claims) -> list[str]:
    """Return the products that are there and protect in real time."""
    return [one.id for one in products if one.id in claimed and one.real_time_units and not one.vendor]


def _brings_drivers(product: Product) -> bool:
    return bool(product.of_kind("driver")) and not product.vendor and not is_only_drivers(product)


def _place(item: Item, evidence: Evidence) -> str:
    """Return where a folder is, or the program of a service, a driver or what runs; '' of anything else."""
    if item["kind"] in ("folder", "running_program"):
        return str(item["what"])
    if item["kind"] == "running_service":
        return str((evidence.value("service", item["what"]) or {}).get("path", ""))
    return str(item["value"]["path"]) if item["kind"] in ("service", "driver") else ""


def _is_one_of(path: str, folders: list[str]) -> bool:
    return any(names.path_fits(folder, path) for folder in folders)


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
    if kind in REGISTERED:
        told = " ".join(str(one) for one in value.values()).lower()
        return any(word in told for word in product.net.words)
    return kind in RUNNING and lies_in(item["what"], folders)


def _is_makers_entry(value: dict[str, object], product: Product) -> bool:
    """Return True if an entry's publisher is the vendor or, if that is empty, if its name begins so."""
    words = product.net.words if product.net is not None else ()
    publisher, name = str(value["publisher"]).lower(), names.in_one_spelling(str(value["name"])).lower()
    return any(word in publisher if publisher else name.startswith(word) for word in words)
