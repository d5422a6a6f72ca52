# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Remove accounts and groups, after everything that they could own."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog.model import Product
from ...detect.claims import Claims, of_kind
from ...detect.evidence import Evidence
from ..model import REMOVE, Step


def steps(evidence: Evidence, going: list[Product], owned: Claims) -> Iterator[Step]:
    """Yield steps for groups."""
    yield from _groups(owned)


def _groups(owned: Claims) -> Iterator[Step]:
    for item in of_kind(owned, "group"):
        members = ", ".join(item["value"]["members"]) or "no members"
        yield Step(
            REMOVE,
            "group_remove",
            f"Remove the group {item['what']}",
            {"name": item["what"]},
            f"{item['what']} (number {item['value']['gid']}, {members})",
            "absent",
            (item["id"],),
            ({"group": item["what"], "change": "removed"},),
        )
