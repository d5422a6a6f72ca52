# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The step that hands real-time protection over, or switches it on where there was none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..catalog.model import Product
from ..detect.evidence import Evidence
from .model import DIGEST_MARK, HANDOVER, Step
from .staging import Staged

STOP_LIMIT = 120
START_LIMIT = 60


def steps(evidence: Evidence, going: list[Product], staged: Staged | None) -> Iterator[Step]:
    """Yield the handover if anything of it is still to be done."""
    units = _old_units(evidence, going)
    new = _new(staged) if staged is not None and staged.layout else None
    if not units and (new is None or _is_up(new, evidence)):
        return
    below = sorted({root for product in going if product.real_time_units for root in product.of_kind("process")})
    old = {"units": units, "below": below, "stop_limit": STOP_LIMIT, "start_limit": START_LIMIT}
    yield Step(
        HANDOVER,
        "handover",
        _title(units, new),
        {"digest": DIGEST_MARK, "old": old, "new": new},
        "\n".join(
            [f"{unit}: real-time protection running" for unit in units] or ["no real-time protection of Kaspersky's"]
        ),
        "no real-time protection" if new is None else _after(new),
        tuple(f"unit:{unit}" for unit in units),
        _effects(new) if new else (),
        "If the new protection is not proven, it is stopped and the old one is started and proven again.",
    )


def _effects(new: dict[str, Any]) -> tuple[dict[str, str], ...]:
    """Return the effects of switching on; each proof makes a test file in every protected directory and removes it."""
    proven = [{"path": path, "scope": "file", "change": "changed"} for path in new["paths"]]
    return (*(dict(effect) for effect in new["effects"]), *proven)


def _old_units(evidence: Evidence, going: list[Product]) -> list[str]:
    names = [name for product in going for name in product.real_time_units]
    states = {name: evidence.value("unit", name) for name in names}
    return [name for name, seen in states.items() if seen and seen["active"] not in ("inactive", "failed")]


def _new(staged: Staged) -> dict[str, Any]:
    engine, real_time = staged.layout["engine"], staged.layout["real_time"]
    return {
        "unit": real_time["unit"],
        "below": list(real_time["below"]),
        "limit": real_time["limit"],
        "effects": [dict(effect) for effect in real_time["effects"]] + _quarantined(staged),
        "quarantine": staged.quarantine(),
        "socket": engine["socket"],
        "paths": list(staged.paths),
    }


def _quarantined(staged: Staged) -> list[dict[str, str]]:
    """Return the effect of a directory that the real-time part makes when it starts; it works in it while it runs."""
    folder = staged.quarantine()
    return [{"path": folder, "scope": "tree", "change": "changed"}] if folder else []


def _is_up(new: dict[str, Any], evidence: Evidence) -> bool:
    unit = evidence.value("unit", new["unit"])
    marks = [evidence.value("interceptor", path) for path in new["below"]]
    return bool(unit and unit["active"] == "active" and unit["enabled"] == "enabled" and any(marks))


def _title(units: list[str], new: dict[str, Any] | None) -> str:
    if new is None:
        return "Stop real-time protection; nothing takes its place"
    return "Hand real-time protection over" if units else "Switch real-time protection on"


def _after(new: dict[str, Any]) -> str:
    return "\n".join(
        [f"{new['unit']}: running, enabled at boot, proven", *(f"protects {path}" for path in new["paths"])]
    )
