# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The owner's data: whether there is room to retain it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...detect.match import BROKEN, INSTALLED, RUNNING
from ...locations import is_below
from ...platforms.linux import removal
from ..model import Check
from .case import Case

ROOM_FACTOR = 2
ROOM_FOR_PACKAGES = 200 * 1024 * 1024


def _room(case: Case) -> Iterator[Check]:
    spaces: list[dict[str, Any]] = [
        item["value"]
        for item in case.evidence.of_kind("space")
        if not removal.homes.is_left(item["what"], case.evidence)
    ]
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


def _left_to_users(case: Case) -> Iterator[Check]:
    left = removal.homes.left(case.evidence, list(case.going))
    if left:
        yield Check(
            "left_to_users",
            "warning",
            "Data in users' homes is too large to be retained, or could not be looked at",
            ", ".join(left),
            "It is neither retained nor removed: have its user remove it.",
        )


def _encrypted(case: Case) -> Iterator[Check]:
    objects = removal.data.encrypted(case.evidence, list(case.going))
    able = any(finding.state in (RUNNING, INSTALLED, BROKEN) for finding in case.removing())
    if objects:
        yield Check(
            "backup_encrypted",
            "overridable" if able else "warning",
            "There are objects that only the product can restore",
            "; ".join(f"{path}: {number} files" for path, number in objects),
            "Have the product list and restore what is still wanted, and plan again, or accept this id: the objects "
            "are retained as they are, and nothing else can read them."
            if able
            else "The product is gone already. The objects are retained as they are.",
        )


def _moved(case: Case) -> Iterator[Check]:
    going = list(case.going)
    retained = [path for product in going for path, _holds in product.retain]
    led = {path: (case.evidence.value("space", path) or {}).get("leads_to") for path in retained}
    moved = [f"{path} leads to {there}" for path, there in led.items() if there]
    moved += [
        f"{there} instead of {path}" for path, there, _files in removal.data.moved_elsewhere(case.evidence, going)
    ]
    if moved:
        yield Check(
            "backup_moved",
            "warning",
            "The owner has moved data out of the product's directories",
            "; ".join(moved),
            "It is retained too, and stays where it is: remove it by hand when nobody wants it any more.",
        )


def _paths_elsewhere(case: Case) -> Iterator[Check]:
    """Name what a product's own configuration puts where its directories are not: nothing says whose else it is."""
    trees = [tree for product in case.going for tree in product.trees]
    told = []
    for path, holds, setting in dict.fromkeys(place for product in case.going for place in product.moved_paths):
        value = str((case.evidence.value("ini_value", setting) or {}).get("value", ""))
        place = removal.paths.by_the_system(value.rstrip("/"))
        if place not in ("", path) and not is_below(place, trees):
            told.append(f"{value} ({holds}, by {setting})")
    if told:
        yield Check(
            "paths_elsewhere",
            "warning",
            "The product's own configuration puts files outside its directories",
            "; ".join(told),
            "They stay: nothing says what else lies there. Look at them by hand after the change.",
        )


CHECKS = (_room, _left_to_users, _encrypted, _moved, _paths_elsewhere)
