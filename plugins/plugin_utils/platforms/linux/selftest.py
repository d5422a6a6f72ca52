# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What to test of an installed provider."""

from __future__ import annotations

from typing import Any

from ...catalog.model import Catalog, Provider
from ...errors import AvshiftError
from ...plan.settings import holds
from ...plan.staged import only_tells
from .staging import services, vendor
from .staging.engine import layout_of

HOURS = 24


def arguments(
    provider: Provider, options: dict[str, Any], host: dict[str, Any], max_age_days: int = 0
) -> dict[str, Any]:
    """Return what the host with these facts has to test; the options are settled, and signatures may be so many days
    old, of which 0 are as many as the provider's own option allows.

    Raises AvshiftError for a system that the provider has no layout for.
    """
    layout = layout_of(provider, host)
    if not layout:
        raise AvshiftError(
            "replacement_unsupported",
            "Testing protection",
            str(host.get("system", "unknown")),
            "the replacement's layout is not known for this system",
            "Choose another provider for this host.",
        )
    return _of(provider, layout, options, max_age_days)


def of_product(catalog: Catalog, product_id: str, host: dict[str, Any]) -> dict[str, Any] | None:
    """Return the arguments that only ask a product about itself; None where it cannot be asked there."""
    provider = catalog.providers.get(product_id)
    layout = layout_of(provider, host) if provider is not None else {}
    if provider is None or not vendor.is_one(layout):
        return None
    return {**_of_vendor(provider, layout, provider.options), "below": None, "paths": [], "units": []}


def _of(provider: Provider, layout: dict[str, Any], options: dict[str, Any], max_age_days: int) -> dict[str, Any]:
    if not vendor.is_one(layout):
        return _of_engine(layout, options, max_age_days)
    if max_age_days and "max_age_hours" in options:
        options = {**options, "max_age_hours": max_age_days * HOURS}
    return _of_vendor(provider, layout, options)


def _of_vendor(provider: Provider, layout: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    real_time = layout["real_time"]
    return {
        "socket": "",
        "below": real_time["below"],
        "marks": real_time.get("marks", True),
        "paths": options["paths"],
        "quarantine": "",
        "tells": "",
        "units": [real_time["unit"], *(unit["name"] for unit in layout.get("units", ()))],
        "probes": vendor.probes(layout, options, vendor.ACTIVE),
        "given": vendor.not_local(provider, options),
    }


def _of_engine(layout: dict[str, Any], options: dict[str, Any], max_age_days: int) -> dict[str, Any]:
    engine, real_time, signatures = layout["engine"], layout["real_time"], layout["signatures"]
    age = engine.get("max_age_days")
    return {
        "socket": engine["socket"],
        "below": real_time["below"],
        "paths": options["paths"],
        "quarantine": options[real_time["quarantine"]["option"]] if "quarantine" in real_time else "",
        "tells": real_time["unit"] if only_tells(layout, options) else "",
        "units": [
            engine["unit"],
            real_time["unit"],
            *([real_time["guard"]] if "guard" in real_time else []),
            *(service["unit"] for service in services.running(layout, options)),
        ],
        "max_age_days": max_age_days or options[age["option"]] if age and holds(age["when"], options) else None,
        "silencing": {
            "directory": signatures["directory"],
            "endings": signatures["silencing"],
            "known": sorted(options[signatures["option"]]),
        },
    }
