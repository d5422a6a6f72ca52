# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Steps that put a staged provider's units into the state that the options ask for, and restart them for new files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import Any

from ....detect.evidence import Evidence
from ....plan.model import STAGE, Step
from ....plan.settings import holds
from .layout_files import File


def names(layout: dict[str, Any]) -> list[str]:
    """Return the names of all units of a layout."""
    parts = [layout[part] for part in ("engine", "real_time", "updater") if part in layout]
    beside = [layout["real_time"][key] for key in ("guard", "replaces") if key in layout.get("real_time", {})]
    return [*(part["unit"] for part in (*parts, *layout.get("services", ()))), *beside]


def running(layout: dict[str, Any], options: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the services, besides the engine and the real-time part, that the options require."""
    return [service for service in _services(layout) if holds(service.get("when", {}), options)]


def _services(layout: dict[str, Any]) -> list[dict[str, Any]]:
    return [*([layout["updater"]] if "updater" in layout else []), *layout.get("services", ())]


def steps(
    layout: dict[str, Any],
    options: dict[str, Any],
    evidence: Evidence,
    packages_change: bool,
    wanted: list[File],
    written: set[str],
) -> Iterator[Step]:
    """Yield the steps of all units but the real-time part's. ``written`` are the paths of files that change."""
    wants = running(layout, options)
    for service in _services(layout):
        yield from _service(service, service in wants, evidence, wanted, written)
    yield from _running_guard(layout, evidence, wanted, written)
    engine = layout.get("engine")
    if engine is None:
        return
    mine = [file.path for file in wanted if file.unit in ("", engine["unit"])]
    seen = evidence.value("unit", engine["unit"])
    if packages_change or written & set(mine) or seen is None or seen["active"] != "active":
        fetching = [service for service in wants if _fetched(service, options)]
        if fetching:
            yield _awaited(fetching, options)
        yield _step(engine, True, seen, mine, True, engine.get("effects", ()))


def _running_guard(layout: dict[str, Any], evidence: Evidence, wanted: list[File], written: set[str]) -> Iterator[Step]:
    """Yield the step that restarts a guard whose files change; if it is not running yet, the handover starts it."""
    name = layout.get("real_time", {}).get("guard", "")
    mine = [file.path for file in wanted if file.unit == name] if name else []
    seen = evidence.value("unit", name) if name else None
    if seen is not None and seen["active"] == "active" and written & set(mine):
        yield _step({"unit": name}, True, seen, mine, False, ())


def _service(
    service: dict[str, Any], runs: bool, evidence: Evidence, wanted: list[File], written: set[str]
) -> Iterator[Step]:
    mine = [file.path for file in wanted if file.unit == service["unit"]]
    seen = evidence.value("unit", service["unit"])
    state = (
        (seen["enabled"] == "enabled", seen["active"] == "active") if seen else (service.get("starts_itself", False),)
    )
    differs = seen is None or not all(state) if runs else any(state)
    if differs or (runs and written & set(mine)):
        effects = [*(service.get("effects", ()) if runs else ()), *_link_effects(runs, service, seen)]
        yield _step(service, runs, seen, mine if runs else [], False, effects)


def _link_effects(runs: bool, unit: dict[str, Any], seen: dict[str, Any] | None) -> Iterator[dict[str, str]]:
    """Yield what enabling or disabling does to a unit's links; those of a new package are among its own effects."""
    if seen is None and runs and "link" in unit:
        yield {"path": unit["link"], "scope": "file", "change": "created"}
    if seen is None or (seen["enabled"] == "enabled") == runs:
        return
    by_level = [link for link in seen["links"] if link.startswith("/etc/rc")]
    if by_level:
        script = unit["unit"].rpartition(".")[0]
        yield {"path": f"/etc/rc?.d/[SK][0-9][0-9]{script}", "scope": "glob", "change": "changed"}
    if runs:
        yield {"path": f"/etc/systemd/system/*.wants/{unit['unit']}", "scope": "glob", "change": "created"}
    else:
        own = [link for link in seen["links"] if link not in by_level]
        yield from ({"path": link, "scope": "file", "change": "removed"} for link in own)


def _fetched(service: dict[str, Any], options: dict[str, Any]) -> list[str]:
    """Return patterns of what a service fetches: those of the catalog, and the last part of each URL of an option."""
    each = service.get("fetches_each")
    urls = options[each["option"]] if each else []
    own = [f"{each['directory']}/{posixpath.basename(url)}" for url in urls] if each else []
    return [*service.get("fetches", ()), *own]


def _awaited(fetching: list[dict[str, Any]], options: dict[str, Any]) -> Step:
    patterns = [pattern for service in fetching for pattern in _fetched(service, options)]
    limit = max(_limit(service["limit"], options) for service in fetching)
    return Step(
        STAGE,
        "await_paths",
        f"Wait for the signatures that {' and '.join(service['unit'] for service in fetching)} fetches",
        {"patterns": patterns, "limit": limit},
        "\n".join(f"{pattern}: may be missing" for pattern in patterns),
        "\n".join(f"{pattern}: there" for pattern in patterns),
        (),
    )


def _limit(told: Any, options: dict[str, Any]) -> int:
    return int(options[told["option"]] if isinstance(told, dict) else told)


def _step(
    unit: dict[str, Any],
    runs: bool,
    seen: dict[str, Any] | None,
    newer_than: list[str],
    needs_data: bool,
    effects: Iterable[dict[str, str]],
) -> Step:
    name = unit["unit"]
    before = "not there" if seen is None else f"{seen['active']}, {seen['enabled'] or 'static'} at boot"
    after = "running with what is configured, enabled at boot" if runs else "stopped, disabled at boot"
    return Step(
        STAGE,
        "unit",
        f"{'Start' if runs else 'Stop'} {name}",
        {
            "name": name,
            "running": runs,
            "enabled": runs,
            "newer_than": newer_than,
            "needs_data": needs_data,
            "also_reload": list(unit.get("also_reload", ())),
            "was": {
                "running": seen is not None and seen["active"] == "active",
                "enabled": seen is not None and seen["enabled"] == "enabled",
            },
        },
        f"{name}: {before}",
        f"{name}: {after}",
        () if seen is None else (f"unit:{name}",),
        tuple(dict(effect) for effect in effects),
        "Its previous state, running or not, and its start at boot are restored.",
    )
