# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records of older format versions, as the newest one has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Record = dict[str, Any]


def upgraded(record: Record, newest: int) -> tuple[Record | None, str]:
    """Return (the record as of the newest version or None, why it cannot be read)."""
    version = record.get("format_version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        return None, f"its format version is {version!r}, which no release wrote"
    if version > newest:
        return None, f"its format version is {version}, this release reads 1 to {newest}: a newer release can read it"
    while version < newest:
        record = {**UPGRADES[version](record), "format_version": version + 1}
        version += 1
    return record, ""


def _exceptions_came(record: Record) -> Record:
    """Version 2 tells of the exceptions that were granted for a host."""
    return {"exceptions": [], **record}


# How a record of each version becomes one of the next.
UPGRADES: dict[int, Callable[[Record], Record]] = {1: _exceptions_came}
