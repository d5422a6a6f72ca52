# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The step that hands real-time protection over, or switches it on where there was none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ....module_utils.agreed import runs
from ....module_utils.agreed.linux import STOPPED
from ...catalog.model import Product
from ...detect.evidence import Evidence
from ...plan.model import DIGEST_MARK, HANDOVER, Step
from ...plan.platform import Handover
from ...plan.staged import Staged
from . import side_by_side
from .locations import is_below
from .places import JOURNAL
from .removal.services import starting_at_boot
from .staging import vendor

STOP_LIMIT = 120
START_LIMIT = 60
BACK = "If the new protection fails its self-test, it is stopped, and the old one is started and tested again."
BACK_TO_OLD = "If your data cannot be archived after it, the old protection is started and tested again."


def steps(evidence: Evidence, going: list[Product], staged: Staged | None) -> Iterator[Step]:
    """Yield the handover if any part of it still has to be done."""
    units = _running(evidence, going)
    new = _new(staged, evidence) if staged is not None and staged.layout else None
    if not units and (new is None or _is_up(new, evidence)):
        return
    links = _links(evidence, units)
    if staged is not None and new is not None:
        new["overlap"] = side_by_side.overlap(staged, new) if units else None
        new["excludes"] = side_by_side.excludes(staged, going, new)
    below = sorted({root for product in going if product.real_time_units for root in product.of_kind("process")})
    old = {
        "units": units,
        "starting": [name for name in _starting(evidence, going) if name not in units],
        "triggers": _triggers(evidence, units),
        "below": below,
        "stop_limit": STOP_LIMIT,
        "start_limit": START_LIMIT,
        "exclusions": side_by_side.exclusions(staged, going, units, new),
    }
    yield Step(
        HANDOVER,
        "handover",
        _title(units, new),
        {"digest": DIGEST_MARK, "old": old, "new": new},
        "\n".join([f"{unit}: real-time protection running" for unit in units] or ["no Kaspersky real-time protection"]),
        "no real-time protection" if new is None else _after(old, new),
        tuple(f"unit:{unit}" for unit in units),
        _effects(new, links) if new else (),
        BACK if new else BACK_TO_OLD,
    )


def read(target: dict[str, Any]) -> Handover:
    """Return the facts of a handover's target for readers of a plan."""
    old, new = target["old"], target["new"]
    told = {"stops": bool(old["units"]), "starts": new is not None, "stop_limit": old["stop_limit"]}
    return Handover(**told, start_limit=new["limit"], overlap=new.get("overlap")) if new else Handover(**told)


def _effects(new: dict[str, Any], links: list[str]) -> tuple[dict[str, str], ...]:
    """Return the effects of switching on; each self-test makes a test file in every protected directory and removes
    it.
    """
    proven = [{"path": path, "scope": "file", "change": "changed"} for path in new["paths"]]
    if new["overlap"]:
        # The temporary signature comes and goes in one run.
        proven.append({"path": new["overlap"]["signature"]["directory"], "scope": "file", "change": "changed"})
    retired = [{"path": link, "scope": "file", "change": "removed"} for link in links]
    return (*(dict(effect) for effect in new["effects"]), *proven, *retired)


def _links(evidence: Evidence, names: list[str]) -> list[str]:
    """Return the links that start units at boot, and those of their triggers."""
    seen = [evidence.value("unit", name) or {} for name in names]
    those = [*seen, *(trigger for unit in seen for trigger in unit.get("triggered_by", ()))]
    return sorted({link for unit in those for link in starting_at_boot(unit.get("links", []))})


def _running(evidence: Evidence, going: list[Product]) -> list[str]:
    """Return the units that run, or that an interrupted handover has stopped."""
    names = [name for product in going for name in product.real_time_units]
    states = {name: evidence.value("unit", name) for name in names}
    stopped_by_us = _was_interrupted(evidence)
    return [name for name, seen in states.items() if seen and (stopped_by_us or seen["active"] not in STOPPED)]


def _starting(evidence: Evidence, going: list[Product]) -> list[str]:
    """Return the units that start at boot: if the host lost power during the run, they are running again."""
    return [name for product in going for name in product.real_time_units if _links(evidence, [name])]


def _was_interrupted(evidence: Evidence) -> bool:
    noted = (evidence.value("journal", JOURNAL) or {}).get("runs", [])
    return bool(runs.unprotected(noted) or runs.stopped(noted))


def _triggers(evidence: Evidence, units: list[str]) -> list[str]:
    """Return the timers and other triggers that would start the units again during the handover."""
    seen = [evidence.value("unit", name) or {} for name in units]
    return sorted({trigger["name"] for unit in seen for trigger in unit.get("triggered_by", ())})


def _new(staged: Staged, evidence: Evidence) -> dict[str, Any]:
    """Return what comes up. ``marks``: whether it can be seen to intercept. ``tells``: whether it blocks nothing.

    ``guard`` and ``replaces`` are names of units, or ''; what neither runs nor starts at boot need not be replaced.
    ``socket`` may be ''. ``install`` are {kind, target} of steps that have to wait until now, ``activate`` and
    ``deactivate`` are commands {argv, limit} that switch its mode, ``probes`` what it is asked about itself.
    ``overlap`` is how it may intercept beside the old one, None where it may not or there is none; ``excludes`` is what
    it leaves out then, None where it cannot.
    """
    layout, real_time = staged.layout, staged.layout["real_time"]
    modes = layout.get("modes", {})
    replaced = _replaced(real_time.get("replaces", ""), evidence)
    return {
        "unit": real_time["unit"],
        "guard": real_time.get("guard", ""),
        "replaces": replaced,
        "below": list(real_time["below"]),
        "marks": real_time.get("marks", True),
        "limit": real_time["limit"],
        "tells": staged.tells(),
        "effects": [
            *(dict(effect) for effect in (*real_time["effects"], *staged.install_effects)),
            *_quarantined(staged),
            *_unlinked(replaced, evidence),
        ],
        "quarantine": staged.quarantine(),
        "socket": layout.get("engine", {}).get("socket", ""),
        "paths": list(staged.paths),
        "install": [dict(step) for step in staged.install],
        "activate": vendor.commands(modes.get("activate", []), staged.options),
        "deactivate": vendor.commands(modes.get("deactivate", []), staged.options),
        "probes": vendor.probes(layout, staged.options, vendor.ACTIVE),
        "overlap": None,
        "excludes": None,
    }


def _quarantined(staged: Staged) -> list[dict[str, str]]:
    """Return the effect of a directory that the real-time part makes when it starts; it works in it while it runs."""
    folder = staged.quarantine()
    return [{"path": folder, "scope": "tree", "change": "changed"}] if folder else []


def _replaced(name: str, evidence: Evidence) -> str:
    """Return the name of a unit in place of which another is to run, or '' if it neither runs nor starts at boot."""
    seen = evidence.value("unit", name) or {}
    runs = seen.get("active", "inactive") not in STOPPED
    return name if runs or starting_at_boot(seen.get("links", [])) else ""


def _unlinked(name: str, evidence: Evidence) -> list[dict[str, str]]:
    links = (evidence.value("unit", name) or {}).get("links", []) if name else []
    return [{"path": link, "scope": "file", "change": "removed"} for link in links]


def _is_up(new: dict[str, Any], evidence: Evidence) -> bool:
    units = [evidence.value("unit", name) for name in (new["unit"], new["guard"]) if name]
    marks = [is_below(item["what"], new["below"]) for item in evidence.of_kind("interceptor")]
    state = evidence.value("product_state", "active") or {}
    runs = all(unit and unit["active"] == "active" and unit["enabled"] == "enabled" for unit in units)
    says_so = not new["probes"] or state.get("result") == "ok"
    seen = any(marks) or not new["marks"] or new["tells"]
    return runs and seen and says_so and not new["install"] and not new["replaces"]


def _title(units: list[str], new: dict[str, Any] | None) -> str:
    if new is None:
        return "Stop real-time protection without a replacement"
    return "Hand real-time protection over" if units else "Switch real-time protection on"


def _after(old: dict[str, Any], new: dict[str, Any]) -> str:
    units = old["units"]
    does = "blocks nothing, and reports what is opened in" if new["tells"] else "protects"
    protected = [f"{does} {path}" for path in new["paths"]]
    retired = [f"{unit}: stopped, no longer started at boot" for unit in (*units, new["replaces"]) if unit]
    window = [_window(new)] if units else []
    lines = [*protected, *side_by_side.in_words(old, new), *retired, *window]
    return "\n".join([f"{new['unit']}: running, enabled at boot, tested", *lines])


def _window(new: dict[str, Any]) -> str:
    """Return in words how long the host will be unprotected; the record has the measured time."""
    given_up = f"after {new['limit']} s without an interception the old one is started again"
    about = f"about a second: the new one is ready and is started; {given_up}"
    if new["overlap"]:
        limit, probe = new["overlap"]["limit"], new["overlap"]["probe_limit"]
        return (
            "no unprotected moment: the new one intercepts and is tested before the old one stops; if reading a clean "
            f"file takes longer than {probe} s meanwhile, or both intercept for longer than {limit} s, the new one is "
            f"stopped until the old one has, without protection meanwhile: {about}"
        )
    if new["install"]:
        about = (
            "minutes: this product cannot run beside another scanner, so it is installed during the handover; "
            f"{given_up}"
        )
    elif new["activate"]:
        about = f"about a second: the new one is ready and is switched to active; {given_up}"
    return f"without protection meanwhile: {about}"
