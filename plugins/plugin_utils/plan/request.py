# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one host is to become, decided once: planners and checks read it and decide nothing again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..catalog.model import Catalog, Product, Provider
from ..detect.claims import Claims
from ..detect.evidence import Evidence
from ..detect.match import Finding
from .model import Goal


@dataclass(frozen=True)
class Request:
    """A host and its goal. ``goal`` has its options settled and its exceptions applied; ``going`` are the products
    that are to go, ``owned`` what of them belongs to no product that stays. ``layout`` is the replacement's for this
    host's system, {} where it has none or none is wanted. ``granted`` are the host's exceptions and accepted checks.
    """

    evidence: Evidence
    catalog: Catalog
    goal: Goal
    found: tuple[Finding, ...]
    going: tuple[Product, ...]
    owned: Claims
    layout: dict[str, Any] = field(default_factory=dict)
    granted: tuple[dict[str, Any], ...] = ()

    def provider(self) -> Provider | None:
        """Return the replacement that is wanted, or None."""
        return self.catalog.providers[self.goal.provider] if self.goal.provider else None

    def removing(self) -> list[Finding]:
        """Return the findings that this plan removes."""
        ids = {product.id for product in self.going}
        return [finding for finding in self.found if finding.id in ids]


@dataclass(frozen=True)
class OwnersData:
    """What is the owner's among what goes, as a platform has seen it. Sizes are bytes.

    ``free`` is the room where archives lie, None where it is not known; ``room`` what of it the check of the room
    compares with ``wanted``. ``sizes`` are {path: {files, bytes}} of what would be archived. The others name what a
    check is about: what is left to users, (directory, number of files) that only the product can read, what has been
    moved, and what a product's configuration puts elsewhere.
    """

    free: int | None = None
    room: int | None = None
    wanted: int = 0
    sizes: dict[str, Any] = field(default_factory=dict)
    left_to_users: tuple[str, ...] = ()
    encrypted: tuple[tuple[str, int], ...] = ()
    moved: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
