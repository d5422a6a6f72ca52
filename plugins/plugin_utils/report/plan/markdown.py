# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of a fleet as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...plan.model import PARTS
from .. import words
from ..escape import cell, fenced
from . import apart, change_form, prose, rings
from .changes import diff
from .forecasts import Forecast, limits
from .view import Group, Told, View

# How many hosts with their own results are named; plan.csv and plan.html name all of them.
MOST_NAMED = 20


def render(view: View) -> str:
    """Return plan.md."""
    parts = [
        _head(view),
        _refusals(view),
        _classes(view),
        _forecasts(view),
        _not_planned(view),
        _rollout(view),
        _change_form(view),
        *(_class(view, group) for group in view.groups),
        _hosts(view),
        ["## Limits of the method", "", *_listed(prose.LIMITS)],
    ]
    return "\n".join(line for part in parts for line in part)


def _head(view: View) -> Iterator[str]:
    document = view.document
    yield f"# {cell(prose.title(view))}"
    yield ""
    yield f"{cell(prose.purpose(view))} Nothing has been changed yet."
    yield ""
    yield f"Digest to approve: `{document['digest']}`"
    yield ""
    yield cell(prose.bound(view))
    yield ""
    counts = ", ".join(f"{hosts:,} {fate}" for fate, hosts in view.fates().items())
    facts = [
        ("Hosts", f"{view.total:,}", f"{counts}, {len(document['not_planned']):,} not planned"),
        ("Longest unprotected window", *prose.longest_window(view)),
        ("Reboots", *prose.reboots(view)),
        ("Not known", *prose.not_known(view)),
        ("Made by", f"collection {document['collection_version']}", f"catalog {document['catalog_digest'][:12]}"),
    ]
    yield from _table(["what", "in short", "in words"], facts)


def _refusals(view: View) -> Iterator[str]:
    if view.refusals():
        yield "## Currently refused"
        yield ""
        rows = [
            (hosts, check["id"], check["level"], check["title"], check["remediation"])
            for check, hosts in view.refusals().values()
        ]
        yield from _table(["hosts", "id", "level", "why", "what to do"], rows)


def _classes(view: View) -> Iterator[str]:
    yield "## Classes: hosts that share a plan"
    yield ""
    rows = [
        (
            group.number,
            len(group.entries),
            words.findings(group.plan),
            words.to_do(group.plan),
            words.digest(group.plan),
        )
        for group in view.groups
    ]
    yield from _table(["class", "hosts", "found", "to do", "digest"], rows)


def _forecasts(view: View) -> Iterator[str]:
    if not view.forecasts:
        return
    yield "## Forecasts: hosts that are checked but not changed"
    yield ""
    yield f"{cell(apart.platforms_of(view))} {cell(apart.foretold(view))}"
    yield ""
    rows = [
        (one.label, len(one.hosts), one.system, one.found, len(one.content["steps"]), one.settle)
        for one in view.forecasts
    ]
    yield from _table(["class", "hosts", "system", "found", "steps forecast", "to fix first"], rows)
    for one in view.forecasts:
        yield from _forecast(one)
    yield from _listed(limits(view.forecasts))


def _forecast(one: Forecast) -> Iterator[str]:
    yield f"### Forecast {one.label}: {words.counted(len(one.hosts), 'host')}"
    yield ""
    yield from _listed(
        [f"hosts: {', '.join(one.hosts)}", *(f"could not be checked: {told}" for told in one.content["unknowns"])]
    )
    rows = [tuple(check[name] for name in ("level", "id", "title", "diagnosis", "remediation")) for check in one.checks]
    yield from _table(["level", "id", "what", "diagnosis", "what to do"], rows)
    for step in one.content["steps"]:
        yield f"- **{cell(step['id'])}** {cell(step['title'])}"
        yield from (f"  - {cell(detail)}" for detail in step["details"])
    yield ""
    yield from _packages_of(one)


def _packages_of(one: Forecast) -> Iterator[str]:
    """Yield what the packages remove, and their vendors' own actions."""
    for package, gone in one.packages():
        name, code, state, why = (cell(package[key]) for key in ("name", "code", "state", "why"))
        yield f"Package of {name} {code}: {state} {why}"
        yield ""
        yield from _listed(f"{kind}: {told}" for kind, told in gone)


def _not_planned(view: View) -> Iterator[str]:
    if view.document["not_planned"]:
        yield "## Not planned"
        yield ""
        yield from _listed(f"{host}: {why}" for host, why in view.document["not_planned"].items())


def _rollout(view: View) -> Iterator[str]:
    if view.rings():
        yield "## Rings of the rollout"
        yield ""
        yield from _table(list(rings.HEADER), rings.rows(view))
        yield from _listed(rings.sentences(view))


def _change_form(view: View) -> Iterator[str]:
    for heading, sentences in change_form.answers(view).values():
        yield f"## {heading}"
        yield ""
        yield from (f"{number}. {cell(sentence)}" for number, sentence in enumerate(sentences, 1))
        yield ""


def _class(view: View, group: Group) -> Iterator[str]:
    plan, goal = group.plan, group.plan["goal"]
    yield f"## Class {group.number}: {words.counted(len(group.entries), 'host')}, {group.fate}"
    yield ""
    yield f"{cell(plan['system']['system'])} {cell(plan['system']['version'])}."
    yield f"Goal: Kaspersky {cell(goal['kaspersky'])}, replacement {cell(goal['provider'])}. Digest `{group.digest}`"
    yield ""
    yield f"Unprotected window: {cell(prose.window(view, group))}"
    yield ""
    yield from _findings(group)
    yield from _preflight(group)
    yield from _packages(group)
    yield from _retained(group)
    for part in PARTS:
        yield from _part(group, part)
    yield from _assumptions(view, group)


def _findings(group: Group) -> Iterator[str]:
    plan = group.plan
    yield "### Findings"
    yield ""
    for finding in plan["findings"]:
        version = finding["version"] or "version not known"
        mode = f", as {finding['mode']}" if finding.get("mode") else ""
        facts = f"{finding['class']}, {words.state(finding)}, {finding['confidence']}{mode}"
        yield f"- **{cell(finding['name'])}** ({cell(version)}): {cell(facts)}"
        yield f"  - because of {', '.join(cell(reason) for reason in finding['reasons'])}"
    if not plan["findings"]:
        yield f"- {words.nothing_found(plan)}"
    yield from (f"- could not be checked: {cell(unknown)}" for unknown in plan["unknowns"])
    yield ""


def _preflight(group: Group) -> Iterator[str]:
    yield "### Preflight"
    yield ""
    rows = [
        (
            told.check["level"] + (", accepted" if told.check["accepted"] else ""),
            told.check["id"],
            told.check["title"],
            told.check["diagnosis"],
            told.check["remediation"] if told.check["level"] != "ok" else "",
            "all" if told.alike else _some(told),
        )
        for told in group.told
    ]
    yield from _table(["level", "id", "what", "diagnosis", "what to do", "hosts"], rows)


def _some(told: Told) -> str:
    more = len(told.hosts) - MOST_NAMED
    return ", ".join(told.hosts[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _packages(group: Group) -> Iterator[str]:
    told = [(change, group.packages(change)) for change in ("removed", "created", "changed")]
    if any(names for _change, names in told):
        yield "### Packages"
        yield ""
        words_of = {"removed": "removed", "created": "installed", "changed": "changed"}
        yield from _listed(f"{words_of[change]}: {', '.join(names)}" for change, names in told if names)


def _retained(group: Group) -> Iterator[str]:
    if group.retained:
        yield "### Archived data (sizes change by themselves and are not in the digest)"
        yield ""
        for path, (files, octets) in group.retained.items():
            yield f"- {cell(path)}: {words.counted(files, 'file')}, {prose.size(octets)}"
        yield ""


def _part(group: Group, part: str) -> Iterator[str]:
    if not group.steps[part]:
        return
    yield f"### {prose.PARTS[part]}"
    yield ""
    yield f"If it stops here: {cell(prose.stops(part))}"
    yield ""
    for step in group.steps[part]:
        yield f"**{cell(step['id'])}** {cell(step['title'])}"
        yield ""
        yield fenced(diff(step), "diff")
        yield ""
        if step["undo"]:
            yield f"Back-out: {cell(step['undo'])}"
            yield ""


def _assumptions(view: View, group: Group) -> Iterator[str]:
    provider = view.provider(group)
    if provider and group.steps["stage"]:
        yield "### Assumptions"
        yield ""
        yield from _listed(provider["claims"])


def _hosts(view: View) -> Iterator[str]:
    yield "## Hosts"
    yield ""
    rows = [
        (
            host.name,
            host.number,
            host.verdict,
            host.ring or "-",
            f"{host.files}",
            words.particular(host.own, host.begun),
        )
        for group in view.groups
        for host in group.hosts()
    ]
    yield from _table(["host", "class", "verdict now", "ring", "files archived", "only on this host"], rows)


def _table(header: list[str], rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(header) + " |"
    yield "| " + " | ".join("---" for _name in header) + " |"
    yield from ("| " + " | ".join(cell(value) for value in row) + " |" for row in rows)
    yield ""


def _listed(lines: Iterable[str]) -> Iterator[str]:
    yield from (f"- {cell(line)}" for line in lines)
    yield ""
