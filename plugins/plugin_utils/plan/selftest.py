# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What to prove of a provider that is in place."""

from __future__ import annotations

from typing import Any

from ..catalog.model import Catalog, Provider
from . import vendor
from .settings import settled
from .staging import provider_of

MAX_AGE_DAYS = 7
HOURS = 24


def arguments(catalog: Catalog, provider_id: str, options: dict[str, Any], max_age_days: int = 0) -> dict[str, Any]:
    """Return the arguments for the endpoint; what it knows may be so many days old; 0: as many as the provider allows.

    AvshiftError on an unknown provider or a wrong option.
    """
    provider = provider_of(catalog, provider_id)
    chosen = settled(provider, options)
    layout = next(iter(provider.platforms.values()))
    if vendor.is_one(layout):
        if max_age_days and "max_age_hours" in chosen:
            chosen["max_age_hours"] = max_age_days * HOURS
        return _of_vendor(provider, layout, chosen)
    allowed = max_age_days or chosen.get("max_database_age_days", MAX_AGE_DAYS)
    units = [layout["engine"]["unit"], layout["real_time"]["unit"]]
    if chosen["database"] == "official":
        units.append(layout["updater"]["unit"])
    return {
        "socket": layout["engine"]["socket"],
        "below": layout["real_time"]["below"],
        "paths": chosen["paths"],
        "units": units,
        "max_age_days": allowed if chosen["database"] == "official" else None,
    }


def of_product(catalog: Catalog, product_id: str) -> dict[str, Any] | None:
    """Return the arguments that only ask a product about itself; None where no provider of that id can be asked."""
    provider = catalog.providers.get(product_id)
    layout = next(iter(provider.platforms.values())) if provider else {}
    if provider is None or not vendor.is_one(layout):
        return None
    asked = _of_vendor(provider, layout, dict(provider.options))
    return {**asked, "below": None, "paths": [], "units": []}


def _of_vendor(provider: Provider, layout: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    real_time = layout["real_time"]
    return {
        "socket": "",
        "below": real_time["below"],
        "marks": real_time.get("marks", True),
        "paths": options["paths"],
        "units": [real_time["unit"], *(unit["name"] for unit in layout.get("units", ()))],
        "probes": vendor.probes(layout, options, vendor.ACTIVE),
        "given": vendor.not_local(provider, options),
    }
