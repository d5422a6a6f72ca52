# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the checks look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...catalog.model import Catalog, Product
from ...detect.claims import Claims
from ...detect.evidence import Evidence
from ...detect.match import Finding
from ...platforms.linux.staging.engine import Staged
from ..model import Goal, Step


@dataclass(frozen=True)
class Case:
    """All that a check may look at."""

    evidence: Evidence
    catalog: Catalog
    goal: Goal
    found: tuple[Finding, ...]
    going: tuple[Product, ...]
    owned: Claims
    staged: Staged | None
    steps: tuple[Step, ...]
    granted: tuple[dict[str, Any], ...] = ()

    def removing(self) -> list[Finding]:
        """Return the findings that this plan removes."""
        ids = {product.id for product in self.going}
        return [finding for finding in self.found if finding.id in ids]
