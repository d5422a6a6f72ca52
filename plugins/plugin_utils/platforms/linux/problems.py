# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with a product that is there: why its state is broken."""

from __future__ import annotations

from collections.abc import Callable

from ...catalog.model import Product
from ...detect.evidence import Evidence, Item

# Kinds that show that a package's files are there.
FILES = ("path", "home_path", "link_into", "process", "container_process")
# The package manager cannot remove such a product in the ordinary way.
PACKAGING = ("package_state", "files_missing", "removal_cannot_succeed")


def problems(product: Product, items: list[Item], evidence: Evidence) -> tuple[str, ...]:
    """Return the ids of a product's problems in a fixed order; none means that it is not broken."""
    return tuple(name for name, has in PROBLEMS.items() if has(product, items, evidence))


def packages_of(items: list[Item]) -> list[Item]:
    """Return the items of packages."""
    return [item for item in items if item["kind"] == "package"]


def is_config_only(item: Item) -> bool:
    """Return True if only a package's configuration is left."""
    return str(item["value"]["status"]).endswith("config-files")


def _in_order(items: list[Item]) -> bool:
    return any(item["value"]["installed"] for item in packages_of(items))


def _incomplete(_product: Product, items: list[Item], _evidence: Evidence) -> bool:
    return any(not item["value"]["installed"] and not is_config_only(item) for item in packages_of(items))


def _files_missing(product: Product, items: list[Item], evidence: Evidence) -> bool:
    return _in_order(items) and files_gone(product, items, evidence)


def files_gone(product: Product, items: list[Item], evidence: Evidence) -> bool:
    """Return True if a product's files are gone, or at least the essential ones."""
    has_files = any(product.of_kind(kind) for kind in ("path", "process"))
    if any(item["kind"] in FILES for item in evidence.unknowns()):
        return False
    seen_none = not any(item["kind"] in FILES for item in items)
    essential = essentials(product)
    return (has_files and seen_none) or (
        bool(essential) and not any(f"path:{path}" in evidence.items for path in essential)
    )


def _package_missing(product: Product, items: list[Item], evidence: Evidence) -> bool:
    if packages_of(items) or not product.of_kind("package"):
        return False
    if any(item["kind"] == "package" for item in evidence.unknowns()):
        return False
    return any(evidence.value("path", path) is not None for path in essentials(product))


def _setup_never_run(product: Product, items: list[Item], evidence: Evidence) -> bool:
    told = evidence.value("ini_value", product.setup_done)
    return _in_order(items) and told is not None and not told["value"]


def _removal_cannot_succeed(product: Product, items: list[Item], evidence: Evidence) -> bool:
    if not any(not is_config_only(item) for item in packages_of(items)):
        return False
    return bool(needs_missing(product, evidence))


def needs_missing(product: Product, evidence: Evidence) -> list[tuple[str, ...]]:
    """Return what the scripts for a product's removal need and cannot find: each a list of alternative paths."""
    return [paths for paths in product.removal_needs if all(f"path:{path}" not in evidence.items for path in paths)]


def _watchdog_without_engine(product: Product, items: list[Item], _evidence: Evidence) -> bool:
    roles = _roles(product, items)
    return "watchdog" in roles and "engine" not in roles


def _engine_stopped(product: Product, items: list[Item], _evidence: Evidence) -> bool:
    roles = _roles(product, items)
    knows_engine = any(role == "engine" for role, _end in product.roles)
    return knows_engine and bool(roles - {"interface"}) and not roles & {"engine", "watchdog"}


def _roles(product: Product, items: list[Item]) -> set[str]:
    """Return what the running processes are for; one of no known role is ``other``."""
    found = set()
    for item in items:
        if item["kind"] == "process":
            fitting = [(len(end), role) for role, end in product.roles if item["what"].endswith(end)]
            found.add(max(fitting)[1] if fitting else "other")
    return found


def essentials(product: Product) -> list[str]:
    """Return paths at least one of which an installed product has."""
    return [sign.what for sign in product.signs if sign.essential]


PROBLEMS: dict[str, Callable[[Product, list[Item], Evidence], bool]] = {
    "package_state": _incomplete,
    "files_missing": _files_missing,
    "package_missing": _package_missing,
    "setup_never_run": _setup_never_run,
    "removal_cannot_succeed": _removal_cannot_succeed,
    "engine_stopped": _engine_stopped,
    "watchdog_without_engine": _watchdog_without_engine,
}
