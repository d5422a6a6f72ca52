# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The replacement, whichever kind of provider it is: an engine with a socket, or a vendor's product that is asked."""

from __future__ import annotations

from typing import Any

from ....catalog.model import Provider
from ....detect.evidence import Evidence
from ....plan.settings import settled
from . import engine, vendor, vendor_product
from .engine import Staged


def probes_for(provider: Provider, options: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what has to be asked of a host to plan this provider for it."""
    if _asks_itself(provider):
        return vendor_product.probes_for(provider, settled(provider, options))
    asked, installs = engine.probes_for(provider, options)
    return [asked, {"package_change": {"install": installs, "remove": []}}]


def stage(provider: Provider, options: dict[str, Any], evidence: Evidence) -> Staged:
    """Return what is to be done to stage the provider; nothing where it is already as it should be."""
    if _asks_itself(provider):
        return vendor_product.stage(provider, settled(provider, options), evidence)
    return engine.stage(provider, options, evidence)


def _asks_itself(provider: Provider) -> bool:
    return all(vendor.is_one(layout) for layout in provider.platforms.values())
