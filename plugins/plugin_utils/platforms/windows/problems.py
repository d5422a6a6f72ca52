# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with a product on Windows, and what has to be known before anything of it is changed."""

from __future__ import annotations

from collections.abc import Callable

from ...catalog.model import Product
from ...detect.evidence import Evidence, Item
from . import names
from .judges import folders_of, is_addition, is_makers_entry, lies_in
from .look import ABSENT, THERE

ENTRIES = ("uninstall_entry", "msi_product")
# These prevent the ordinary removal of a product.
UNREMOVABLE = ("orphan_entry", "files_without_entry")
# These are reported of a product whatever its state is.
TOLD = (
    "driver_without_file",
    "filter_left",
    "encrypted_disk",
    "password_protected",
    "delete_pending",
    "restart_pending",
)


def problems(product: Product, items: list[Item], evidence: Evidence) -> tuple[str, ...]:
    """Return the ids of a product's problems in a fixed order."""
    return tuple(name for name, has in PROBLEMS.items() if has(product, items, evidence))


def of_kind(items: list[Item], *kinds: str) -> list[Item]:
    """Return the items of some kinds."""
    return [item for item in items if item["kind"] in kinds]


def has_programs(product: Product, items: list[Item]) -> bool:
    """Return True if programs of a product are there: files in its folders, or those of its services."""
    folders = folders_of(product, "programs")
    for item in items:
        value = item["value"]
        if item["kind"] == "folder" and lies_in(item["what"], folders) and value["programs"]:
            return True
        if item["kind"] == "service" and value["file"] == THERE:
            return True
    return bool(of_kind(items, "running_program"))


def _orphan_entry(product: Product, items: list[Item], evidence: Evidence) -> bool:
    entries = of_kind(items, *ENTRIES)
    if not entries or has_programs(product, items):
        return False
    # The catalog may not know its folder.
    if any(item["value"].get("folder") and item["value"]["folder_state"] != ABSENT for item in entries):
        return False
    if _is_elsewhere(product, evidence):
        return False
    known = bool(folders_of(product)) or any(item["value"].get("folder_state") == ABSENT for item in entries)
    return known and not _is_hidden(evidence)


def _is_elsewhere(product: Product, evidence: Evidence) -> bool:
    """Return True if a service of a product's name has its program where nothing was read."""
    named = (item for item in evidence.of_kind("service") if names.fits_any(product.of_kind("service"), item["what"]))
    return any(item["value"]["path"] and item["value"]["file"] != ABSENT for item in named)


def _is_hidden(evidence: Evidence) -> bool:
    """Return True if folders or services could not be read, so that files may be there."""
    return any(item["kind"] in ("folder", "service") for item in evidence.unknowns())


def _files_without_entry(product: Product, items: list[Item], evidence: Evidence) -> bool:
    if of_kind(items, *ENTRIES) or not product.of_kind("uninstall_entry"):
        return False
    if any(item["kind"] in ENTRIES for item in evidence.unknowns()) or _has_unnamed_entry(product, evidence):
        return False
    return has_programs(product, items)


def _has_unnamed_entry(product: Product, evidence: Evidence) -> bool:
    """Return True for an entry of the vendor that no name of the catalog fits: it may be this one's in a language that
    no source has.
    """
    entries = (item for item in evidence.of_kind("uninstall_entry") if not item["value"]["named"])
    return any(is_makers_entry(item, product) and not is_addition(item, product) for item in entries)


def _driver_without_file(_product: Product, items: list[Item], _evidence: Evidence) -> bool:
    return any(item["value"]["file"] == ABSENT for item in of_kind(items, "driver"))


def filters_left(items: list[Item]) -> list[Item]:
    """Return the entries of lists of device filters that name one whose driver is gone."""
    filters = of_kind(items, "class_filter")
    return [item for item in filters if ABSENT in (item["value"]["service"], item["value"]["file"])]


def _filter_left(_product: Product, items: list[Item], _evidence: Evidence) -> bool:
    return bool(filters_left(items))


def _encrypted_disk(product: Product, items: list[Item], _evidence: Evidence) -> bool:
    encrypting = [name.lower() for name in product.encrypting]
    drivers = [item for item in of_kind(items, "driver") if item["what"].lower().partition(".")[0] in encrypting]
    return any(item["value"]["start"] != "disabled" and item["value"]["file"] != ABSENT for item in drivers)


def _password_protected(_product: Product, items: list[Item], _evidence: Evidence) -> bool:
    return any(item["value"]["password"] == "on" for item in of_kind(items, "vendor_key"))


def _delete_pending(_product: Product, items: list[Item], _evidence: Evidence) -> bool:
    return any(item["value"]["pending_delete"] for item in of_kind(items, "service", "driver"))


def _restart_pending(product: Product, items: list[Item], evidence: Evidence) -> bool:
    """Return True if files of a product wait for a restart to go."""
    drivers = {item["value"]["path"].lower() for item in of_kind(items, "driver")}
    drivers |= {str(item["what"]).lower() for item in of_kind(items, "driver_file")}
    waiting = [path for item in evidence.of_kind("restart_pending") for path in item["value"]["own"]]
    return any(lies_in(path, folders_of(product)) or path.lower() in drivers for path in waiting)


PROBLEMS: dict[str, Callable[[Product, list[Item], Evidence], bool]] = {
    "orphan_entry": _orphan_entry,
    "files_without_entry": _files_without_entry,
    "driver_without_file": _driver_without_file,
    "filter_left": _filter_left,
    "encrypted_disk": _encrypted_disk,
    "password_protected": _password_protected,
    "delete_pending": _delete_pending,
    "restart_pending": _restart_pending,
}
