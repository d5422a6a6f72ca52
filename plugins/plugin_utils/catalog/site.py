# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A site's own catalog: folders beside the collection's, of the same layout, held to the same schemas."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .. import schema
from ..errors import AvshiftError
from .files import PATTERNS, content

SCHEMAS = {
    "products": "product",
    "antivirus": "product",
    "providers": "provider",
    "policies": "policy",
    "limits": "limits",
    "domains": "domains",
}
OTHER_VENDORS = ("antivirus", "edr")


def read(folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Return {kind: {id: entry}} of a site's folder.

    Raises AvshiftError naming file, key and what was expected, for the first file that is not as it has to be.
    """
    paths = list(_files(folder))
    if not paths:
        cause = f"it holds no entry ({', '.join(PATTERNS.values())})"
        raise AvshiftError("catalog_dir_empty", "Reading a site's catalog", str(folder), cause, "Correct the path.")
    found: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in PATTERNS}
    for kind, path in paths:
        entry = _entry(kind, path)
        found[kind][entry["id"]] = entry
    return found


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield (kind, path) of all entries; AvshiftError for a file that would be passed over without a word."""
    _refuse_writable(folder)
    expected = {path: kind for kind, pattern in PATTERNS.items() for path in sorted(folder.glob(pattern))}
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            _refuse_writable(path)
        if path.is_dir() or path.name.startswith(".") or path.suffix not in (".yml", ".yaml", ".json"):
            continue
        if path not in expected:
            raise _invalid(path, f"expected one of {', '.join(PATTERNS.values())}")
    for path, kind in expected.items():
        _refuse_writable(path)
        yield kind, path


def _refuse_writable(path: Path) -> None:
    """Refuse what other users of the controller could change: it decides what is done as root on every host."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        cause = error.strerror or str(error)
        raise AvshiftError("catalog_unreadable", "Reading a site's catalog", str(path), cause, "Correct it.") from error
    if mode & stat.S_IWOTH:
        cause = "every user may write to it"
        raise AvshiftError("catalog_writable", "Reading a site's catalog", str(path), cause, "Take that right away.")


def _entry(kind: str, path: Path) -> dict[str, Any]:
    entry = content(path)
    broken = schema.violations(SCHEMAS[kind], entry)
    if broken:
        raise _invalid(path, "; ".join(schema.lines(broken)))
    if entry["id"] != path.stem:
        raise _invalid(path, f"$.id: expected the file's own name, {path.stem}, found {entry['id']}")
    if kind in ("products", "antivirus") and entry["platform"] != path.parent.name:
        raise _invalid(path, f"$.platform: expected the folder's name, {path.parent.name}, found {entry['platform']}")
    if kind in ("products", "antivirus") and (entry["class"] in OTHER_VENDORS) != (kind == "antivirus"):
        raise _invalid(path, f"$.class: expected a class of the folder {kind}, found {entry['class']}")
    return entry


def _invalid(path: Path, cause: str) -> AvshiftError:
    remedy = "Correct the file; docs/catalog.md explains its keys."
    return AvshiftError("catalog_invalid", "Reading a site's catalog", str(path), cause, remedy)
