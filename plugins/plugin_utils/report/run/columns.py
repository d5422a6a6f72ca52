# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The columns of the tables for auditors, the same in report.csv and in the workbook."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from ...errors import NOT_BEGUN
from .. import words
from . import outcome

SHORT = 12
Row = list[Any]
HOSTS = (
    "host",
    "verdict",
    "clean",
    "why not clean",
    "predicted verdict",
    "deviations",
    "required by policy",
    "found before",
    "left after",
    "could not be checked",
    "not looked at",
    "steps planned",
    "steps changed",
    "steps not as planned",
    "steps not started",
    "window predicted",
    "window in seconds",
    "unprotected since",
    "protection",
    "silence",
    "what is not silent",
    "other vendors' products",
    "files to archive",
    "files archived",
    "bytes archived",
    "archives",
    "exceptions",
    "class",
    "change",
    "mode",
    "time",
    "record",
    "platform",
    "preview",
)
FINDINGS = ("host", "when", "product", "name", "class", "version", "state", "confidence", "required by policy")
ACTIONS = ("class", "hosts", "step", "part", "kind", "title", "outcomes")
DEVIATIONS = ("host", "what", "predicted", "actual")
EXCEPTIONS = ("exception", "status", "for", "hosts", "approver", "expires", "reason")
DAMAGED = ("record", "problem")
COMPARED = (
    "result",
    "host",
    "device",
    "FQDN",
    "administration group",
    "server",
    "agent according to the server",
    "agent on the host",
    "last seen",
    "why",
)


def of_host(host: dict[str, Any]) -> Row:
    """Return a host as a row of HOSTS."""
    said, did = host["predicted"] or {}, host["actual"] or {}
    steps = did.get("steps", {})
    return [
        host["host"],
        host["verdict"],
        host["clean"],
        host["reason"],
        said.get("verdict"),
        "; ".join(f"{one['what']}: {one['predicted']}, was {one['actual']}" for one in host["deviations"]),
        asked_for(host),
        found(host["found"]),
        found(host["left"]),
        "; ".join(f"{unknown['id']}: {unknown['cause']}" for unknown in host["unknowns"]),
        "; ".join(f"{limit['id']}: {limit['what']}" for limit in host["limits"]),
        said.get("steps"),
        steps.get("changed", 0) if did else None,
        sum(count for word, count in steps.items() if word not in (*outcome.FINE, NOT_BEGUN)) if did else None,
        steps.get(NOT_BEGUN, 0) if did else None,
        said.get("window"),
        did.get("window_seconds"),
        did.get("unprotected_since"),
        host["protection"],
        host["silence"]["result"],
        "; ".join(f"{item['title']}: {item['diagnosis']}" for item in not_silent(host)),
        "; ".join(told["diagnosis"] for told in host["other_vendors"]),
        said.get("retained_files"),
        did.get("retained_files"),
        did.get("retained_bytes"),
        "; ".join(str(kept.get("archive", "")) for kept in host["retained"]),
        "; ".join(f"{exception['id']} ({exception.get('status', '')})" for exception in host["exceptions"]),
        (host["class"] or "")[:SHORT],
        host["change_id"],
        host["mode"],
        host["time"],
        host["file"],
        host["platform"],
        host["preview"],
    ]


def of_findings(host: dict[str, Any]) -> Iterator[Row]:
    """Yield what was found on a host, before and after, as rows of FINDINGS."""
    before = [("before", finding) for finding in host["found"] or ()]
    for when, seen in chain(before, (("after", finding) for finding in host["left"] or ())):
        facts = [seen[name] for name in ("id", "name", "class", "version", "state", "confidence")]
        yield [host["host"], when, *facts, asked_for(seen)]


def of_actions(mine: dict[str, Any]) -> Iterator[Row]:
    """Yield the steps of a class as rows of ACTIONS."""
    for step in mine["steps"]:
        outcomes = ", ".join(f"{count} {word}" for word, count in step["outcomes"].items())
        yield [
            mine["id"][:SHORT],
            mine["hosts"],
            *(step[name] for name in ("id", "part", "kind", "title")),
            outcomes or "only planned",
        ]


def of_deviations(host: dict[str, Any]) -> Iterator[Row]:
    """Yield how a host's run differed from its plan, as rows of DEVIATIONS."""
    for one in host["deviations"]:
        yield [host["host"], one["what"], one["predicted"], one["actual"]]


def of_exception(exception: dict[str, Any]) -> Row:
    """Return an exception as a row of EXCEPTIONS."""
    hosts = exception.get("hosts", "")
    return [
        exception["id"],
        exception.get("status", ""),
        exception.get("product") or exception.get("preflight") or "",
        ", ".join(map(str, hosts)) if isinstance(hosts, list) else hosts,
        *(exception.get(name, "") for name in ("approver", "expires", "reason")),
    ]


def found(findings: list[dict[str, Any]] | None) -> str:
    """Return findings in a line."""
    if findings is None:
        return "not known"
    return ", ".join(map(words.finding, findings)) or "nothing found"


def not_silent(host: dict[str, Any]) -> list[dict[str, str]]:
    """Return how a host talks or is configured to, and what is unknown about that."""
    return [item for item in host["silence"]["signs"] if item["level"] != "info"]


def asked_for(told: dict[str, Any]) -> str:
    """Return what each rule requires for a host or a finding."""
    return ", ".join(f"{rule}: {said or 'nothing found'}" for rule, said in told["dispositions"].items())
