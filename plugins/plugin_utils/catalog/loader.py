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
from .model import Catalog, Product, Provider, Sign

HOME = Path(__file__).resolve().parents[3] / "catalog"


def load(home: Path = HOME) -> Catalog:
    """Return the whole catalog. Raises AvshiftError naming the file that cannot be read or understood."""
    products = tuple(_product(entry) for entry in _entries(sorted(home.glob("products/*/*.yml"))))
    providers = {entry["id"]: _provider(entry) for entry in _entries(sorted(home.glob("providers/*.yml")))}
    return Catalog(products, providers, _digest(home))


def _entries(paths: list[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        try:
            entry = yaml.safe_load(path.read_text(encoding="utf-8"))
            if not isinstance(entry, dict) or entry.get("format_version") != 1:
                raise ValueError("format_version is not 1")
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise AvshiftError(
                "catalog_unreadable", "Reading the catalog", str(path), error, "Install the collection again."
            ) from error
        yield entry


def _product(entry: dict[str, Any]) -> Product:
    version_from = entry.get("version_from")
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
        parents=tuple(entry.get("parents", {}).get("directories", ())),
        version_from=(version_from["link"], version_from["pattern"]) if version_from else None,
        unknown=tuple(entry.get("unknown", ())),
    )


def _signs(entry: dict[str, Any]) -> Iterator[Sign]:
    for package in entry.get("packages", ()):
        yield Sign("package", package["name"])
    for process in entry.get("processes", ()):
        yield Sign("process", process["below"])
    for unit in entry.get("units", ()):
        yield Sign("unit", unit["name"])
    for path in entry.get("paths", ()):
        yield Sign("path", path["path"], scope=path["scope"])
    for section in entry.get("ini_sections", ()):
        yield Sign("ini_section", f"{section['file']}[{section['section']}]")
    for group in entry.get("groups", ()):
        yield Sign("group", group["name"])


def _provider(entry: dict[str, Any]) -> Provider:
    return Provider(
        id=entry["id"],
        name=entry["name"],
        coexistence=entry["coexistence"],
        options={name: option["default"] for name, option in entry["options"].items()},
        choices={name: option["choices"] for name, option in entry["options"].items() if "choices" in option},
        platforms=entry["platforms"],
        claims=tuple(entry.get("claims", ())),
    )


def _digest(home: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(home.glob("p*/**/*.yml")):
        whole.update(str(path.relative_to(home)).encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()
