# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What confirms a product on Windows, what supports one that is confirmed, and whose each piece of evidence is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...catalog.model import Product
from ...detect.evidence import Evidence, Item, Judge, is_users
from . import names
from .look import VARIABLES

MOST_KEYS, MOST_FOLDERS = 20, 64
# What the plug-ins of consoles are called; each has an entry of its own.
PLUG_INS = ("plug-in", "plugin", "плагин")


def folders_of(product: Product, holds: str = "") -> list[str]:
    """Return the folders of an entry without their drive: hosts differ in the drive, and in which Program Files is
    used.
    """
    signs = [sign.what for sign in product.signs if sign.kind == "folder" and (not holds or sign.scope == holds)]
    return expanded(signs)


def expanded(folders: Iterable[str]) -> list[str]:
    """Return the catalog's folders as a host has them, without the drive."""
    return [names.expanded(one, VARIABLES)[2:] for folder in folders for one in names.spelled(folder)]


def lies_in(path: str, folders: Iterable[str]) -> bool:
    """Return True if a path with a drive lies in one of the folders, or is one."""
    return names.is_below(path[2:] if path[1:2] == ":" else path, folders)


def is_in_vendors(path: str, product: Product) -> bool:
    """Return True if a path lies in a folder of an entry, wherever the owner chose to install it."""
    return is_below(path, [sign.what for sign in product.signs if sign.kind == "folder"])


def is_below(what: str, signs: Iterable[str]) -> bool:
    """Return True if a program lies in one of the catalog's folders, or a service is called as one of its names."""
    return any(_is_in(what, sign) if sign.startswith("%") else names.fits(sign, what) for sign in signs)


def _is_in(path: str, folder: str) -> bool:
    """Return True if a path lies in a folder of the catalog, or in one of the same name in the vendor's own folder.

    What lies among a user's files may have been put there by that user.
    """
    if lies_in(path, expanded([folder])):
        return True
    last, parts = folder.split("\\")[-2:], path.split("\\")
    if folder.count("\\") < 2 or parts[1:2] == [""] or _is_among_users(path):
        return False
    wanted = "\\".join(last)
    return any(names.path_fits(wanted, "\\".join(parts[at : at + 2])) for at in range(1, len(parts) - 1))


def _named(kind: str, key: str = "name") -> Judge:
    def judge(item: Item, product: Product, _evidence: Evidence) -> bool:
        return names.fits_any(product.of_kind(kind), names.in_one_spelling(str(item["value"][key])))

    return judge


_is_entry_named = _named("uninstall_entry")


def _is_entry(item: Item, product: Product, evidence: Evidence) -> bool:
    """Return True for an entry of a product's name or code, and for the vendor's one that lies in its own folder.

    Names are in many languages, of which the catalog has those that a source has.
    """
    if is_addition(item, product):
        return False
    if _is_entry_named(item, product, evidence) or _is_coded(item, product, evidence):
        return True
    own = any(names.path_fits(one, item["value"]["folder"][2:]) for one in _own_folders(product))
    return own and is_makers_entry(item, product)


def is_makers_entry(item: Item, product: Product) -> bool:
    """Return True for an entry whose publisher or, if that is empty, name has a word of the product's maker: of the
    catalog's vendor in every script, and of another maker the one that its folders lie in.
    """
    if not product.vendor:
        return bool(item["value"]["own"])
    publisher = str(item["value"]["publisher"]).lower()
    told = publisher or str(item["value"]["name"]).lower()
    return any(folder.split("\\")[-2].lower().partition(" ")[0] in told for folder in _own_folders(product))


def _is_coded(item: Item, product: Product, evidence: Evidence) -> bool:
    """Return True for an entry whose code is the product's by its UpgradeCode, or by its own key: in any language."""
    code = names.name(str(item["what"])).upper()
    if not code.startswith("{"):
        return False
    known = evidence.value("msi_product", code)
    if known is not None and known["upgrade_code"] in product.of_kind("msi_product"):
        return True
    keys = _keys_with_codes(evidence).get(code, ())
    return any(_is_key(one, product, evidence) for one in keys)


def _keys_with_codes(evidence: Evidence) -> dict[str, list[Item]]:
    """Return the machine's keys of the vendor by the code in them, some of each: a host may have any number."""
    kept = evidence.kept.get("codes")
    if kept is None:
        kept = evidence.kept["codes"] = {}
        for item in evidence.of_kind("vendor_key"):
            code = str(item["value"]["code"]).upper()
            if code and not is_users(item) and len(kept.setdefault(code, [])) < MOST_KEYS:
                kept[code].append(item)
    found: dict[str, list[Item]] = kept
    return found


def is_addition(item: Item, product: Product) -> bool:
    """Return True for a console's plug-in for a product, which is on hosts that the product is not on."""
    told = str(item["value"]["name"]).lower()
    signs = " ".join(product.of_kind("uninstall_entry")).lower()
    return any(word in told and word not in signs for word in PLUG_INS)


def _is_msi_product(item: Item, product: Product, evidence: Evidence) -> bool:
    """Return True for a product of Windows Installer by its UpgradeCode, or by its name."""
    if item["value"]["upgrade_code"] in product.of_kind("msi_product"):
        return True
    return _is_entry_named(item, product, evidence) and not is_addition(item, product)


def _own_folders(product: Product) -> list[str]:
    """Return the folders of an entry's programs, each in its vendor's own."""
    return [one for one in folders_of(product, "programs") if one.count("\\") > 2]


def _is_service(item: Item, product: Product, evidence: Evidence) -> bool:
    if not names.fits_any(product.of_kind("service"), item["what"]):
        return False
    path = item["value"]["path"]
    if not folders_of(product):
        return True
    if not path:
        return False
    if is_in_vendors(path, product) or _is_in_entrys(path, product, evidence):
        return True
    if is_signed(path, evidence) and not _is_in_others(path, product, evidence):
        return True
    return str(item["what"]) in _elsewhere(product, evidence)


def _elsewhere(product: Product, evidence: Evidence) -> set[str]:
    """Return a product's services in a place that its owner chose: its entry names none, and none is in a known one.

    What defends itself may hide who signed it.
    """
    kept = evidence.kept.get(f"elsewhere of {product.id}")
    if kept is None:
        kept = evidence.kept[f"elsewhere of {product.id}"] = set(_in_other_places(product, evidence))
    found: set[str] = kept
    return found


def _in_other_places(product: Product, evidence: Evidence) -> Iterator[str]:
    of_machine = (item for item in evidence.of_kind("uninstall_entry") if not is_users(item))
    named = (item for item in of_machine if _is_entry_named(item, product, evidence))
    entries = [item for item in named if not is_addition(item, product)]
    if not entries or any(item["value"]["folder"] for item in entries):
        return
    services = (one for one in evidence.of_kind("service") if names.fits_any(product.of_kind("service"), one["what"]))
    paths = {str(one["what"]): str(one["value"]["path"]) for one in services}
    if any(is_in_vendors(path, product) or _is_in_entrys(path, product, evidence) for path in paths.values()):
        return
    for name, path in paths.items():
        if path[1:3] == ":\\" and not _is_among_users(path) and not _is_in_others(path, product, evidence):
            yield name


def _is_among_users(path: str) -> bool:
    """Return True for what lies among a user's files: that user may have put it there."""
    return [part.lower() for part in path.split("\\")[1:2]] == ["users"]


def _is_in_entrys(path: str, product: Product, evidence: Evidence) -> bool:
    """Return True for a program in the folder that an entry of the product says that it lies in."""
    kept = evidence.kept.get(f"folders of {product.id}")
    if kept is None:
        entries = (item for item in evidence.of_kind("uninstall_entry") if _is_entry_named(item, product, evidence))
        kept = evidence.kept[f"folders of {product.id}"] = folders_named(entries)
    return is_in_one(path, kept)


def _is_in_others(path: str, product: Product, evidence: Evidence) -> bool:
    """Return True for a program in the folder of another maker's entry: its product may have the vendor's engine."""
    entries = (item for item in evidence.of_kind("uninstall_entry") if not is_makers_entry(item, product))
    return is_in_one(path, folders_named(entries))


def folders_named(entries: Iterable[Item]) -> set[str]:
    """Return the folders in lower case that entries say that they lie in; none of one in a user's hive."""
    told = {str(item["value"]["folder"]).lower() for item in entries if not is_users(item)}
    return {folder for folder in told if "\\" in folder}


def is_in_one(path: str, folders: set[str]) -> bool:
    """Return True for a path below one of some folders: there may be any number of them."""
    parts = path.lower().split("\\")
    return any("\\".join(parts[:at]) in folders for at in range(2, min(len(parts), MOST_FOLDERS)))


def _is_running(item: Item, product: Product, evidence: Evidence) -> bool:
    service = evidence.items.get(f"service:{item['what']}")
    return service is not None and "value" in service and _is_service(service, product, evidence)


def is_signed(path: str, evidence: Evidence) -> bool:
    """Return True for a program with a valid signature of the vendor's own; False says nothing."""
    value = evidence.value("signature", path)
    return value is not None and bool(value["own"])


def is_only_drivers(product: Product) -> bool:
    """Return True for an entry that takes the drivers that no product has."""
    return bool(product.signs) and all(sign.kind == "driver" for sign in product.signs) and not product.vendor


def driver_name(item: Item) -> str:
    """Return the name of the driver that an item is, that it is a file of, or that it calls."""
    return str(item["value"]["name"] if item["kind"] in ("class_filter", "driver_file") else item["what"])


def _is_driver(item: Item, product: Product, _evidence: Evidence) -> bool:
    name = driver_name(item)
    if product.product_class == "product" and is_only_drivers(product):
        return False
    return names.fits_any(product.of_kind("driver"), name)


def _is_folder(item: Item, product: Product, _evidence: Evidence) -> bool:
    return any(names.path_fits(folder, item["what"][2:]) for folder in folders_of(product))


def _is_key(item: Item, product: Product, _evidence: Evidence) -> bool:
    path = item["what"].partition("\\")[2]
    return any(names.path_fits(sign, path) for sign in product.of_kind("vendor_key"))


# What confirms a product, each by itself; a program that runs is given to the most exact entry instead.
PROVING: dict[str, Judge] = {
    "uninstall_entry": _is_entry,
    "msi_product": _is_msi_product,
    "service": _is_service,
    "driver": _is_driver,
    "class_filter": _is_driver,
    "driver_file": _is_driver,
    "folder": _is_folder,
    "vendor_key": _is_key,
    "network_adapter": _named("network_adapter"),
}
RUNNING = ("running_program", "running_service")
# What never confirms a product, but adds to one that is confirmed: entries of these stay behind, or come by a profile.
SUPPORTING: dict[str, Judge] = {
    "running_service": _is_running,
    "minifilter": _is_driver,
    "security_provider": _named("security_provider"),
    "event_channel": _named("event_channel"),
    "browser_host": _named("browser_host"),
    "root_certificate": lambda item, product, _seen: any(
        text.lower() in item["value"]["subject"].lower() for text in product.of_kind("certificate")
    ),
}
