# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each kind of evidence says on Linux: what confirms a product, supports one, has an effect, and rests on what."""

from __future__ import annotations

import re

from ...catalog.model import Product
from ...detect.evidence import Evidence, Item, Table
from .judges import NAMES, PROVING, RUNNING, SUPPORTING, is_others_too
from .locations import is_below
from .probes import for_products
from .problems import PACKAGING, is_config_only, packages_of, problems
from .rules import is_rule
from .strays import strays

# Kinds that depend on the same thing count as one witness.
WITNESS = {
    "container_process": "process",
    "interceptor": "process",
    "container_interceptor": "process",
    "socket": "process",
    "home_path": "path",
    "ini_value": "path",
    "mount": "path",
    "saved_chain": "packet_chain",
    "saved_name": "kernel_name",
}
# The witnesses that only the product itself leaves; the others are names.
DISTINCTIVE = ("package", "process", "unit", "path", "link_into", "ini_section", "packet_chain")
ACTIVE = (
    "unit",
    "packet_mark",
    "packet_chain",
    "kernel_name",
    "saved_name",
    "saved_chain",
    "certificate",
    "mount",
    "trusted_key",
)
# Lines of configuration that have an effect by themselves.
EFFECTIVE_PLACES = ("sudoers", "cron", "squid", "mta", "samba", "autostart", "unit", "audit", "module", "shell")


def _is_installed(product: Product, items: list[Item], evidence: Evidence) -> bool:
    return any(item["value"]["installed"] for item in packages_of(items)) or _is_unpacked(product, evidence)


def _is_unpacked(product: Product, evidence: Evidence) -> bool:
    """Return True for a product that no package manager knows and whose essential parts are there."""
    essential = [sign.what for sign in product.signs if sign.essential]
    there = [path for path in essential if evidence.value("path", path) is not None]
    return bool(there) and not product.of_kind("package")


def _has_effect(item: Item) -> bool:
    kind, value = item["kind"], item["value"]
    if kind == "mention":
        return value["place"] in EFFECTIVE_PLACES
    if kind == "account":
        return bool(value["running"])
    if kind == "kernel_module":
        return bool(value["loaded"])
    return kind in ACTIVE


def _version(product: Product, items: list[Item], evidence: Evidence) -> str:
    packages = sorted(packages_of(items), key=lambda item: (is_config_only(item), item["id"]))
    for item in packages:
        if item["value"]["version"]:
            return str(item["value"]["version"])
    if product.version_from is not None:
        link, pattern = product.version_from
        match = re.search(pattern, (evidence.value("path", link) or {}).get("target", ""))
        if match:
            return match.group(1)
    return ""


def _mode(product: Product, evidence: Evidence) -> str:
    for mode in product.modes:
        if (evidence.value("ini_value", mode.what) or {}).get("value", "").lower() == mode.value:
            return mode.mode
    return ""


# Items that stand for a whole database or kind that could not be read.
WHOLE = ("all", "dpkg", "rpm")


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
    return (kind in PROVING or kind in RUNNING or kind in SUPPORTING) and what in wanted


# Evidence that a product is there; traces that it left elsewhere do not count.
SCANNING = ("package", "path", "unit", "process", "container_process", "kernel_module", "home_path", "root")


def _intercepts(product: Product, evidence: Evidence) -> bool | None:
    """Return True for a product with marks that hold files, or a loaded module that does; False for one that does it by
    marks or not at all, and has none; None where only a look at its processes may say it.
    """
    if any(is_below(item["what"], product.of_kind("process")) for item in evidence.of_kind("interceptor")):
        return True
    loaded = any(
        value["loaded"]
        for name in product.of_kind("kernel_module")
        if (value := evidence.value("kernel_module", name)) is not None
    )
    if product.intercepts_by == "kernel_module" and loaded:
        return True
    return False if product.intercepts_by in ("fanotify", "none") else None


TABLE = Table(
    platform="linux",
    proving=PROVING,
    supporting=SUPPORTING,
    running=RUNNING,
    names=NAMES,
    witness=WITNESS,
    distinctive=DISTINCTIVE,
    inert=("installer",),
    bearing=("interceptor",),
    scanning=SCANNING,
    intercepting={"interceptor": ["/"]},
    is_below=is_below,
    is_others_too=is_others_too,
    strays=strays,
    problems=problems,
    is_installed=_is_installed,
    has_effect=_has_effect,
    version=_version,
    mode=_mode,
    concerns=_hangs,
    intercepts=_intercepts,
    is_rule=is_rule,
    unremovable=PACKAGING,
    probes=for_products,
)
