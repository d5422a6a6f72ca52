# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Evidence as the engine looks at it: by id, by kind, and what of it could not be checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Item = dict[str, Any]


def is_users(item: Item) -> bool:
    """Return True for what lies in a home or where everybody may write: any user can have put it there, or kept it
    from being looked at, so that it neither proves a product nor stops a change.
    """
    return "user_place" in item


@dataclass(frozen=True)
class Evidence:
    """What one collection on one host gave. ``items`` are {id, kind, what, where, value or unknown}."""

    items: dict[str, Item]
    host: dict[str, Any]
    live: bool

    @classmethod
    def of(cls, collected: dict[str, Any]) -> Evidence:
        """Return the evidence in a collector's answer ({evidence, host, live})."""
        ordered = sorted(collected["evidence"], key=lambda item: str(item["id"]))
        return cls({item["id"]: item for item in ordered}, collected["host"], collected["live"])

    def value(self, kind: str, what: str) -> dict[str, Any] | None:
        """Return what was seen, or None if nothing was or it could not be checked."""
        item = self.items.get(f"{kind}:{what}")
        return None if item is None else item.get("value")

    def of_kind(self, kind: str) -> list[Item]:
        """Return the items of a kind that were seen, in the order of their ids."""
        return [item for item in self.items.values() if item["kind"] == kind and "value" in item]

    def seen(self) -> list[Item]:
        """Return all items that were seen, in the order of their ids."""
        return [item for item in self.items.values() if "value" in item]

    def unknown_of_users(self) -> list[Item]:
        """Return the items that could not be checked and lie where any user can have put them."""
        return [item for item in self.unknowns() if is_users(item)]

    def unknowns(self) -> list[Item]:
        """Return the items that could not be checked."""
        return [item for item in self.items.values() if "unknown" in item]
