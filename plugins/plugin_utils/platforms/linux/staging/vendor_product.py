# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Steps that install a vendor's product, from repositories or by an installer, enrolled and still passive.

One that may not be active beside another engine is only looked at beforehand: it is installed in the handover.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ....catalog.model import Provider
from ....detect.evidence import Evidence
from ....plan.model import STAGE, Step
from ....plan.request import Request
from ....plan.staged import Staged
from . import vendor
from .engine import installing, not_rehearsed, packages

EXCLUSIVE = "exclusive"
ENROLLED, ACTIVE = "enrolled", "active"
KIT, CHECKSUM = "kit", "kit_sha256"
SECRET = re.compile(r"\{secret:([a-z][a-z0-9_]*)\}")
# A newly installed product may first have to download its signatures.
STAGED_LIMIT = 600


def probes_for(_provider: Provider, layout: dict[str, Any], options: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what has to be asked of a host for a layout; the options are settled."""
    paths = [*options["paths"], *([layout[KIT]["installed"]] if "installed" in layout.get(KIT, {}) else [])]
    if not layout:
        yield {"path": {"paths": paths, "children_of": [], "listed": []}}
        return
    states = {ENROLLED: vendor.enrolled(layout, options), ACTIVE: vendor.probes(layout, options, vendor.ACTIVE)}
    yield {
        "unit": _units_of(layout),
        "path": {"paths": paths, "children_of": [], "listed": []},
        "product_state": {name: probes for name, probes in states.items() if probes},
        "resources": ["/opt"],
    }
    if KIT not in layout:
        yield installing(layout)
    elif options[KIT]:
        yield {KIT: [{"path": options[KIT], "form": layout[KIT]["form"]}]}
    if layout.get("packages"):
        yield {"package": {"names": list(layout["packages"]), "word": "", "in": []}}


def stage(provider: Provider, request: Request) -> Staged:
    """Return what has to be done to stage the provider; nothing if it is already in place."""
    layout, options, evidence = request.layout, request.goal.options, request.evidence
    there = tuple(path for path in options["paths"] if (evidence.value("path", path) or {}).get("type") == "directory")
    missing = tuple(path for path in options["paths"] if path not in there)
    if not layout:
        return Staged(provider, {}, options, there, missing, ())
    problem = not_rehearsed(evidence, "install")
    bringing = [*_installation(layout, options, evidence), *_enrolment(provider, layout, options, evidence)]
    if provider.coexistence == EXCLUSIVE:
        checked = [_kit_check(step) for step in bringing if step.kind == "kit_install"]
        effects = tuple(effect for step in bringing for effect in step.effects)
        install = tuple({"kind": step.kind, "target": step.target} for step in bringing)
        return Staged(provider, layout, options, there, missing, tuple(checked), problem, install, effects)
    steps = [*(_kit_check(step) for step in bringing if step.kind == "kit_install"), *bringing]
    steps += list(_units(layout, evidence, bool(steps)))
    if steps:
        steps += list(_proof(provider, layout, options))
    return Staged(provider, layout, options, there, missing, tuple(steps), problem)


def is_installed(layout: dict[str, Any], evidence: Evidence) -> bool:
    """Return True if the product is installed: its package, or what its installer leaves, is there."""
    kit = layout.get(KIT, {})
    if "installed" in kit:
        return evidence.value("path", kit["installed"]) is not None
    return any((evidence.value("package", name) or {}).get("installed") for name in layout.get("packages", ()))


def _units_of(layout: dict[str, Any]) -> list[str]:
    return [layout["real_time"]["unit"], *(unit["name"] for unit in layout.get("units", ()))]


def _installation(layout: dict[str, Any], options: dict[str, Any], evidence: Evidence) -> Iterator[Step]:
    if KIT not in layout:
        yield from packages(layout, evidence)
        return
    seen = evidence.value(KIT, options[KIT])
    changes = [dict(change) for change in (evidence.value("package_change", KIT) or {}).get("changes", ())]
    is_package = layout[KIT]["form"] == "deb"
    if seen is None or (not changes if is_package else is_installed(layout, evidence)):
        return
    uninstall = vendor.commands(layout.get("uninstall", []), options)
    target = {"path": options[KIT], "sha256": options[CHECKSUM], "uninstall": uninstall}
    if is_package:
        target["changes"] = changes
    else:
        target["argv"] = vendor.filled(layout[KIT]["argv"], options)
        target.update(limit=layout[KIT]["limit"], installed=layout[KIT]["installed"])
    yield Step(
        STAGE,
        "kit_install",
        f"Install from {options[KIT]}",
        target,
        "\n".join(f"{change['name']} {change['old'] or 'not installed'}" for change in changes) or "not installed",
        "\n".join(f"{change['name']} {change['new']}" for change in changes) or f"{target.get('installed')}: there",
        (f"kit:{options[KIT]}",),
        (
            *({"package": change["name"], "change": "changed" if change["old"] else "created"} for change in changes),
            *(dict(effect) for effect in layout.get("package_effects", ())),
        ),
        "It is removed in the vendor's way, and newly installed packages are purged.",
    )


def _kit_check(install: Step) -> Step:
    path, checksum = install.target["path"], install.target["sha256"]
    return Step(
        STAGE,
        "kit_check",
        f"Check that {path} is the approved installer",
        {"path": path, "sha256": checksum},
        "not tested",
        f"SHA-256 {checksum}",
        install.reasons,
    )


def _enrolment(
    provider: Provider, layout: dict[str, Any], options: dict[str, Any], evidence: Evidence
) -> Iterator[Step]:
    state = evidence.value("product_state", ENROLLED)
    if "enrolment" not in layout or (state is not None and state["result"] == "ok"):
        return
    told = layout["enrolment"]
    steps = [_enrolment_step(step, options) for step in told["steps"]]
    files = [step["file"] for step in steps if "file" in step]
    names = sorted({name for step in steps for name in secrets_of(step)})
    yield Step(
        STAGE,
        "enrol",
        f"Enrol {provider.name}",
        {
            "name": provider.name,
            "probes": vendor.enrolled(layout, options),
            "steps": steps,
            "secrets": names,
            "retries": told["retries"],
            "delay": told["delay"],
            "undo": vendor.commands(told.get("undo", []), options),
        },
        "not enrolled",
        "enrolled, with the secrets " + ", ".join(names),
        ("product_state:enrolled",) if state is not None else (),
        (
            *({"path": path, "scope": "file", "change": "created"} for path in files),
            *(dict(effect) for effect in told.get("effects", ())),
        ),
        "It is undone in the vendor's way; new files are deleted.",
    )


def _enrolment_step(step: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    return {**step, "argv": vendor.filled(step["argv"], options)} if "argv" in step else dict(step)


def secrets_of(step: dict[str, Any]) -> set[str]:
    """Return the names of the secrets that one step of an enrolment needs."""
    named = {step[key] for key in ("secret", "stdin") if key in step} | set(step.get("environment", {}).values())
    return named | argument_secrets(step)


def argument_secrets(step: dict[str, Any]) -> set[str]:
    """Return the names of the secrets that a step puts into a command's arguments, as no other way is known."""
    return {name for word in step.get("argv", ()) for name in SECRET.findall(word)}


def _units(layout: dict[str, Any], evidence: Evidence, changed: bool) -> Iterator[Step]:
    for name in _units_of(layout):
        seen = evidence.value("unit", name)
        if seen is not None and seen["active"] == "active" and seen["enabled"] == "enabled":
            continue
        if seen is None and not changed:
            continue
        before = "not there" if seen is None else f"{seen['active']}, {seen['enabled'] or 'static'} at boot"
        link = {"path": f"/etc/systemd/system/*.wants/{name}", "scope": "glob", "change": "created"}
        yield Step(
            STAGE,
            "unit",
            f"Start {name}",
            {
                "name": name,
                "running": True,
                "enabled": True,
                "newer_than": [],
                "needs_data": False,
                "also_reload": [],
            },
            f"{name}: {before}",
            f"{name}: running, enabled at boot",
            () if seen is None else (f"unit:{name}",),
            (link,) if seen is not None and seen["enabled"] != "enabled" else (),
            "It is stopped again.",
        )


def _proof(provider: Provider, layout: dict[str, Any], options: dict[str, Any]) -> Iterator[Step]:
    probes = vendor.probes(layout, options, vendor.STAGED)
    if probes:
        names = [check["id"] for probe in probes for check in probe["checks"]]
        yield Step(
            STAGE,
            "prove_state",
            f"Check what {provider.name} reports while it is still passive",
            {"name": provider.name, "probes": probes, "limit": STAGED_LIMIT},
            "not tested",
            "ok: " + ", ".join(names),
            (),
        )
