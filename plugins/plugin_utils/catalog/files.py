# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the catalog's files lie, and how one is read."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePath
from typing import Any

import yaml

from ..errors import AvshiftError

HOME = Path(__file__).resolve().parent / "data"
# Where the entries of a kind lie, in the collection's catalog and in a site's.
PATTERNS = {
    "products": "products/*/*.yml",
    "antivirus": "antivirus/*/*.yml",
    "providers": "providers/*.yml",
    "policies": "policies/*.yml",
    "limits": "limits/*/*.yml",
    "domains": "domains/*.yml",
}
# Of one entry; the collection's largest has some 30,000.
MOST_BYTES = 4 << 20
# libyaml reads ten times as fast where PyYAML was built with it.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def content(path: Path) -> dict[str, Any]:
    """Return what an entry of the collection says; AvshiftError naming one that cannot be read or is no dictionary."""
    try:
        entry = yaml.load(path.read_bytes(), Loader=LOADER)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise unreadable(path, " ".join(str(error).split())) from error
    if not isinstance(entry, dict):
        raise unreadable(path, "it holds no dictionary")
    return entry


def of_kind(home: Path, kind: str) -> list[Path]:
    """Return the files of a kind below a folder, sorted by name; hidden ones are left out."""
    return [path for path in sorted(home.glob(PATTERNS[kind])) if not is_hidden(path.relative_to(home))]


def is_hidden(path: PurePath) -> bool:
    """Return True for a relative path with a part that begins with a dot."""
    return any(part.startswith(".") for part in path.parts)


def unreadable(path: Path, cause: str) -> AvshiftError:
    """Return the error of a file of the catalog that cannot be used."""
    return AvshiftError("catalog_unreadable", "Reading the catalog", str(path), cause, "Correct the file.")


def digest_of(home: Path) -> str:
    """Return the digest of all entries below a folder, and of their names."""
    whole = hashlib.sha256()
    for kind in PATTERNS:
        for path in of_kind(home, kind):
            whole.update(str(path.relative_to(home)).encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()
