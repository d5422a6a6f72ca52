# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""OSCAL plan of action and milestones: what is still to do, once for all hosts concerned."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ...catalog.packs import REMOVE, REVIEW
from ...record.verdict import CLEAN, PENDING_CONSOLE, PENDING_REBOOT
from .fleet import Each, Report, written
from .oscal import identity, item, metadata, observation, report_key, words

STATUS = {PENDING_REBOOT: "remediating", PENDING_CONSOLE: "investigating"}
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass
class Open:
    """Something to be done; ``status`` is that of its risk in OSCAL's words, ``seen_by`` are observations."""

    title: str
    description: str
    status: str = "open"
    deadline: str = ""
    seen_by: list[str] = field(default_factory=list)


Items = dict[tuple[str, ...], Open]


def text(report: Report) -> Iterator[str]:
    """Yield oscal-poam.json; nothing if there is nothing to be done, as OSCAL has no empty plan."""
    items = _items(report)
    if not items:
        return
    yield from written({"plan-of-action-and-milestones": _document(report, items)})


def _document(report: Report, items: Items) -> dict[str, Any]:
    hosts = {
        "local-definitions": {"inventory-items": Each(lambda: map(item, _open_hosts(report)))},
        "observations": Each(lambda: map(observation, _open_hosts(report))),
    }
    return {
        "uuid": str(identity("poam", *report_key(report.head))),
        "metadata": metadata(report.head, "What is left to do on a fleet"),
        "system-id": {"id": "fleet"},
        **(hosts if any(mine.seen_by for mine in items.values()) else {}),
        "risks": [_risk(key, mine) for key, mine in items.items()],
        "poam-items": [_item(key, mine) for key, mine in items.items()],
    }


def _open_hosts(report: Report) -> Iterator[dict[str, Any]]:
    return filter(_is_open, report.hosts(remarkable=True))


def _is_open(host: dict[str, Any]) -> bool:
    asked = host["dispositions"].values()
    return not host["clean"] or bool(host["exceptions"]) or REMOVE in asked or REVIEW in asked


def _items(report: Report) -> Items:
    """Return what is to be done, each with a key of its own."""
    items: Items = {}
    for exception in report.head["exceptions"]:
        items["exception", str(exception["id"])] = _excepted(exception)
    for host in report.hosts(remarkable=True):
        seen = str(identity("observation", host["file"]))
        for key, told in _of_host(host):
            items.setdefault(key, told).seen_by.append(seen)
    for found in report.head["damaged"]:
        problem = f"Record that could not be read: {found['file']}"
        items["damaged", found["file"]] = Open(problem, f"{problem}: {found['problem']}")
    return dict(sorted(items.items()))


def _of_host(host: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Open]]:
    if host["verdict"] not in CLEAN:
        code = host["failure"]["code"] if host["failure"] else ""
        title = f"Hosts that are {host['verdict']}" + (f": {code}" if code else "")
        status = STATUS.get(host["verdict"], "open")
        yield ("verdict", host["verdict"], code), Open(title, f"{title}. The first of them: {host['reason']}", status)
    for rule, said in host["dispositions"].items():
        if said in (REMOVE, REVIEW):
            title = f"Hosts for which {rule} says: {said}"
            yield ("rule", rule, said), Open(title, title)
    for exception in host["exceptions"]:
        yield ("exception", str(exception["id"])), _excepted(exception)


def _excepted(exception: dict[str, Any]) -> Open:
    approver, reason = exception.get("approver", "an unnamed approver"), exception.get("reason", "no reason given")
    status = "open" if exception.get("status") == "expired" else "deviation-approved"
    expires = str(exception.get("expires", ""))
    told = f"Approved by {approver}: {reason}" + (f". It ends on {expires}" if expires else "")
    return Open(f"Exception {exception['id']}", told, status, expires)


def _risk(key: tuple[str, ...], mine: Open) -> dict[str, Any]:
    day = DAY.match(mine.deadline)
    deadline = {"deadline": f"{day.group()}T00:00:00Z"} if day else {}
    return {
        "uuid": str(identity("risk", *key)),
        "title": words(mine.title),
        "description": words(mine.description),
        "statement": words(mine.title),
        "status": mine.status,
        **deadline,
    }


def _item(key: tuple[str, ...], mine: Open) -> dict[str, Any]:
    observations = [{"observation-uuid": seen} for seen in mine.seen_by]
    return {
        "uuid": str(identity("poam-item", *key)),
        "title": words(mine.title),
        "description": words(mine.description),
        "related-risks": [{"risk-uuid": str(identity("risk", *key))}],
        **({"related-observations": observations} if observations else {}),
    }
