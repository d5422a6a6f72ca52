# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""OSCAL assessment results: each host is an inventory item with an observation, each verdict a finding.

OSCAL knows satisfied and not-satisfied. What is not known is not satisfied, with the reason ``other``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, UUID, uuid5

from ...catalog.packs import ALLOWED, REMOVE, REPORT, REVIEW
from ...record.verdict import CLEAN, EXCEPTED, PENDING_CONSOLE, PLANNED, UNKNOWN
from ..escape import visible
from .fleet import Report, encode, listed
from .tally import NOTHING

VERSION = "1.1.2"
HOME = "https://github.com/avshift/endpoint"
SPACE = uuid5(NAMESPACE_URL, HOME)
LIMIT = 2000
EPOCH = "1970-01-01T00:00:00Z"
# Verdicts that are neither a pass nor a failure, and (state, reason) of a target by what a rule asks for.
OTHER = (PLANNED, UNKNOWN, EXCEPTED, PENDING_CONSOLE)
SAID = {
    NOTHING: ("satisfied", "pass"),
    ALLOWED: ("satisfied", "pass"),
    REPORT: ("satisfied", "other"),
    REVIEW: ("not-satisfied", "other"),
    REMOVE: ("not-satisfied", "fail"),
}


def text(report: Report) -> Iterator[str]:
    """Yield oscal-assessment-results.json."""
    head = report.head
    plan = identity("plan", *report_key(head))
    yield '{"assessment-results": {\n'
    yield f'"uuid": "{identity("assessment-results", *report_key(head))}",\n'
    yield f'"metadata": {encode(metadata(head, "Assessment of a fleet against its plan"))},\n'
    yield f'"import-ap": {{"href": "#{plan}"}},\n'
    yield f'"results": [{{\n"uuid": "{identity("result", *report_key(head))}",\n'
    yield f'"title": "Verdicts on a fleet",\n"description": {encode(_description(head))},\n'
    yield f'"start": "{head["totals"]["oldest"] or EPOCH}",\n"end": "{head["totals"]["newest"] or EPOCH}",\n'
    yield '"reviewed-controls": {"control-selections": [{"include-all": {}}]}'
    if head["totals"]["hosts"]:
        yield from _of_hosts(report)
    yield "\n}],\n"
    resource = {"uuid": str(plan), "title": "Plan", "description": "The plan.json that was approved for the change."}
    yield f'"back-matter": {{"resources": [{encode(resource)}]}}\n}}}}\n'


def _of_hosts(report: Report) -> Iterator[str]:
    yield ',\n"local-definitions": {"inventory-items": [\n'
    yield from listed(encode(item(host)) for host in report.hosts())
    yield ']},\n"observations": [\n'
    seen = _Seen({}, {})
    yield from listed(encode(seen.noted(host)) for host in report.hosts())
    yield '],\n"findings": [\n'
    yield from listed(_findings(seen))
    yield "]"


@dataclass
class _Seen:
    """Observations by what they found."""

    verdicts: dict[str, list[str]]
    rules: dict[tuple[str, str], list[str]]

    def noted(self, host: dict[str, Any]) -> dict[str, Any]:
        """Return a host's observation, and note it."""
        made = observation(host)
        self.verdicts.setdefault(host["verdict"], []).append(made["uuid"])
        for rule, said in host["dispositions"].items():
            self.rules.setdefault((rule, said or NOTHING), []).append(made["uuid"])
        return made


def _findings(seen: _Seen) -> Iterator[str]:
    """Yield a finding for each verdict, and for each rule and what it asks for."""
    for verdict, seen_by in sorted(seen.verdicts.items()):
        state = (
            ("satisfied", "pass") if verdict in CLEAN else ("not-satisfied", "other" if verdict in OTHER else "fail")
        )
        yield encode(_finding("verdict", verdict, state, seen_by))
    for (rule, said), seen_by in sorted(seen.rules.items()):
        yield encode(_finding(rule, said, SAID[said], seen_by))


def _finding(target: str, name: str, state: tuple[str, str], seen_by: list[str]) -> dict[str, Any]:
    return {
        "uuid": str(identity("finding", target, name)),
        "title": words(f"{target}: {name}"),
        "description": words(f"Hosts: {len(seen_by)}. {target}: {name}"),
        "target": {
            "type": "objective-id",
            "target-id": "endpoint-clean" if target == "verdict" else f"rule-{token(target)}",
            "status": {"state": state[0], "reason": state[1]},
        },
        "related-observations": [{"observation-uuid": uuid} for uuid in seen_by],
    }


def _description(head: dict[str, Any]) -> str:
    totals = head["totals"]
    rules = "; ".join(f"{words(told['name'])}, {words(told['citation'])}" for told in head["policies"])
    return (
        f"{totals['hosts']} hosts, {totals['clean']} of them clean, from their records. "
        f"{len(head['damaged'])} records could not be read. Measured against: {rules or 'no rule'}."
    )


def item(host: dict[str, Any]) -> dict[str, Any]:
    """Return a host as an inventory item."""
    props = [
        {"name": "asset-id", "value": words(host["host"])},
        {"name": "verdict", "ns": HOME, "value": words(host["verdict"])},
        {"name": "plan", "ns": HOME, "value": words(host["class"] or "none")},
    ]
    return {"uuid": str(identity("host", host["file"])), "description": words(host["host"]), "props": props}


def observation(host: dict[str, Any]) -> dict[str, Any]:
    """Return what was seen of a host."""
    seen = f"{host['host']}: {host['verdict']}" + (f". {host['reason']}" if host["reason"] else "")
    return {
        "uuid": str(identity("observation", host["file"])),
        "description": words(seen),
        "methods": ["TEST" if host["protection"] in ("ok", "bad") else "EXAMINE"],
        "types": ["finding"],
        "subjects": [{"subject-uuid": str(identity("host", host["file"])), "type": "inventory-item"}],
        "relevant-evidence": [{"href": _reference(host["file"]), "description": "The record of the host"}],
        "collected": host["time"],
    }


def _reference(file: str) -> str:
    return "records/" + quote(file.encode("utf-8", "surrogateescape"))


def metadata(head: dict[str, Any], title: str) -> dict[str, str]:
    """Return a document's metadata; its time is that of the newest record."""
    made_by = ", ".join(head["totals"]["collection_versions"]) or "unknown"
    modified = head["totals"]["newest"] or EPOCH
    return {"title": title, "last-modified": modified, "version": words(made_by), "oscal-version": VERSION}


def report_key(head: dict[str, Any]) -> tuple[str, ...]:
    """Return what tells this report from others."""
    return (encode(head["totals"]), encode(head["policies"]))


def identity(*parts: str) -> UUID:
    """Return the UUID of something by what it is: the same records give the same one."""
    return uuid5(SPACE, encode(parts))


def words(told: object) -> str:
    """Return text as OSCAL takes it: without hidden characters, without space at its ends, and not empty."""
    return visible(told, LIMIT).strip() or "-"


def token(told: str) -> str:
    """Return a name as OSCAL's tokens are."""
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in told)
