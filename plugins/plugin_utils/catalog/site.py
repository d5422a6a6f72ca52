# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A site's own catalog: folders with the same layout as the collection's, checked against the same schemas."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from .. import schema, yaml_text
from ..documents import read_bytes
from ..errors import AvshiftError
from .files import MOST_BYTES, PATTERNS, is_hidden, of_kind, unreadable

READING = "Reading your own catalog"
SCHEMAS = {
    "products": "product",
    "antivirus": "product",
    "providers": "provider",
    "policies": "policy",
    "limits": "limits",
    "domains": "domains",
}
OTHER_VENDORS = ("antivirus", "edr")
# What looks like an entry, wherever it is and however its name is spelled.
ENDINGS = (".yml", ".yaml", ".json")
Entries = dict[str, dict[str, dict[str, Any]]]


def read(folder: Path) -> Entries:
    """Return {kind: {id: entry}} of a site's folder.

    Raises AvshiftError for the first wrong file, naming the file, the key and what was expected.
    """
    paths = list(files(folder))
    if not paths:
        cause = f"it holds no entry ({', '.join(PATTERNS.values())})"
        raise AvshiftError("catalog_dir_empty", READING, str(folder), cause, "Correct the path.")
    found: Entries = {kind: {} for kind in PATTERNS}
    for kind, path in paths:
        entry = _entry(kind, path)
        if entry["id"] in found[kind]:
            raise _invalid(path, f"$.id: expected one that no other file has, found {entry['id']}")
        found[kind][entry["id"]] = entry
    return found


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield (kind, path) of all entries of a folder; hidden files and folders are left out.

    Raises AvshiftError for a file that would be skipped silently, and for one that other users could replace.
    """
    known = {path: kind for kind in PATTERNS for path in of_kind(folder, kind)}
    for path in _walk(folder):
        if path not in known and path.suffix.lower() in ENDINGS:
            raise _invalid(path, f"expected one of {', '.join(PATTERNS.values())}")
    for path, kind in known.items():
        _refuse_replaceable(path)
        yield kind, path


def _walk(folder: Path) -> Iterator[Path]:
    """Yield everything below a folder, following links; AvshiftError for a directory that cannot be read."""
    seen: set[str] = set()
    for home, directories, names in os.walk(folder, onerror=_refuse_unread, followlinks=True):
        place = Path(home)
        _refuse_replaceable(place)
        real = os.path.realpath(home)
        # A link may lead back to where it lies.
        directories[:] = [] if real in seen else [name for name in directories if not is_hidden(Path(name))]
        seen.add(real)
        yield from (place / name for name in sorted(names) if not is_hidden(Path(name)))


def _refuse_unread(error: OSError) -> None:
    cause = error.strerror or str(error)
    raise AvshiftError("catalog_unreadable", READING, str(error.filename), cause, "Correct it.") from error


def _refuse_replaceable(path: Path) -> None:
    """Refuse what other users of the controller could change: a catalog decides what is done as root on every host.

    That is a world-writable file or directory, or one that lies in such a directory, unless that is sticky.
    """
    try:
        real = path.resolve()
        mode = real.stat().st_mode
        above = [parent for parent in real.parents if _is_open(parent.stat().st_mode)]
    except (OSError, RuntimeError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise AvshiftError("catalog_unreadable", READING, str(path), cause, "Correct it.") from error
    if mode & stat.S_IWOTH or above:
        open_one = above[0] if above else real
        cause = f"every user may write to {'it' if open_one == path else open_one}"
        raise AvshiftError("catalog_writable", READING, str(path), cause, "Remove that permission.")


def _is_open(mode: int) -> bool:
    return bool(mode & stat.S_IWOTH) and not mode & stat.S_ISVTX


def _entry(kind: str, path: Path) -> dict[str, Any]:
    try:
        entry = yaml_text.parse(read_bytes(path, MOST_BYTES))
    except (OSError, ValueError) as error:
        raise unreadable(path, str(getattr(error, "strerror", None) or error)) from error
    if not isinstance(entry, dict):
        raise unreadable(path, "it holds no dictionary")
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


def refuse_taken(folder: Path, found: Entries, products: Collection[str], antivirus: Collection[str]) -> None:
    """Refuse a product that has the ID of another vendor's, or the other way round: one would hide the other.

    ``products`` and ``antivirus`` are the IDs that are known without the folder.
    """
    for kind, other, known in (("products", "antivirus", antivirus), ("antivirus", "products", products)):
        for name, entry in found[kind].items():
            if name in known or name in found[other]:
                path = folder / kind / entry["platform"] / f"{name}.yml"
                raise _invalid(path, f"$.id: expected one that no entry of {other} has, found {name}")


def _invalid(path: Path, cause: str) -> AvshiftError:
    remedy = "Correct the file; docs/catalog.md explains its keys."
    return AvshiftError("catalog_invalid", READING, str(path), cause, remedy)
