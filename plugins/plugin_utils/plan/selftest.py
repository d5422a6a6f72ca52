# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What to prove of a provider that is in place."""

from __future__ import annotations

from typing import Any

from ..catalog.model import Catalog
from . import services
from .settings import holds, settled
from .staging import provider_of


def arguments(catalog: Catalog, provider_id: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments for the endpoint, by family. AvshiftError on an unknown provider or a wrong option."""
    provider = provider_of(catalog, provider_id)
    chosen = settled(provider, options)
    return {"by_family": {family: _of(layout, chosen) for family, layout in provider.platforms.items()}}


def _of(layout: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    engine, real_time, signatures = layout["engine"], layout["real_time"], layout["signatures"]
    age = engine.get("max_age_days")
    return {
        "socket": engine["socket"],
        "below": real_time["below"],
        "paths": options["paths"],
        "quarantine": options[real_time["quarantine"]["option"]] if "quarantine" in real_time else "",
        "units": [
            engine["unit"],
            real_time["unit"],
            *(service["unit"] for service in services.running(layout, options)),
        ],
        "max_age_days": options[age["option"]] if age and holds(age["when"], options) else None,
        "silencing": {
            "directory": signatures["directory"],
            "endings": signatures["silencing"],
            "known": sorted(options[signatures["option"]]),
        },
    }
