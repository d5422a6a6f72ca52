# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The product's directories: whether they can be removed without touching anything else."""

from __future__ import annotations

from collections.abc import Iterator

from ...detect.claims import of_kind
from ..model import Check
from .case import Case


def _links_on_the_way(case: Case) -> Iterator[Check]:
    led = [
        f"{item['what']} (really {item['value']['real']})"
        for item in of_kind(case.owned, "path")
        if "real" in item["value"]
    ]
    if led:
        yield Check(
            "path_through_link",
            "error",
            "A directory of the product is reached through a symbolic link",
            ", ".join(sorted(set(led))),
            "Nothing is removed through a link. Move the directory to its place, or remove it by hand.",
        )


CHECKS = (_links_on_the_way,)
