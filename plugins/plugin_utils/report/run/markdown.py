# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""report.md: what a person reads first, and the table for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ...detect.silence import TALKS
from .. import words
from ..escape import cell, visible
from ..table import table
from . import columns
from .fleet import Report

HEADER = ["host", "verdict", "window", "protection", "silence", "archived"]
HOSTS = ["host", "verdict", "predicted", "class", "window", "protection", "silence", "archived", "deviations", "time"]
CLASSES = ["class", "hosts", "clean", "deviating", "found", "steps", "predicted", "longest window", "verdicts"]
PRODUCTS = ["product", "version", "class", "hosts before", "hosts after"]
POLICIES = ["rule", "name", "citation", "binds", "force", "as of", "confidence"]
COMPARED = ["host", "device", "agent_by_server", "agent_on_host", "last_seen", "why"]
MOST_SHOWN = 200


def lines(report: Report) -> list[str]:
    """Return the report as a table for a terminal, with the totals below."""
    rows = [_row(host) for host, _number in zip(report.hosts(), range(MOST_SHOWN), strict=False)]
    totals = report.head["totals"]
    counts = ", ".join(f"{count} {visible(word)}" for word, count in totals["verdicts"].items()) or "no records"
    left_out = totals["hosts"] - len(rows)
    more = [f"… and {left_out} more, in the report"] if left_out else []
    talking = totals["silence"].get(TALKS, 0)
    heard = [f"Connecting to Kaspersky, or configured to: {words.counted(talking, 'host')}"] if talking else []
    heard += [words.console(report.head["console"])] if report.head["console"] else []
    heard += words.compared(report.head["device_list"]) if report.head["device_list"] else []
    apart = [words.previews(totals), f"Platforms: {words.platforms(totals)}"] if totals["previews"] else []
    whole = f"{words.counted(totals['hosts'], 'host')}, {totals['clean']} clean: {counts}"
    return [*table(HEADER, rows), *more, "", whole, *apart, *heard]


def _row(host: dict[str, Any]) -> list[object]:
    told = [host["host"], words.verdict(host), words.window_of(host["actual"]), host["protection"]]
    return [*told, host["silence"]["result"], _files(host["actual"])]


def _files(told: dict[str, Any] | None) -> str:
    return words.counted(told["retained_files"], "file") if told and told["retained_files"] else "-"


def text(report: Report) -> Iterator[str]:
    """Yield report.md."""
    for line in _whole(report):
        yield line + "\n"


def _whole(report: Report) -> Iterator[str]:
    totals = report.head["totals"]
    yield from _summary(totals)
    if report.head["console"]:
        yield from (cell(words.console(report.head["console"])), "")
    if report.head["device_list"]:
        yield from _compared(report.head["device_list"])
    yield from _policies(report.head)
    yield from _section("Products", PRODUCTS, map(_product, report.head["products"]))
    yield from _section("Exceptions", columns.EXCEPTIONS, map(columns.of_exception, report.head["exceptions"]))
    yield from _section("Classes: hosts with the same plan", CLASSES, map(_class, report.classes()))
    yield from _section("Hosts", HOSTS, map(_host, report.hosts()))
    rows = ([limit["id"], limit["why"], limit["hosts"]] for limit in report.head["limits"])
    yield from _section("What hosts have that was not checked", ["what", "why", "hosts"], rows)
    yield from _remarks(report)
    if report.head["damaged"]:
        yield f"## {words.counted(len(report.head['damaged']), 'record')} could not be read"
        yield ""
        yield from (f"- {cell(found['file'])}: {cell(found['problem'])}" for found in report.head["damaged"])


def _summary(totals: dict[str, Any]) -> Iterator[str]:
    yield "# Report: migration off Kaspersky"
    yield ""
    hosts = words.counted(totals["hosts"], "host")
    yield f"{hosts}, {totals['clean']} of them clean; {totals['deviating']} deviated from their plan."
    if totals["previews"]:
        yield f"{words.previews(totals)}. Platforms: {words.platforms(totals)}."
    yield f"Longest unprotected window: {words.window(totals['longest_window_seconds'])}."
    if totals["unprotected"]:
        yield f"WITHOUT A SCANNER NOW, according to their records: {words.counted(totals['unprotected'], 'host')}."
    if totals["silence"].get(TALKS):
        yield f"Still connecting to the vendor, or configured to: {words.counted(totals['silence'][TALKS], 'host')}."
    files, octets = (words.counted(totals[f"retained_{noun}s"], noun) for noun in ("file", "byte"))
    yield f"Archived: {files}, {octets}."
    if totals["newest"]:
        yield f"Records from {cell(totals['oldest'])} to {cell(totals['newest'])}."
    yield "What could not be checked counts as `unknown`, and `unknown` is never clean."
    yield ""
    yield from _section("Verdicts", ["verdict", "hosts"], ([word, n] for word, n in totals["verdicts"].items()))
    counts = ([word, n] for word, n in totals["silence"].items())
    yield from _section("Silence towards Kaspersky", ["result", "hosts"], counts)
    if totals["named_twice"]:
        yield "Hosts with more than one record: " + ", ".join(map(cell, totals["named_twice"]))
        yield ""


def _compared(told: dict[str, Any]) -> Iterator[str]:
    """Yield the comparison with a device list, and its first rows."""
    yield "## Compared with the device list"
    yield ""
    yield from (f"- {cell(sentence)}" for sentence in words.compared(told))
    yield ""
    rows = ([words.result(row, told["since"]), *[row[key] for key in COMPARED]] for row in told["first"])
    yield from _section("Differences from the device list (reconciliation.csv has all)", ["what", *COMPARED], rows)


def _policies(head: dict[str, Any]) -> Iterator[str]:
    if not head["policies"]:
        yield "No rule was selected: this report says what was found, not whether a rule allows it."
        yield ""
        return
    rows = (
        [told[name] for name in ("id", "name", "citation", "binds", "force", "as_of", "confidence")]
        for told in head["policies"]
    )
    yield from _section("Measured against", POLICIES, rows)
    said = head["totals"]["dispositions"].items()
    counts = ([rule, word, hosts] for rule, counted in said for word, hosts in counted.items())
    yield from _section("What the rules require", ["rule", "disposition", "hosts"], counts)


def _section(title: str, header: Sequence[str], rows: Iterable[list[Any]]) -> Iterator[str]:
    """Yield a titled table; nothing if it has no rows."""
    first = True
    for row in rows:
        if first:
            yield from (f"## {title}", "", _line(header), _line(["---"] * len(header)))
            first = False
        yield _line(map(cell, row))
    if not first:
        yield ""


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _product(found: dict[str, Any]) -> list[Any]:
    said = [f"{rule}: {word}" for rule, word in found["dispositions"].items()]
    name = f"{found['id']}: {found['name']}"
    return [name, found["version"] or "not known", "; ".join([found["class"], *said]), found["before"], found["after"]]


def _class(mine: dict[str, Any]) -> list[Any]:
    return [
        mine["id"][: columns.SHORT],
        mine["hosts"],
        mine["clean"],
        mine["deviating"],
        columns.found(mine["found"]),
        mine["predicted"]["steps"],
        mine["predicted"]["verdict"],
        words.window(mine["longest_window_seconds"]),
        ", ".join(f"{count} {word}" for word, count in mine["verdicts"].items()),
    ]


def _host(host: dict[str, Any]) -> list[Any]:
    return [
        host["host"],
        host["verdict"],
        host["predicted"]["verdict"] if host["predicted"] else "-",
        (host["class"] or "-")[: columns.SHORT],
        words.window_of(host["actual"]),
        host["protection"],
        host["silence"]["result"],
        _files(host["actual"]),
        len(host["deviations"]),
        host["time"],
    ]


def _remarks(report: Report) -> Iterator[str]:
    """Yield the remarks on single hosts, with a heading before the first of each kind."""
    for host in report.hosts(remarkable=True):
        told = [f"- {cell(host['reason'])}"] if host["reason"] else []
        told += [
            f"- {cell(differs['what'])}: predicted {cell(differs['predicted'])}, was {cell(differs['actual'])}"
            for differs in host["deviations"]
        ]
        told += [
            f"- silence is {cell(host['silence']['result'])}: {cell(item['title'])}: {cell(item['diagnosis'])}"
            for item in columns.not_silent(host)
        ]
        told += [f"- {cell(other['title'])}: {cell(other['diagnosis'])}" for other in host["other_vendors"]]
        if told:
            yield f"## {cell(host['host'])}: {cell(host['verdict'])}"
            yield ""
            yield from told
            yield ""
