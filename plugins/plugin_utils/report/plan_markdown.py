# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of a fleet as a document for people."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from ..plan.diff import of_step
from ..plan.model import PARTS, expanded
from . import words
from .escape import cell, fenced

HEADER_LINES = 2
HEADINGS = {
    "stage": "Stage: the replacement is put in place and proven on demand, its real-time part still off",
    "handover": "Handover: Kaspersky's real-time protection stops, the replacement's starts and is proven",
    "remove": "Remove: everything of Kaspersky's goes, after the owner's data is retained",
}


def render(document: dict[str, Any], records: list[dict[str, Any]]) -> str:
    """Return plan.md for a plan document and the dry run's records, one a host."""
    return "\n".join([*_head(document, records), *(line for record in records for line in _host(record))]) + "\n"


def _head(document: dict[str, Any], records: list[dict[str, Any]]) -> Iterator[str]:
    yield "# Plan: take the fleet off Kaspersky"
    yield ""
    yield f"{len(records)} hosts, nothing changed yet. Digest of the whole plan: `{document['digest']}`"
    yield ""
    yield f"Collection {cell(document['collection_version'])}, catalog `{document['catalog_digest'][:12]}`."
    yield "To carry it out:"
    yield "`ansible-playbook avshift.endpoint.migrate -e endpoint_migrate_approved_plan=PATH/plan.json`"
    yield ""
    yield "A host whose plan has become another one by then is refused, and the others go on."
    yield ""
    yield "| host | found | to do | verdict now | digest |"
    yield "| --- | --- | --- | --- | --- |"
    for record in records:
        plan = record["plan"]
        row = [record["host"], words.findings(plan), words.to_do(record), record["verdict"], words.digest(plan)]
        yield "| " + " | ".join(cell(value) for value in row) + " |"
    yield ""
    if document["not_planned"]:
        yield "## Not planned"
        yield ""
        yield from (f"- {cell(host)}: {cell(why)}" for host, why in document["not_planned"].items())
        yield ""


def _host(record: dict[str, Any]) -> Iterator[str]:
    plan = record["plan"]
    if plan is None:
        return
    yield f"## {cell(record['host'])}"
    yield ""
    system, goal = plan["system"], plan["goal"]
    yield f"{cell(system['system'])} {cell(system['version'])}."
    yield f"Goal: Kaspersky {cell(goal['kaspersky'])}, replacement {cell(goal['provider'])}. Digest `{plan['digest']}`"
    yield ""
    yield from _findings(plan)
    yield from _preflight(plan)
    yield from _retained(plan)
    for part in PARTS:
        yield from _part(plan, part)


def _findings(plan: dict[str, Any]) -> Iterator[str]:
    yield "### Findings"
    yield ""
    for finding in plan["findings"]:
        version = finding["version"] or "version not known"
        mode = f", as {finding['mode']}" if finding.get("mode") else ""
        facts = f"{finding['class']}, {words.state(finding)}, {finding['confidence']}{mode}"
        yield f"- **{cell(finding['name'])}** ({cell(version)}): {cell(facts)}"
        yield f"  - because of {', '.join(cell(reason) for reason in finding['reasons'])}"
    if not plan["findings"]:
        yield "- nothing of Kaspersky's was found"
    yield from (f"- could not be checked: {cell(unknown)}" for unknown in plan["unknowns"])
    yield ""


def _preflight(plan: dict[str, Any]) -> Iterator[str]:
    yield "### Preflight"
    yield ""
    yield "| level | id | what | this host | what to do |"
    yield "| --- | --- | --- | --- | --- |"
    for check in plan["preflight"]:
        level = check["level"] + (", accepted" if check["accepted"] else "")
        row = [
            level,
            check["id"],
            check["title"],
            check["diagnosis"],
            check["remediation"] if check["level"] != "ok" else "",
        ]
        yield "| " + " | ".join(cell(value) for value in row) + " |"
    yield ""


def _retained(plan: dict[str, Any]) -> Iterator[str]:
    if plan["shown"]["retained"]:
        yield "### Retained (sizes change by themselves and are not in the digest)"
        yield ""
        for path, size in plan["shown"]["retained"].items():
            yield f"- {cell(path)}: {cell(size['files'])} files, {cell(size['bytes'])} bytes"
        yield ""


def _part(plan: dict[str, Any], part: str) -> Iterator[str]:
    mine = [step for step in expanded(plan["steps"], plan["digest"], "") if step["part"] == part]
    if not mine:
        return
    yield f"### {HEADINGS[part]}"
    yield ""
    for step in mine:
        yield f"**{cell(step['id'])}** {cell(step['title'])}"
        yield ""
        yield fenced(diff(step), "diff")
        yield ""
        if step["undo"]:
            yield f"Back-out: {cell(step['undo'])}"
            yield ""


def diff(step: dict[str, Any]) -> str:
    """Return a step's before and after as a unified diff without its header."""
    shown = of_step(step)
    before, after = (shown[side].removesuffix("\n").split("\n") if shown[side] else [] for side in ("before", "after"))
    lines = list(difflib.unified_diff(before, after, lineterm="", n=3))
    return "\n".join(line for line in lines[HEADER_LINES:] if not line.startswith("@@"))
