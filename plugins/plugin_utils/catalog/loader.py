# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the catalog. This is the engine's only reader of files besides that of plans and records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ..errors import AvshiftError
from .model import Catalog, Mode, Net, Product, Provider, Sign

HOME = Path(__file__).resolve().parent / "data"
# libyaml reads ten times as fast where PyYAML was built with it.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Keys of an entry whose facts are signs of the kind of evidence, and the key of a fact that says what to look for.
SIGNS = {
    "packages": ("package", "name"),
    "processes": ("process", "below"),
    "container_processes": ("container_process", "below"),
    "units": ("unit", "name"),
    "paths": ("path", "path"),
    "home_paths": ("home_path", "below_home"),
    "accounts": ("account", "name"),
    "groups": ("group", "name"),
    "kernel_modules": ("kernel_module", "name"),
    "packet_marks": ("packet_mark", "mark"),
    "certificates": ("certificate", "subject"),
    "mentions": ("mention", "text"),
    "installers": ("installer", "name"),
}


def load(home: Path = HOME) -> Catalog:
    """Return the whole catalog. Raises AvshiftError naming the file that cannot be read or understood."""
    return Catalog(
        products=tuple(_product(entry) for entry in _entries(home, "products/*/*.yml")),
        providers={entry["id"]: _provider(entry) for entry in _entries(home, "providers/*.yml")},
        digest=_digest(home),
        antivirus=tuple(_product(entry) for entry in _entries(home, "antivirus/*/*.yml")),
    )


def _entries(home: Path, pattern: str) -> Iterator[dict[str, Any]]:
    for path in sorted(home.glob(pattern)):
        try:
            entry = yaml.load(path.read_bytes(), Loader=LOADER)
            if not isinstance(entry, dict) or entry.get("format_version") != 1:
                raise ValueError("format_version is not 1")
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise AvshiftError(
                "catalog_unreadable", "Reading the catalog", str(path), error, "Install the collection again."
            ) from error
        yield entry


def _product(entry: dict[str, Any]) -> Product:
    version_from, setup_done, net = entry.get("version_from"), entry.get("setup_done"), entry.get("net")
    return Product(
        id=entry["id"],
        name=entry["name"],
        product_class=entry["class"],
        platform=entry["platform"],
        signs=tuple(_signs(entry)),
        links_in=tuple(entry.get("links_in", {}).get("directories", ())),
        trees=tuple(path["path"] for path in entry.get("paths", ()) if path["scope"] == "tree"),
        real_time_units=tuple(unit["name"] for unit in entry.get("units", ()) if unit.get("real_time")),
        retain=tuple((kept["path"], kept["holds"]) for kept in entry.get("retain", ())),
        encrypted=tuple(kept["path"] for kept in entry.get("retain", ()) if "encrypted" in kept),
        moved_by=tuple(
            (kept["path"], _value(kept["moved_by"])) for kept in entry.get("retain", ()) if "moved_by" in kept
        ),
        mark_settings=tuple(
            (fact.get("mark", ""), _value(fact["set_by"]) if "set_by" in fact else "")
            for fact in entry.get("packet_marks", ())
        ),
        parents=tuple(entry.get("parents", {}).get("directories", ())),
        version_from=(version_from["link"], version_from["pattern"]) if version_from else None,
        setup_done=_value(setup_done) if setup_done else "",
        modes=tuple(Mode(_value(mode), mode["value"], mode["mode"]) for mode in entry.get("modes", ())),
        removal_needs=tuple(tuple(needed["paths"]) for needed in entry.get("removal_needs", ())),
        roles=tuple((role["role"], role["ends_with"]) for role in entry.get("process_roles", ())),
        shared_names=tuple(package["name"] for package in entry.get("packages", ()) if package.get("shared_name")),
        shared_modules=tuple(module["name"] for module in entry.get("kernel_modules", ()) if module.get("shared_name")),
        removed_elsewhere=entry.get("removed_elsewhere", {}).get("by", ""),
        vendor=entry.get("vendor", ""),
        intercepts_by=entry.get("intercepts", {}).get("by", ""),
        net=Net(net["word"], tuple(net["below"])) if net else None,
        unknown=tuple(entry.get("unknown", ())),
    )


def _signs(entry: dict[str, Any]) -> Iterator[Sign]:
    for key, (kind, what) in SIGNS.items():
        for fact in (fact for fact in entry.get(key, ()) if what in fact):
            yield Sign(kind, fact[what], fact.get("scope", ""), fact.get("essential", False))
    for section in entry.get("ini_sections", ()):
        yield Sign("ini_section", f"{section['file']}[{section['section']}]")
    for named in entry.get("named_entries", ()):
        yield Sign("named_entry", f"{named['directory']}/{named['name']}")
    set_by = [fact.get("set_by") for fact in entry.get("packet_marks", ())]
    for told in (entry.get("setup_done"), *entry.get("modes", ()), *set_by):
        if told:
            yield Sign("ini_value", _value(told))


def _value(told: dict[str, Any]) -> str:
    return f"{told['file']}[{told['key']}]"


def _provider(entry: dict[str, Any]) -> Provider:
    return Provider(
        id=entry["id"],
        name=entry["name"],
        coexistence=entry["coexistence"],
        options={name: option["default"] for name, option in entry["options"].items()},
        choices={name: option["choices"] for name, option in entry["options"].items() if "choices" in option},
        platforms={name: {**entry.get("layout", {}), **own} for name, own in entry["platforms"].items()},
        claims=tuple(entry.get("claims", ())),
        secrets={name: secret["needed_for"] for name, secret in entry.get("secrets", {}).items()},
        verifiable=entry.get("locally_verifiable", {}),
        required=tuple(name for name, option in entry["options"].items() if option.get("required")),
        rules=entry["options"],
        window=entry.get("window"),
    )


def _digest(home: Path) -> str:
    whole = hashlib.sha256()
    for folder in ("products", "providers", "antivirus"):
        for path in sorted((home / folder).glob("**/*.yml")):
            whole.update(str(path.relative_to(home)).encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()
