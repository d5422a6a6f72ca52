# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Steps that put the replacement on the host, configured and proven on demand, its real-time part still off."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..catalog.model import Catalog, Provider
from ..detect.evidence import Evidence
from ..errors import AvshiftError
from .model import STAGE, Step
from .settings import File, files, settled


@dataclass(frozen=True)
class Staged:
    """The staging of a provider on one host. ``layout`` is its platform's part of the catalog, or empty.

    ``paths`` are the protected directories that exist; ``missing`` are those that do not. ``problem`` tells why the
    packages cannot be had. ``install`` are {kind, target} of steps that may not be made before the handover, with what
    they change.
    """

    provider: Provider
    layout: dict[str, Any]
    options: dict[str, Any]
    paths: tuple[str, ...]
    missing: tuple[str, ...]
    steps: tuple[Step, ...]
    problem: str = ""
    install: tuple[dict[str, Any], ...] = ()
    install_effects: tuple[dict[str, str], ...] = ()


def probes_for(provider: Provider, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the probes of a provider and the names of its packages, over all its platforms."""
    chosen = settled(provider, options)
    layouts = list(provider.platforms.values())
    written = [file.path for layout in layouts for file in files(layout, chosen, ())]
    units = [unit for layout in layouts for unit in _unit_names(layout)]
    folders = [folder for path in written for folder in _folders(path)]
    folders += [
        effect["path"]
        for layout in layouts
        for effect in layout.get("package_effects", ())
        if effect.get("scope") in ("file", "tree")
    ]
    asked = {
        "unit": _ordered(units),
        "file_text": _ordered(written),
        "path": {"paths": _ordered(folders + list(chosen["paths"])), "children_of": [], "listed": []},
        "debconf": _ordered(answer["question"] for layout in layouts for answer in layout.get("debconf", ())),
    }
    return asked, _ordered(name for layout in layouts for name in layout["packages"])


def layout_of(provider: Provider, host: dict[str, Any]) -> dict[str, Any]:
    """Return the provider's layout for a host's system by the nearest family name, or an empty one."""
    for name in host.get("family", []):
        if name in provider.platforms:
            return provider.platforms[name]
    return {}


def stage(provider: Provider, options: dict[str, Any], evidence: Evidence) -> Staged:
    """Return what is to be done to stage the provider; nothing where it is already as it should be."""
    layout, chosen = layout_of(provider, evidence.host), settled(provider, options)
    there = tuple(path for path in chosen["paths"] if (evidence.value("path", path) or {}).get("type") == "directory")
    missing = tuple(path for path in chosen["paths"] if path not in there)
    if not layout:
        return Staged(provider, {}, chosen, there, missing, ())
    wanted = files(layout, chosen, there)
    steps = [*_answers(layout, evidence), *_files(wanted, evidence), *packages(layout, evidence)]
    steps += list(_units(layout, chosen, evidence, bool(steps), wanted))
    if steps:
        steps.append(_proof(layout))
    return Staged(provider, layout, chosen, there, missing, tuple(steps), _problem(evidence))


def _unit_names(layout: dict[str, Any]) -> list[str]:
    return [layout["engine"]["unit"], layout["real_time"]["unit"], layout["updater"]["unit"]]


def _folders(path: str) -> list[str]:
    """Return the directory of a file and the one above it: what writing the file may have to make."""
    folder = posixpath.dirname(path)
    return [posixpath.dirname(folder), folder]


def _ordered(values: Any) -> list[Any]:
    return list(dict.fromkeys(values))


def _problem(evidence: Evidence) -> str:
    item = evidence.items.get("package_change:install", {})
    return str(item.get("unknown", ""))


def _answers(layout: dict[str, Any], evidence: Evidence) -> Iterator[Step]:
    for answer in layout.get("debconf", ()):
        current = (evidence.value("debconf", answer["question"]) or {}).get("value")
        if current != answer["value"]:
            yield Step(
                STAGE,
                "debconf",
                f"Answer {answer['question']} before the package asks",
                {**{key: answer[key] for key in ("owner", "question", "type", "value")}, "before": current},
                f"{answer['question']}: {'no answer' if current is None else current}",
                f"{answer['question']}: {answer['value']}",
                (f"debconf:{answer['question']}",),
                ({"path": "/var/cache/debconf", "scope": "tree", "change": "changed"},),
                "The answer before is put back.",
            )


def _files(wanted: list[File], evidence: Evidence) -> Iterator[Step]:
    for file in wanted:
        seen = evidence.value("file_text", file.path) or {}
        before = seen.get("text")
        if before == file.text:
            continue
        made = [folder for folder in _folders(file.path) if _is_absent(folder, evidence) and not file.after_packages]
        effects = [{"path": folder, "scope": "file", "change": "created"} for folder in made]
        effects.append({"path": file.path, "scope": "file", "change": "created" if before is None else "changed"})
        yield Step(
            STAGE,
            "file",
            f"Write {file.path}",
            {
                "path": file.path,
                "mode": file.mode,
                "before": before,
                "before_mode": seen.get("mode", file.mode),
                "after": file.text,
                "parents": made,
                "after_packages": file.after_packages,
                "anyhow": file.after_packages and before is None,
            },
            before if before is not None else "",
            file.text,
            (f"file_text:{file.path}",) if before is not None else (),
            tuple(effects),
            "The text before is put back; a file that was not there goes.",
        )


def _is_expected(effect: dict[str, str], evidence: Evidence) -> bool:
    return effect.get("scope") != "file" or f"path:{effect['path']}" not in evidence.items


def _is_absent(path: str, evidence: Evidence) -> bool:
    return path.count("/") > 1 and f"path:{path}" not in evidence.items


def packages(layout: dict[str, Any], evidence: Evidence) -> Iterator[Step]:
    """Yield the step that installs the layout's packages from the host's repositories, if any is to be installed."""
    simulated = evidence.value("package_change", "install")
    if simulated is None:
        return
    changes = [change for change in simulated["changes"] if change["action"] == "Inst"]
    removed = [change["name"] for change in simulated["changes"] if change["action"] != "Inst"]
    if not changes or removed:
        return
    yield Step(
        STAGE,
        "packages_install",
        "Install " + ", ".join(simulated["names"]),
        {"names": simulated["names"], "changes": changes, "trees": _new_trees(layout, evidence)},
        "\n".join(f"{change['name']} {change['old'] or 'not installed'}" for change in changes),
        "\n".join(f"{change['name']} {change['new']}" for change in changes),
        ("package_change:install",),
        (
            *({"package": change["name"], "change": "changed" if change["old"] else "created"} for change in changes),
            *(dict(effect) for effect in layout.get("package_effects", ()) if _is_expected(effect, evidence)),
        ),
        "What was not there before is purged, with the directories that it made.",
    )


def _new_trees(layout: dict[str, Any], evidence: Evidence) -> list[str]:
    """Return the directories that the packages' scripts and services make, and that purging may leave behind."""
    made = [effect for effect in layout.get("package_effects", ()) if effect.get("scope") == "tree"]
    return [
        effect["path"]
        for effect in made
        if effect["change"] == "created" and f"path:{effect['path']}" not in evidence.items
    ]


def _units(
    layout: dict[str, Any], options: dict[str, Any], evidence: Evidence, changed: bool, wanted: list[File]
) -> Iterator[Step]:
    updates = options["database"] == "official"
    updater = layout["updater"]
    seen = evidence.value("unit", updater["unit"])
    if seen is None or (seen["enabled"] == "enabled") != updates or (seen["active"] == "active") != updates:
        yield _unit_step(
            updater, updates, seen, [], [*updater.get("effects", ()), *_link_effects(updates, updater, seen)]
        )
    engine = layout["engine"]
    seen = evidence.value("unit", engine["unit"])
    if changed or seen is None or seen["active"] != "active":
        if updates:
            yield _awaited(updater)
        yield _unit_step(engine, True, seen, [file.path for file in wanted], engine.get("effects", ()))


def _link_effects(running: bool, unit: dict[str, Any], seen: dict[str, Any] | None) -> Iterator[dict[str, str]]:
    """Yield what enabling or disabling does to a unit's links; those of a new package are among its own effects."""
    if seen is None or (seen["enabled"] == "enabled") == running:
        return
    by_level = [link for link in seen["links"] if link.startswith("/etc/rc")]
    if by_level:
        script = unit["unit"].rpartition(".")[0]
        yield {"path": f"/etc/rc?.d/[SK][0-9][0-9]{script}", "scope": "glob", "change": "changed"}
    if running:
        yield {"path": f"/etc/systemd/system/*.wants/{unit['unit']}", "scope": "glob", "change": "created"}
    else:
        own = [link for link in seen["links"] if link not in by_level]
        yield from ({"path": link, "scope": "file", "change": "removed"} for link in own)


def _awaited(updater: dict[str, Any]) -> Step:
    return Step(
        STAGE,
        "await_paths",
        f"Wait until {updater['unit']} has fetched the signatures",
        {"patterns": list(updater["fetches"]), "limit": updater["limit"]},
        "\n".join(f"{pattern}: may be missing" for pattern in updater["fetches"]),
        "\n".join(f"{pattern}: there" for pattern in updater["fetches"]),
        (),
    )


def _unit_step(
    unit: dict[str, Any], running: bool, seen: dict[str, Any] | None, newer_than: list[str], effects: Any
) -> Step:
    name = unit["unit"]
    before = "not there" if seen is None else f"{seen['active']}, {seen['enabled'] or 'static'} at boot"
    after = "running with what is configured, enabled at boot" if running else "stopped, disabled at boot"
    return Step(
        STAGE,
        "unit",
        f"{'Start' if running else 'Stop'} {name}",
        {
            "name": name,
            "running": running,
            "enabled": running,
            "newer_than": newer_than,
            "needs_data": bool(newer_than),
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
        "It runs or not, and starts at boot or not, as before.",
    )


def _proof(layout: dict[str, Any]) -> Step:
    engine = layout["engine"]
    return Step(
        STAGE,
        "prove_on_demand",
        "Prove through the engine's socket that it finds the test string and passes clean bytes",
        {"socket": engine["socket"], "unit": engine["unit"], "limit": engine["limit"]},
        "not proven",
        "test string found, clean bytes passed; nothing was written to the disk",
        (),
    )


def provider_of(catalog: Catalog, provider_id: str) -> Provider:
    """Return a provider of the catalog; AvshiftError naming those that there are if it has no such one."""
    if provider_id not in catalog.providers:
        raise AvshiftError(
            "provider_unknown",
            "Choosing the replacement",
            provider_id,
            "the catalog has no such provider",
            f"Use one of: {', '.join(sorted(catalog.providers))}, or none.",
        )
    return catalog.providers[provider_id]
