# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The owner's data: whether there is room to retain it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..model import Check
from .case import Case

ROOM_FACTOR = 2
ROOM_FOR_PACKAGES = 200 * 1024 * 1024


def _room(case: Case) -> Iterator[Check]:
    spaces: list[dict[str, Any]] = [item["value"] for item in case.evidence.of_kind("space")]
    free = next((value["free_bytes"] for value in spaces if "free_bytes" in value), None)
    if not case.steps or free is None:
        return
    retained = sum(value.get("bytes", 0) for value in spaces)
    needed = retained * ROOM_FACTOR + ROOM_FOR_PACKAGES
    level, title = ("ok", "There is room for the archive and the packages")
    if free < needed:
        level, title = ("error", "There is no room for the archive and the packages")
    # No numbers here: they change by themselves, and the record shows them.
    yield Check(
        "disk_space",
        level,
        title,
        "free space compared with twice the retained data and 200 MiB",
        "Free space and plan again.",
    )


CHECKS = (_room,)
