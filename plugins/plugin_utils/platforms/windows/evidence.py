# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each kind of evidence says on Windows."""

from __future__ import annotations

from ...catalog.model import Product
from ...detect.evidence import Evidence, Item, Table
from . import names
from .judges import PROVING, RUNNING, SUPPORTING, is_below
from .loaded import may_be_loaded, signatures
from .look import ABSENT, THERE
from .problems import ENTRIES, TOLD, UNREMOVABLE, has_programs, of_kind, problems
from .reads import for_products
from .strays import strays

STOPPED = "stopped"
# Kinds that depend on the same thing count as one witness.
WITNESS = {
    "running_program": "service",
    "running_service": "service",
    "class_filter": "driver",
    "driver_file": "driver",
    "minifilter": "driver",
    "msi_product": "uninstall_entry",
}
# The witnesses that only the product itself leaves.
DISTINCTIVE = ("uninstall_entry", "service", "driver", "folder", "vendor_key", "network_adapter")
ACTIVE: tuple[str, ...] = (
    "driver",
    "class_filter",
    "minifilter",
    "root_certificate",
    "scheduled_task",
    "filtering_object",
    "network_component",
)
# If one of these could not be read, any product may be hidden there.
WHOLE = ("uninstall_entry", "service", "folder", "vendor_key", "running_program")
ABOUT_THE_HOST = ("restart_pending", "defender", "management_server", "update_server")
INERT = (*ABOUT_THE_HOST, "signature", "security_provider", "event_channel", "browser_host")


def _is_installed(product: Product, items: list[Item], _evidence: Evidence) -> bool:
    """Return True for what has an entry, and for services whose programs are there.

    No folder is read of a part of Windows, nor of a product of which no source names an entry or a folder: their
    services are taken for what they say, unless the program is known to be gone.
    """
    services = of_kind(items, "service")
    if services and not any(product.of_kind(kind) for kind in (*ENTRIES, "folder")):
        return any(item["value"]["path"] and item["value"]["file"] != ABSENT for item in services)
    return bool(of_kind(items, *ENTRIES)) or (bool(services) and has_programs(product, items))


def _runs(product: Product, items: list[Item], _evidence: Evidence) -> bool:
    """Return False if the services that protect are stopped: an updater or a window that runs protects nothing."""
    protecting = (*product.real_time_units, *product.engine)
    services = [item for item in of_kind(items, "service") if names.fits_any(protecting, item["what"])]
    engines = {str(item["value"]["path"]).lower() for item in services}
    if not services or any(item["value"]["state"] != STOPPED for item in services):
        return True
    return any(str(item["what"]).lower() in engines for item in of_kind(items, "running_program"))


def _has_effect(item: Item) -> bool:
    if item["kind"] == "service":
        return bool(item["value"]["file"] == THERE or item["value"]["pending_delete"])
    return item["kind"] in ACTIVE


def _version(_product: Product, items: list[Item], _evidence: Evidence) -> str:
    """Return the version from the entry, or else from the product's key."""
    told = [*_entries(items), *of_kind(items, "vendor_key")]
    return next((str(item["value"]["version"]) for item in told if item["value"]["version"]), "")


def _entries(items: list[Item]) -> list[Item]:
    """Return entries, first those whose version the name of a service or a folder of theirs has."""
    named = " ".join(str(item["what"]).lower() for item in of_kind(items, "service", "folder"))
    told = of_kind(items, "uninstall_entry")
    return sorted(told, key=lambda item: _short(str(item["value"]["version"])) not in named)


def _short(version: str) -> str:
    """Return the first two parts of a version, as names of services and folders have them behind a dot."""
    return "." + ".".join(version.split(".")[:2])


def _concerns(item: Item, product: Product) -> bool:
    kind, what = item["kind"], str(item["what"])
    if what == "all":
        return bool(product.of_kind("service" if kind in RUNNING else kind)) or product.net is not None
    if kind == "driver":
        return names.fits_any(product.of_kind("driver"), what)
    if kind == "service" and "\\" not in what:
        return names.fits_any(product.of_kind("service"), what)
    if kind == "class_filter":
        return bool(product.of_kind("driver"))
    if product.net is not None:
        return kind in WHOLE
    if kind == "folder":
        return bool(product.of_kind("folder"))
    return kind in WHOLE and bool(product.of_kind("service" if kind == "running_program" else kind))


TABLE = Table(
    platform="windows",
    probes=for_products,
    proving=PROVING,
    supporting=SUPPORTING,
    running=RUNNING,
    witness=WITNESS,
    distinctive=DISTINCTIVE,
    inert=INERT,
    scanning=("reads", "signs"),
    unremovable=UNREMOVABLE,
    told=TOLD,
    is_below=is_below,
    strays=strays,
    problems=problems,
    is_installed=_is_installed,
    runs=_runs,
    has_effect=_has_effect,
    version=_version,
    may_be_loaded=may_be_loaded,
    signatures=signatures,
    concerns=_concerns,
)
