# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Turn a folder of records into the report of a fleet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from ..record.records import collected_in
from ..record.verdict import CLEAN
from . import words
from .escape import cell, visible
from .table import table

FORMAT_VERSION = 1
HEADER = ["host", "verdict", "window", "protection", "retained"]


def compose(read: Iterable[tuple[str, dict[str, Any] | None, str]]) -> dict[str, Any]:
    """Return report.json's content from what records.read yields; damaged records are named and counted."""
    hosts, damaged = [], []
    for name, record, problem in read:
        try:
            if record is not None:
                hosts.append(_host(record))
        except (KeyError, TypeError, AttributeError) as error:
            record, problem = None, f"it does not hold what a record holds ({type(error).__name__}: {error})"
        if record is None:
            damaged.append({"file": name, "problem": problem})
    hosts.sort(key=lambda host: host["host"])
    verdicts = Counter(host["verdict"] for host in hosts)
    return {
        "format_version": FORMAT_VERSION,
        "kind": "avshift.endpoint report",
        "hosts": hosts,
        "verdicts": dict(sorted(verdicts.items())),
        "clean": sum(count for word, count in verdicts.items() if word in CLEAN),
        "damaged": damaged,
        "longest_window_seconds": max((host["window_seconds"] or 0.0 for host in hosts), default=0.0),
    }


def _host(record: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(record["host"], str) or not isinstance(record["window_seconds"], int | float | None):
        raise TypeError("host or window_seconds")
    proof = (record["verification"] or {}).get("proof")
    outcomes = [outcome for part in record["outcomes"].values() for outcome in part]
    retained = [run["retained"] for run in collected_in(record).get("earlier_runs", ()) if "retained" in run]
    return {
        "host": record["host"],
        "mode": record["mode"],
        "verdict": record["verdict"],
        "time": record["run"]["time"],
        "change_id": record["run"]["change_id"],
        "plan_digest": (record["plan"] or {}).get("digest"),
        "found_before": words.findings(record["plan"]),
        "steps_changed": sum(outcome["outcome"] == "changed" for outcome in outcomes),
        "window_seconds": record["window_seconds"],
        "protection": proof["result"] if proof else "not proven",
        "checks": [check for check in proof["checks"] if check["result"] != "ok"] if proof else [],
        "retained": retained,
        "retained_files": sum(kept["files"] for kept in retained),
        "difference": (record["approval"] or {}).get("difference", []),
        "exceptions": record["exceptions"],
        "failure": record["failure"],
    }


def lines(report: dict[str, Any]) -> list[str]:
    """Return the report as a table for a terminal, with the totals below."""
    shown = table(HEADER, [_row(host) for host in report["hosts"]])
    totals = ", ".join(f"{count} {visible(word)}" for word, count in report["verdicts"].items()) or "no records"
    return [*shown, "", f"{len(report['hosts'])} hosts, {report['clean']} clean: {totals}"]


def _row(host: dict[str, Any]) -> list[object]:
    files = f"{host['retained_files']} files" if host["retained_files"] else "-"
    return [host["host"], host["verdict"], words.window(host["window_seconds"]), host["protection"], files]


def render(report: dict[str, Any]) -> str:
    """Return report.md."""
    return "\n".join(_markdown(report)) + "\n"


def _markdown(report: dict[str, Any]) -> Iterator[str]:
    yield "# Report: the fleet's way off Kaspersky"
    yield ""
    yield f"{len(report['hosts'])} hosts, {report['clean']} of them clean. "
    yield f"Longest unprotected window: {words.window(report['longest_window_seconds'])}."
    yield "What could not be checked counts as `unknown`, and `unknown` is never clean."
    yield ""
    yield "| verdict | hosts |"
    yield "| --- | --- |"
    yield from (f"| {cell(word)} | {count} |" for word, count in report["verdicts"].items())
    yield ""
    yield "| " + " | ".join([*HEADER, "found before", "plan", "time"]) + " |"
    yield "| " + " | ".join(["---"] * (len(HEADER) + 3)) + " |"
    for host in report["hosts"]:
        row = [*_row(host), host["found_before"], (host["plan_digest"] or "-")[:12], host["time"]]
        yield "| " + " | ".join(cell(value) for value in row) + " |"
    yield ""
    yield from _remarks(report)
    if report["damaged"]:
        yield f"## {len(report['damaged'])} records could not be read"
        yield ""
        yield from (f"- {cell(found['file'])}: {cell(found['problem'])}" for found in report["damaged"])


def _remarks(report: dict[str, Any]) -> Iterator[str]:
    for host in report["hosts"]:
        words_of = [f"- differs from the approved plan: {cell(word)}" for word in host["difference"]]
        if host["failure"]:
            words_of.append(f"- {cell(host['failure']['code'])}: {cell(host['failure']['message'])}")
        words_of += [
            f"- {cell(check['id'])} is {cell(check['result'])}: {cell(check['detail'])}" for check in host["checks"]
        ]
        if words_of:
            yield f"## {cell(host['host'])}: {cell(host['verdict'])}"
            yield ""
            yield from words_of
            yield ""
