# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The replacement, whichever kind of provider it is: an engine with a socket, or a vendor's product that is asked."""

from __future__ import annotations

from typing import Any

from ....catalog.model import Provider
from ....plan.request import Request
from ....plan.staged import Staged
from . import engine, vendor, vendor_product


def probes_for(provider: Provider, layout: dict[str, Any], options: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what has to be asked of a host to plan this provider for it with a layout; the options are settled."""
    of = vendor_product if _asks_itself(provider) else engine
    return list(of.probes_for(provider, layout, options))


def stage(request: Request) -> Staged | None:
    """Return what has to be done to stage the provider, nothing if it is already in place; None without one."""
    provider = request.provider()
    if provider is None:
        return None
    return vendor_product.stage(provider, request) if _asks_itself(provider) else engine.stage(provider, request)


def _asks_itself(provider: Provider) -> bool:
    return all(vendor.is_one(layout) for layout in provider.platforms.values())
