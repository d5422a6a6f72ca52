# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Steps that install the replacement, configured and tested on demand, its real-time part still off."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from .....module_utils.agreed.linux import INSTALL
from ....catalog.model import Provider
from ....detect.evidence import Evidence
from ....plan.model import STAGE, Step
from ....plan.request import Request
from ....plan.settings import directories
from ....plan.staged import Staged
from . import services
from .layout_files import File, files, signatures


def probes_for(provider: Provider, layout: dict[str, Any], chosen: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the probes of a provider with a layout, and what would be installed; the options are settled."""
    written = [file.path for file in files(layout, chosen)]
    folders = [folder for path in written for folder in _folders(path) if folder != "/"]
    effects = layout.get("package_effects", ())
    folders += [effect["path"] for effect in effects if effect.get("scope") in ("file", "tree")]
    yield {
        "unit": _ordered(services.names(layout)),
        "file_text": _ordered(written),
        "path": {"paths": _ordered([*folders, *directories(provider, chosen)]), "children_of": [], "listed": []},
        "debconf": _ordered(answer["question"] for answer in layout.get("debconf", ())),
        "named_entry": list(_silencing(layout)),
        "selinux_boolean": _booleans(layout, chosen),
    }
    yield installing(layout)


def _silencing(layout: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Yield what to ask for the files by which the engine's own signatures are silenced."""
    told = layout.get("signatures", {})
    for ending in told.get("silencing", ()):
        yield {"directory": told["directory"], "name": f"*.{ending}"}


def _booleans(layout: dict[str, Any], options: dict[str, Any]) -> list[str]:
    return list(options[layout["selinux"]["option"]]) if "selinux" in layout else []


def installing(layout: dict[str, Any]) -> dict[str, Any]:
    """Return the probe that asks what installing a layout's packages would change."""
    manager = layout.get("manager", "apt-get") if layout.get("packages") else ""
    return {"package_change": {"manager": manager, "install": list(layout.get("packages", ())), "remove": []}}


def layout_of(provider: Provider, host: dict[str, Any]) -> dict[str, Any]:
    """Return the provider's layout for a host's system by the nearest family name, with the names of the packages that
    it gets there; {} where there is none.
    """
    layout = next((provider.platforms[name] for name in host.get("family", ()) if name in provider.platforms), {})
    if "packages" not in layout:
        return layout
    system = f"{host.get('system')} {host.get('version')}"
    told = [{"name": package} if isinstance(package, str) else package for package in layout["packages"]]
    return {**layout, "packages": [package["name"] for package in told if system not in package.get("not_on", ())]}


def stage(provider: Provider, request: Request) -> Staged:
    """Return what has to be done to stage the provider; nothing if it is already in place."""
    layout, chosen, evidence = request.layout, request.goal.options, request.evidence
    there = tuple(path for path in chosen["paths"] if _is_directory(path, evidence))
    missing = tuple(path for path in chosen["paths"] if path not in there)
    if not layout:
        return Staged(provider, {}, chosen, there, missing, ())
    on_host = {
        name: [path for path in value if _is_directory(path, evidence)]
        if provider.rules[name].get("existing")
        else value
        for name, value in chosen.items()
    }
    wanted = files(layout, on_host)
    written = list(_files(wanted, evidence))
    before = [*_answers(layout, evidence), *_switches(layout, chosen, evidence), *packages(layout, evidence)]
    steps = [*before, *_check_signatures(layout, chosen, written), *written]
    steps += services.steps(
        layout, chosen, evidence, bool(before), wanted, {str(step.target["path"]) for step in written}
    )
    if steps:
        steps.append(_proof(layout))
    return Staged(provider, layout, chosen, there, missing, tuple(steps), not_rehearsed(evidence, "install"))


def _is_directory(path: str, evidence: Evidence) -> bool:
    return (evidence.value("path", path) or {}).get("type") == "directory"


def _folders(path: str) -> list[str]:
    """Return a file's directory and its parent, which writing the file may have to create."""
    folder = posixpath.dirname(path)
    return [posixpath.dirname(folder), folder]


def _ordered(values: Any) -> list[Any]:
    return list(dict.fromkeys(values))


def not_rehearsed(evidence: Evidence, what: str) -> str:
    """Return why it is unknown what installing would do, that is, which simulation failed; '' if it is known."""
    items = (evidence.items.get(f"package_change:{name}", {}) for name in (what, "all"))
    return next((str(item["unknown"]) for item in items if "unknown" in item), "")


def _answers(layout: dict[str, Any], evidence: Evidence) -> Iterator[Step]:
    for answer in layout.get("debconf", ()):
        current = (evidence.value("debconf", answer["question"]) or {}).get("value")
        if current != answer["value"]:
            yield Step(
                STAGE,
                "debconf",
                f"Preset the answer to {answer['question']}",
                {**{key: answer[key] for key in ("owner", "question", "type", "value")}, "before": current},
                f"{answer['question']}: {'no answer' if current is None else current}",
                f"{answer['question']}: {answer['value']}",
                (f"debconf:{answer['question']}",),
                ({"path": "/var/cache/debconf", "scope": "tree", "change": "changed"},),
                "The previous answer is restored.",
            )


def _files(wanted: list[File], evidence: Evidence) -> Iterator[Step]:
    for file in wanted:
        seen = evidence.value("file_text", file.path) or {}
        before = seen.get("text")
        text = file.within(before or "")
        if before == text:
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
                "after": text,
                "parents": made,
                "after_packages": file.after_packages,
                "anyhow": file.after_packages and before is None,
            },
            before if before is not None else "",
            text,
            (f"file_text:{file.path}",) if before is not None else (),
            tuple(effects),
            "The previous text is restored; a new file is deleted.",
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
    changes = [change for change in simulated["changes"] if change["action"] == INSTALL]
    removed = [change["name"] for change in simulated["changes"] if change["action"] != INSTALL]
    if not changes or removed:
        return
    yield Step(
        STAGE,
        "packages_install",
        "Install " + ", ".join(simulated["names"]),
        {
            "names": simulated["names"],
            "changes": changes,
            "by": simulated["manager"],
            "trees": _new_trees(layout, evidence),
        },
        "\n".join(f"{change['name']} {change['old'] or 'not installed'}" for change in changes),
        "\n".join(f"{change['name']} {change['new']}" for change in changes),
        ("package_change:install",),
        (
            *({"package": change["name"], "change": "changed" if change["old"] else "created"} for change in changes),
            *(dict(effect) for effect in layout.get("package_effects", ()) if _is_expected(effect, evidence)),
        ),
        "Newly installed packages are removed with their configuration; those that apt installed also with the "
        "directories they made.",
    )


def _new_trees(layout: dict[str, Any], evidence: Evidence) -> list[str]:
    """Return the directories that the packages' scripts and services make, and that purging may leave behind."""
    made = [effect for effect in layout.get("package_effects", ()) if effect.get("scope") == "tree"]
    return [
        effect["path"]
        for effect in made
        if effect["change"] == "created" and f"path:{effect['path']}" not in evidence.items
    ]


def _switches(layout: dict[str, Any], options: dict[str, Any], evidence: Evidence) -> Iterator[Step]:
    """Yield a step for each SELinux boolean that exists on the host and is off."""
    for name in _booleans(layout, options):
        seen = evidence.value("selinux_boolean", name)
        if seen is not None and not seen["on"]:
            yield Step(
                STAGE,
                "selinux_boolean",
                f"Switch SELinux' {name} on",
                {"name": name, "on": True},
                f"{name}: off",
                f"{name}: on, after a restart too",
                (f"selinux_boolean:{name}",),
                tuple(dict(effect) for effect in layout["selinux"]["effects"]),
                "It is switched off again.",
            )


def _check_signatures(layout: dict[str, Any], options: dict[str, Any], written: list[Step]) -> Iterator[Step]:
    """Yield the step that test-loads the site's signatures separately, if any of them is to be written."""
    new = {str(step.target["path"]) for step in written}
    given = {file.path: file.text for file in signatures(layout, options) if file.path in new}
    if given:
        names = sorted(posixpath.basename(path) for path in given)
        yield Step(
            STAGE,
            "signatures_check",
            f"Load {', '.join(names)} separately, before the engine gets them",
            {
                **layout["signatures"]["check"],
                "files": {posixpath.basename(path): text for path, text in given.items()},
            },
            "not loaded",
            "each one loads; a file that does not would keep the engine from loading anything",
            (),
        )


def _proof(layout: dict[str, Any]) -> Step:
    engine = layout["engine"]
    return Step(
        STAGE,
        "prove_on_demand",
        "Test through the engine's socket that it detects the test string and passes clean bytes",
        {"socket": engine["socket"], "unit": engine["unit"], "limit": engine["limit"]},
        "not tested",
        "test string detected, clean bytes passed; nothing was written to the disk",
        (),
    )
