# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The owner's data among what is removed: where it is, how large it is, and what of it stays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...plan.request import OwnersData, Request
from .locations import is_below
from .places import RETAINED
from .removal import data, homes, paths


def of(request: Request) -> OwnersData:
    """Return the owner's data in the products that are to be removed."""
    evidence, going = request.evidence, list(request.going)
    spaces: list[dict[str, Any]] = [
        item["value"] for item in evidence.of_kind("space") if not homes.is_left(item["what"], evidence)
    ]
    return OwnersData(
        free=(evidence.value("space", RETAINED) or {}).get("free_bytes"),
        room=next((value["free_bytes"] for value in spaces if "free_bytes" in value), None),
        wanted=sum(value.get("bytes", 0) for value in spaces),
        sizes=data.sizes(evidence, going),
        left_to_users=tuple(homes.left(evidence, going)),
        encrypted=tuple(data.encrypted(evidence, going)),
        moved=tuple(_moved(request)),
        elsewhere=tuple(_elsewhere(request)),
    )


def _moved(request: Request) -> Iterator[str]:
    """Yield in words what the owner has moved out of the products' directories: by a link, and by a setting."""
    evidence, going = request.evidence, list(request.going)
    retained = [path for product in going for path, _holds in product.retain]
    led = {path: (evidence.value("space", path) or {}).get("leads_to") for path in retained}
    yield from (f"{path} leads to {there}" for path, there in led.items() if there)
    yield from (f"{there} instead of {path}" for path, there, _files in data.moved_elsewhere(evidence, going))


def _elsewhere(request: Request) -> Iterator[str]:
    """Yield in words what a product's own configuration puts where its directories are not."""
    trees = [tree for product in request.going for tree in product.trees]
    for path, holds, setting in dict.fromkeys(place for product in request.going for place in product.moved_paths):
        value = str((request.evidence.value("ini_value", setting) or {}).get("value", ""))
        place = paths.by_the_system(value.rstrip("/"))
        if place not in ("", path) and not is_below(place, trees):
            yield f"{value} ({holds}, by {setting})"
