# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has to hold before a host may be changed. Each result has a stable id, a diagnosis and a remedy."""

from __future__ import annotations

from dataclasses import replace

from ..model import Check
from ..platform import Checked, Checks
from . import exceptions, other_vendors, owner_data, products, site_catalog
from .case import Case


def run(case: Case, platform: Checks) -> list[Check]:
    """Return the results of all checks in their order; those that the goal accepts are marked."""
    results = [result for check in _in_order(platform) for result in check(case)]
    results += exceptions.waived(case, results)
    return [replace(result, accepted=result.id in case.goal.accept) for result in results]


def _in_order(platform: Checks) -> tuple[Checked, ...]:
    """Return a platform's checks and the neutral ones, in the order in which readers ask."""
    return (
        *platform.host,
        *products.CHECKS,
        *platform.found,
        *site_catalog.CHECKS,
        *platform.changes,
        *other_vendors.CHECKS,
        *platform.replacement,
        *owner_data.CHECKS,
        *platform.return_of_product,
        *exceptions.CHECKS,
    )
