# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One way to write JSON, so that the same content has the same bytes and the same digest."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def encode(content: Any) -> str:
    """Return content as JSON with sorted keys and an indent that a reviewer can read, ending in a newline."""
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def decode(raw: str | bytes) -> Any:
    """Return the content of JSON. ValueError if it is not JSON, or if a name stands twice in an object: of two values
    a reader may see the one, and this code the other.
    """
    return json.loads(raw, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!a} stands twice")
    return found


def is_version(given: object, version: int) -> bool:
    """Return True if a document gives this version of its format; True and 1.0 are not 1."""
    return isinstance(given, int) and not isinstance(given, bool) and given == version


def digest(content: Any) -> str:
    """Return the SHA-256 of content's shortest JSON as 64 hexadecimal digits."""
    compact = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(compact.encode("ascii")).hexdigest()
