# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a rule says of a finding. A product's class is a fact; the disposition is the rule's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .model import RESIDUE_INERT

# What a disposition asks for, the strictest first.
REMOVE, REVIEW, REPORT, ALLOWED = "remove", "needs_review", "report", "allowed"
DISPOSITIONS = (REMOVE, REVIEW, REPORT, ALLOWED)


@dataclass(frozen=True)
class Pack:
    """One rule. ``by_class`` and, before it, ``by_product`` give dispositions; ``told`` is what a report says of it."""

    id: str
    by_class: dict[str, str]
    by_product: dict[str, str] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)

    def disposition(self, finding: dict[str, Any]) -> str:
        """Return what the rule says of a finding; needs_review where its source does not say."""
        # Files that nothing runs: no known rule mentions them, but the owner should know about them.
        said = self.by_product.get(finding["id"], self.by_class.get(finding["class"], REVIEW))
        return REPORT if finding["state"] == RESIDUE_INERT and said != ALLOWED else said

    @property
    def named(self) -> str:
        """The pack's id with its digest, as plans and reports name it."""
        return f"{self.id}@{self.told['digest']}"


def strictest(said: Iterable[str]) -> str | None:
    """Return the strictest of several dispositions; None if there are none."""
    return min(said, key=DISPOSITIONS.index, default=None)


def of_finding(finding: dict[str, Any], packs: tuple[Pack, ...]) -> dict[str, str]:
    """Return {pack: disposition} of a finding."""
    return {pack.id: pack.disposition(finding) for pack in packs}


def of_host(findings: Iterable[dict[str, Any]], known: bool, packs: tuple[Pack, ...]) -> dict[str, str | None]:
    """Return {pack: disposition} of a host by what was seen there last; None where nothing is there.

    ``known`` is False if something could not be checked: that needs review, unless the host already rates worse.
    """
    seen = list(findings)
    unknown = [] if known else [REVIEW]
    return {pack.id: strictest([*(pack.disposition(found) for found in seen), *unknown]) for pack in packs}
