# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""OSCAL assessment results: each host is an inventory item with an observation, each verdict a finding.

OSCAL knows satisfied and not-satisfied. What is not known is not satisfied, with the reason ``other``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, UUID, uuid5

from ...catalog.packs import ALLOWED, REMOVE, REPORT, REVIEW
from ...record.verdict import CLEAN, EXCEPTED, PENDING_CONSOLE, PLANNED, UNKNOWN
from ..escape import visible
from ..words import counted
from ..words import verdict as told_verdict
from .fleet import Each, Report, encode, written
from .tally import NOTHING

VERSION = "1.1.2"
HOME = "https://github.com/avshift/endpoint"
SPACE = uuid5(NAMESPACE_URL, HOME)
LIMIT = 2000
EPOCH = "1970-01-01T00:00:00Z"
# Verdicts that are neither a pass nor a failure, and (state, reason) of a target by what a rule asks for.
PREVIEW = "preview: "
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
    return written({"assessment-results": _document(report)})


def _document(report: Report) -> dict[str, Any]:
    head = report.head
    plan = str(identity("plan", *report_key(head)))
    resource = {"uuid": plan, "title": "Plan", "description": "The plan.json that was approved for the change."}
    return {
        "uuid": str(identity("assessment-results", *report_key(head))),
        "metadata": metadata(head, "Assessment of a fleet against its plan"),
        "import-ap": {"href": f"#{plan}"},
        "results": [_result(report)],
        "back-matter": {"resources": [resource]},
    }


def _result(report: Report) -> dict[str, Any]:
    totals = report.head["totals"]
    result: dict[str, Any] = {
        "uuid": str(identity("result", *report_key(report.head))),
        "title": "Verdicts on a fleet",
        "description": _description(report.head),
        "start": totals["oldest"] or EPOCH,
        "end": totals["newest"] or EPOCH,
        "reviewed-controls": {"control-selections": [{"include-all": {}}]},
    }
    return {**result, **_of_hosts(report)} if totals["hosts"] else result


def _of_hosts(report: Report) -> dict[str, Any]:
    return {
        "local-definitions": {"inventory-items": Each(lambda: map(item, report.hosts()))},
        "observations": Each(lambda: map(observation, report.hosts())),
        "findings": list(_findings(report)),
    }


def _findings(report: Report) -> Iterator[dict[str, Any]]:
    """Yield a finding for each verdict, and for each rule and what it asks for."""
    verdicts: dict[str, list[str]] = {}
    rules: dict[tuple[str, str], list[str]] = {}
    for host in report.hosts():
        seen = str(identity("observation", host["file"]))
        verdicts.setdefault(PREVIEW * host["preview"] + host["verdict"], []).append(seen)
        for rule, said in host["dispositions"].items():
            rules.setdefault((rule, said or NOTHING), []).append(seen)
    for verdict, seen_by in sorted(verdicts.items()):
        state = (
            ("satisfied", "pass")
            if verdict in CLEAN
            else ("not-satisfied", "other" if verdict in OTHER or verdict.startswith(PREVIEW) else "fail")
        )
        yield _finding("verdict", verdict, state, seen_by)
    for (rule, said), seen_by in sorted(rules.items()):
        yield _finding(rule, said, SAID[said], seen_by)


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
        f"{counted(totals['hosts'], 'host')}, {totals['clean']} of them clean, from their records. "
        f"{counted(len(head['damaged']), 'record')} could not be read. Measured against: {rules or 'no rule'}."
    )


def item(host: dict[str, Any]) -> dict[str, Any]:
    """Return a host as an inventory item."""
    props = [
        {"name": "asset-id", "value": words(host["host"])},
        {"name": "verdict", "ns": HOME, "value": words(host["verdict"])},
        {"name": "plan", "ns": HOME, "value": words(host["class"] or "none")},
        {"name": "platform", "ns": HOME, "value": words(host["platform"])},
    ]
    return {"uuid": str(identity("host", host["file"])), "description": words(host["host"]), "props": props}


def observation(host: dict[str, Any]) -> dict[str, Any]:
    """Return what was seen of a host."""
    seen = f"{host['host']}: {told_verdict(host)}" + (f". {host['reason']}" if host["reason"] else "")
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
    """Return what distinguishes this report from others."""
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
