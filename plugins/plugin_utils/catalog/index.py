# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Detect an incomplete catalog: with entries missing or shortened it would find nothing and call every host clean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import AvshiftError
from .files import PATTERNS, digest_of, of_kind

NAME = "index.json"
REMEDY = "Install the collection again; in a checkout, run 'make catalog-index'."


def of(home: Path) -> dict[str, Any]:
    """Return the index of a catalog: how many entries of each kind it has, and the digest of their files."""
    counts = {kind: len(of_kind(home, kind)) for kind in PATTERNS}
    return {"format_version": 1, "entries": counts, "digest": digest_of(home)}


def text_of(home: Path) -> str:
    """Return the index as the file that lies beside the entries."""
    return json.dumps(of(home), indent=2) + "\n"


def check(home: Path) -> str:
    """Return the digest of a catalog's files; AvshiftError if the catalog does not match its index."""
    path = home / NAME
    try:
        expected = json.loads(path.read_text(encoding="utf-8"))
        entries, digest = dict(expected["entries"]), str(expected["digest"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _not_whole(path, f"it cannot be read ({type(error).__name__})") from error
    there = of(home)
    for kind in PATTERNS:
        if there["entries"][kind] != entries.get(kind):
            cause = (
                f"{entries.get(kind)} entries of the kind {kind} belong there, and {there['entries'][kind]} are there"
            )
            raise _not_whole(home, cause)
    if there["digest"] != digest:
        raise _not_whole(home, "a file in it has changed since the collection was built")
    return digest


def _not_whole(path: Path, cause: str) -> AvshiftError:
    return AvshiftError("catalog_not_whole", "Reading the catalog", str(path), cause, REMEDY)
