# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""report.xlsx: the tables for auditors, each in a sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

from . import columns, sheets
from .fleet import Report

WIDE = {"why not clean": 60, "found before": 50, "title": 60, "name": 40, "host": 32, "reason": 60, "problem": 80}
WIDTH = 16
RULES = ("id", "name", "jurisdiction", "citation", "binds", "force", "as_of", "confidence", "digest")
SUMMED = ("hosts", "clean", "deviating", "longest_window_seconds", "unprotected", "retained_files", "retained_bytes")
Rows = Iterator[Sequence[Any]]


def write(report: Report, file: IO[bytes]) -> None:
    """Write the workbook. Raises OSError if that cannot be done."""
    sheets.write(file, tables(report))


def tables(report: Report) -> Iterator[sheets.Table]:
    """Yield the workbook's tables."""
    head = report.head
    yield _table("Summary", ("what", "value"), lambda: _summary(head))
    yield _table("Rules", RULES, lambda: ([told[name] for name in RULES] for told in head["policies"]))
    yield _table("Hosts", columns.HOSTS, lambda: map(columns.of_host, report.hosts()))
    yield _table("Findings", columns.FINDINGS, lambda: _each(report.hosts(), columns.of_findings))
    yield _table("Actions", columns.ACTIONS, lambda: _each(report.classes(), columns.of_actions))
    yield _table("Deviations", columns.DEVIATIONS, lambda: _each(report.hosts(remarkable=True), columns.of_deviations))
    yield _table("Exceptions", columns.EXCEPTIONS, lambda: map(columns.of_exception, head["exceptions"]))
    yield _table("Damaged records", columns.DAMAGED, lambda: ([f["file"], f["problem"]] for f in head["damaged"]))
    yield _table("Reconciliation", columns.COMPARED, lambda: ([*row.values()] for row in report.compared()))


def _table(name: str, header: Sequence[str], rows: Callable[[], Rows]) -> sheets.Table:
    return sheets.Table(name, header, rows, [WIDE.get(title, WIDTH) for title in header])


def _each(told: Iterator[dict[str, Any]], rows: Callable[[dict[str, Any]], Rows]) -> Rows:
    for one in told:
        yield from rows(one)


def _summary(head: dict[str, Any]) -> Rows:
    totals = head["totals"]
    for name in SUMMED:
        yield name.replace("_", " "), totals[name]
    yield "oldest record", totals["oldest"]
    yield "newest record", totals["newest"]
    yield "damaged records", len(head["damaged"])
    yield from _compared(head["device_list"])
    yield from ((f"verdict {word}", count) for word, count in totals["verdicts"].items())
    yield from ((f"preview {word}", count) for word, count in totals["previews"].items())
    yield from ((f"platform {name}", count) for name, count in totals["platforms"].items())
    for rule, counted in totals["dispositions"].items():
        yield from ((f"{rule}: {said}", count) for said, count in counted.items())
    yield from (("hosts with more than one record", name) for name in totals["named_twice"])


def _compared(told: dict[str, Any] | None) -> Rows:
    """Yield what the comparison with a device list comes to, and where the list is from."""
    if told is None:
        return
    source = told["source"]
    yield "device list", source["name"]
    yield "device list: SHA-256", source["sha256"]
    yield "device list: date", source["time"]
    yield "device list: whole", told["is_whole"]
    yield "device list: certificate checked", source["verified"]
    yield from (("device list: gap", gap) for gap in told["gaps"])
    yield from ((f"device list: {name}", told[name]) for name in ("devices", "hosts", "matched"))
    yield from ((f"device list: {result.replace('_', ' ')}", n) for result, n in told["counts"].items())
