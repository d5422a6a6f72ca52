# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records of hosts that are only checked, never changed: their verdict is a preview, counted separately, never
clean.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import verdict
from .records import collected_in

# What a verification left out because hosts of such a platform cannot be asked.
WORDS = (verdict.DETECTED, verdict.UNKNOWN, verdict.NEVER_PRESENT)
COUNTED = (*verdict.COUNTED, *verdict.STAYING)


def of(platform: str, found_before: Iterable[str] = ()) -> dict[str, Any]:
    """Return what marks a record as a preview; ``found_before`` are ids of products that earlier records found."""
    return {"platform": platform, "found_before": sorted(set(found_before))}


def found_before(records: Iterable[dict[str, Any]]) -> list[str]:
    """Return the ids of what earlier records of a host found, or know that it was found before them."""
    found: set[str] = set()
    for record in records:
        plan, forecast = record["plan"] or {}, record.get("forecast") or {}
        seen = [*plan.get("findings", ()), *forecast.get("findings", ()), *collected_in(record).get("findings", ())]
        found |= {str(finding["id"]) for finding in seen if finding["class"] in COUNTED}
        found |= {str(name) for name in (record.get("preview") or {}).get("found_before", ())}
    return sorted(found)


def word(collected: dict[str, Any] | None, before: Iterable[str] = ()) -> str:
    """Return detected, unknown or never_present. What was found before and is gone now is unknown: nothing here says
    that it was removed well.
    """
    if collected is None:
        return verdict.UNKNOWN
    told = verdict.of_detection({**collected, "removed_before": []})
    return verdict.UNKNOWN if told == verdict.NEVER_PRESENT and list(before) else told


def is_one(record: dict[str, Any]) -> bool:
    """Return True for a record of such a host."""
    return bool(record.get("preview"))
