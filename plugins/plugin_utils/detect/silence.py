# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a host is silent towards the vendor: nothing on it connects to the vendor, or is configured to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ..catalog.model import Catalog
from . import domains
from .evidence import Evidence, Item, Table
from .match import Finding

SILENT, TALKS, UNKNOWN = "silent", "talks", "unknown"
ERROR, NOT_KNOWN, INFO = "error", "unknown", "info"
KINDS = ("socket", "named_domain", "flow")
MOST_TOLD = 20


@dataclass(frozen=True)
class Sign:
    """One thing that was seen. Levels: error (it talks, or is set up to), unknown, info (left to the owner)."""

    id: str
    level: str
    title: str
    diagnosis: str
    remediation: str


def probes(catalog: Catalog, servers: Iterable[str]) -> dict[str, Any]:
    """Return what is asked of a host besides what finds the products; ``servers`` are names and addresses."""
    names = sorted({*(domain.name for domain in catalog.domains), *map(domains.plain, servers)})
    return {"named_domain": {"names": names}, "flow": {"names": names}}


def told(evidence: Evidence, catalog: Catalog, servers: Iterable[str], found: list[Finding]) -> dict[str, Any]:
    """Return {result, signs}: silent, talks or unknown, and each sign as {id, level, title, diagnosis, remediation}."""
    own = sorted(set(map(domains.plain, servers)))
    signs = [*_processes(evidence, found), *_flows(evidence), *_named(evidence, catalog, own)]
    signs += [*_unknowns(evidence), *_scope(evidence, own)]
    levels = {sign.level for sign in signs}
    result = TALKS if ERROR in levels else UNKNOWN if NOT_KNOWN in levels else SILENT
    return {"result": result, "signs": [asdict(sign) for sign in signs]}


def _processes(evidence: Evidence, found: list[Finding]) -> Iterator[Sign]:
    reasons = {reason for finding in found for reason in finding.reasons}
    at_work = (*evidence.table.running, "socket")
    running = [item["what"] for item in evidence.seen() if item["id"] in reasons and item["kind"] in at_work]
    if running:
        yield Sign(
            "process_of_vendor",
            ERROR,
            "Programs of the vendor run or listen",
            _first(running),
            "Remove the product that they belong to; the findings name it.",
        )


def _flows(evidence: Evidence) -> Iterator[Sign]:
    flows = [
        f"{item['what']} ({', '.join(item['value']['names'])})"
        + (f" by {item['value']['process']}" if item["value"]["process"] else "")
        for item in evidence.of_kind("flow")
    ]
    if flows:
        yield Sign(
            "flow_to_vendor",
            ERROR,
            "Packets go to addresses that the host knows by the vendor's names or its server's",
            _first(flows),
            "Find out which program opens the connection, or whether it is forwarded for another host, and end it "
            "there.",
        )


@dataclass(frozen=True)
class _Form:
    """How lines of one kind are reported: an id, a title and a remedy."""

    id: str
    level: str
    title: str
    remediation: str


RULE = _Form(
    "rule_left_to_owner",
    INFO,
    "Your own rules name the vendor's domains",
    "A rule that allows or blocks opens no connection: remove it when nothing needs it any more.",
)
SERVER = _Form(
    "points_at_server",
    ERROR,
    "Configuration points to the management server",
    "Find out what uses it, and remove it, or point it to the server's successor.",
)
REPOSITORY = _Form(
    "repository_of_vendor",
    ERROR,
    "Packages are downloaded from the vendor",
    "Remove the repository from the package manager's configuration.",
)
SCHEDULED = _Form(
    "scheduled_for_vendor",
    ERROR,
    "Scheduled jobs name the vendor's domains",
    "Remove the job, or the part of it that connects to the vendor.",
)
CONFIGURED = _Form(
    "configured_for_vendor",
    ERROR,
    "Configuration connects to the vendor's domains",
    "Delete the lines, and reload the program that they belong to.",
)
FORMS = {"repository": REPOSITORY, "scheduled": SCHEDULED}
ORDER = (REPOSITORY, SCHEDULED, CONFIGURED, SERVER, RULE)


def _named(evidence: Evidence, catalog: Catalog, servers: list[str]) -> Iterator[Sign]:
    """Yield one sign of each form, with the lines that it is about."""
    lines: dict[str, list[str]] = {}
    whole = [domain.name for domain in catalog.domains]
    for item in evidence.of_kind("named_domain"):
        for line in item["value"]["lines"]:
            number, _colon, text = line.partition(": ")
            form = _form_of(item, text, whole, servers, evidence.table)
            if form is not None:
                lines.setdefault(form.id, []).append(f"{item['what']} line {number}: {text.strip()}")
        if item["value"]["more"]:
            lines.setdefault(CONFIGURED.id, []).append(f"{item['what']}: {item['value']['more']} lines more")
    for form in ORDER:
        if form.id in lines:
            yield Sign(form.id, form.level, form.title, _first(lines[form.id]), form.remediation)


def _form_of(item: Item, text: str, whole: list[str], servers: list[str], table: Table) -> _Form | None:
    """Return how a line is reported, None if it names neither the vendor nor the server after all."""
    place = item["value"]["place"]
    of_vendor, of_server = domains.named_in(text, whole), domains.named_in(text, servers)
    if not of_vendor and not of_server:
        return None
    if table.is_rule(place, text):
        return RULE
    return FORMS.get(place, CONFIGURED) if of_vendor else SERVER


def _unknowns(evidence: Evidence) -> Iterator[Sign]:
    kinds = (*evidence.table.running, *KINDS)
    missing = [f"{item['id']}: {item['unknown']}" for item in evidence.unknowns() if item["kind"] in kinds]
    if not evidence.live:
        missing.append("the root is not the running system: its processes and connections are not known")
    if missing:
        yield Sign(
            "not_looked_at",
            NOT_KNOWN,
            "Not everything could be checked",
            _first(missing),
            "Make it readable and check again: what could not be checked is not assumed to be silent.",
        )


def _scope(evidence: Evidence, servers: list[str]) -> Iterator[Sign]:
    known = evidence.of_kind("known_address")
    yield Sign(
        "addresses_compared",
        INFO,
        "Connections were compared with the addresses that the host itself knows",
        _first([f"{item['what']} ({', '.join(item['value']['names'])}, by {item['where']})" for item in known])
        or "neither the resolver's cache nor the hosts file has an address of the vendor",
        "No name of the vendor was resolved for this. A firewall in front of the host sees connections that the host "
        "cannot recognise.",
    )
    if not servers:
        yield Sign(
            "server_not_named",
            INFO,
            "No management server was named",
            "what still points to it was not searched for",
            "Put the server and its addresses into the variable for servers, and check again. It cannot be read from "
            "the "
            "host: no source says where the agent keeps it. docs/silence.md says which program of the agent prints it.",
        )


def _first(told: list[str]) -> str:
    more = len(told) - MOST_TOLD
    return "; ".join(told[:MOST_TOLD]) + (f" and {more} more" if more > 0 else "")
