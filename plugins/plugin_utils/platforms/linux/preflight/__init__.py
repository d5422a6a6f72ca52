# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has to be true on Linux before a host may be changed."""

from __future__ import annotations

from ....plan.platform import Checks
from . import (
    accounts,
    handover,
    host,
    network,
    packages,
    paths,
    reinstall,
    replacement,
    system,
    trusted_keys,
    vendor,
)

CHECKS = Checks(
    host=(*host.CHECKS, *system.CHECKS),
    found=trusted_keys.CHECKS,
    changes=(*paths.CHECKS, *network.CHECKS, *accounts.CHECKS, *packages.CHECKS, *replacement.CHECKS),
    replacement=(*vendor.CHECKS, *handover.CHECKS),
    return_of_product=reinstall.CHECKS,
)
