# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has to hold before a host may be changed. Each result has a stable id, a diagnosis and a remedy."""

from __future__ import annotations

from dataclasses import replace

from ...platforms.linux.preflight import (
    accounts,
    handover,
    host,
    network,
    packages,
    paths,
    reinstall,
    replacement,
    system,
    vendor,
)
from ..model import Check
from . import exceptions, other_vendors, owner_data, products
from .case import Case

CHECKS = (
    *host.CHECKS,
    *system.CHECKS,
    *products.CHECKS,
    *paths.CHECKS,
    *network.CHECKS,
    *accounts.CHECKS,
    *packages.CHECKS,
    *replacement.CHECKS,
    *other_vendors.CHECKS,
    *vendor.CHECKS,
    *handover.CHECKS,
    *owner_data.CHECKS,
    *reinstall.CHECKS,
    *exceptions.CHECKS,
)


def run(case: Case) -> list[Check]:
    """Return the results of all checks in their order; what the goal accepts is marked so."""
    results = [result for check in CHECKS for result in check(case)]
    results += exceptions.waived(case, results)
    return [replace(result, accepted=result.id in case.goal.accept) for result in results]
