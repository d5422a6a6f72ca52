"""Read the cases under tests/fixtures; their short form is described in tests/fixtures/README.md."""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import Any

import windows_cases
import yaml
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.lines import mentioned_lines, mentions
from ansible_collections.avshift.endpoint.plugins.module_utils.collect.look import Look
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog import loader
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog.model import Catalog
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect import probes
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.evidence import Evidence
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux import removal

REPOSITORY = Path(__file__).resolve().parents[2]
FIXTURES = REPOSITORY / "tests" / "fixtures"
CATALOG: Catalog = loader.load()
# An image that contains nothing.
NOWHERE = FIXTURES / "outputs" / "certificates.subject"
HOST = {
    "system": "debian",
    "version": "12",
    "family": ["debian"],
    "name": "host",
    "kernel": "6.1.0-0",
    "python": "3.11.2",
    "init": "systemd",
}


def load_yaml(path: Path) -> Any:
    """Return the content of a YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


DEFAULTS: dict[str, dict[str, Any]] = load_yaml(FIXTURES / "evidence-defaults.yml")


def cases(folder: str, pattern: str = "*.yml") -> list[Path]:
    """Return the case files below a folder of the fixtures, by name."""
    return sorted((FIXTURES / folder).rglob(pattern))


def name_of(path: Path) -> str:
    """Return a case's name as pytest shows it: its folder and its stem."""
    return f"{path.parent.name}/{path.stem}"


def item(short: dict[str, Any]) -> dict[str, Any]:
    """Return an evidence item as a collector returns it, from its short form."""
    kind, what = next(iter(short.items()))
    given = dict(list(short.items())[1:])
    where = given.pop("where", _where(kind, what))
    head = {"id": f"{kind}:{what}", "kind": kind, "what": what, "where": where}
    if "unknown" in given:
        return {**head, "unknown": given["unknown"]}
    return {**head, "value": _value(kind, what, {**DEFAULTS[kind], **given})}


def _where(kind: str, what: str) -> str:
    fixed = {"package": "/var/lib/dpkg/status", "process": "/proc", "interceptor": "/proc", "group": "/etc/group"}
    own = {"link_into": posixpath.dirname(what), "ini_section": what.partition("[")[0], "package_change": "apt-get -s"}
    return {**fixed, **own}.get(kind, what)


def _value(kind: str, what: str, value: dict[str, Any]) -> dict[str, Any]:
    if kind == "package" and value["manager"] == "rpm":
        value.update(
            name=what.rpartition(".")[0], architecture=what.rpartition(".")[2], status="installed", installed=True
        )
    elif kind == "package":
        value.setdefault("name", what.partition(":")[0])
        value["installed"] = str(value["status"]).split(" ")[1:] == ["ok", "installed"]
    if kind == "path" and value["type"] == "directory":
        value.setdefault("children", [])
    if kind == "mention" and "text" in value:
        # What a case says about the file itself takes precedence.
        told = {key: told for key, told in value.items() if key != "lines"}
        value = {**_of_text(what, value["place"], told.pop("text").encode()), **told}
    if kind == "package_change":
        value["changes"] = [dict(zip(("action", "name", "old", "new"), line, strict=True)) for line in value["changes"]]
    return value


def _of_text(path: str, place: str, data: bytes) -> dict[str, Any]:
    """Return what a collector reports about a file that names products, from its text."""
    asked = probes.merged(platforms.detection(CATALOG.products), *removal.probes(list(CATALOG.products)))["mention"]
    expression = mentions.expression_for(asked)
    lines = [f"{number}: {line}" for number, line in mentions.lines_naming(data, expression)]
    return {"lines": lines, **mentioned_lines.describe(path, place, data, expression, Look(str(NOWHERE)))}


def collected(case: dict[str, Any]) -> dict[str, Any]:
    """Return a collector's whole answer from a case with ``evidence`` and, where it differs, ``host``.

    For a case with ``windows``, it is the evidence from the answers of such a host.
    """
    if "windows" in case:
        return windows_cases.collected(case, CATALOG)
    items = sorted((item(short) for short in case["evidence"]), key=lambda found: str(found["id"]))
    return {"evidence": items, "host": {**HOST, **case.get("host", {})}, "live": case.get("live", True)}


def evidence(case: dict[str, Any]) -> Evidence:
    """Return the same in the form that the engine uses."""
    return platforms.evidence(collected(case))
