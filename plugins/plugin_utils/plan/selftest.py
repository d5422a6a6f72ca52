# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What to prove of a provider that is in place."""

from __future__ import annotations

from typing import Any

from ..catalog.model import Catalog
from .settings import settled
from .staging import provider_of


def arguments(catalog: Catalog, provider_id: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments for the endpoint. AvshiftError on an unknown provider or a wrong option."""
    provider = provider_of(catalog, provider_id)
    chosen = settled(provider, options)
    layout = next(iter(provider.platforms.values()))
    units = [layout["engine"]["unit"], layout["real_time"]["unit"]]
    if chosen["database"] == "official":
        units.append(layout["updater"]["unit"])
    return {
        "socket": layout["engine"]["socket"],
        "below": layout["real_time"]["below"],
        "paths": chosen["paths"],
        "units": units,
    }
