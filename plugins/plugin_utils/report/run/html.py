# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report of a fleet as one HTML file, in the layout of the plan: predicted beside actual."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from ...detect.silence import SILENT, TALKS
from ...plan.model import PARTS
from ...record.verdict import CLEAN, UNKNOWN
from .. import page, words
from ..plan import prose
from .columns import not_silent

BAR = 1000
MOST_NAMED = 50


class Told(Protocol):
    """What report.json holds: ``head`` is all but the classes and the hosts."""

    head: dict[str, Any]

    def classes(self) -> Iterator[dict[str, Any]]:
        """Yield the classes, those with most hosts first."""

    def hosts(self) -> Iterator[dict[str, Any]]:
        """Yield the hosts by name."""


def text(report: Told) -> Iterator[str]:
    """Yield report.html."""
    groups = list(enumerate(report.classes(), 1))
    return page.pieces(
        "report.html.j2",
        head=report.head,
        totals=report.head["totals"],
        groups=groups,
        numbers={group["id"]: number for number, group in groups},
        hosts=report.hosts,
        attention=attention(report),
        heard=heard(report),
        beside=beside(report),
        most=MOST_NAMED,
        prose=prose,
        words=words,
        parts=PARTS,
        clean=CLEAN,
        facts=facts(report.head),
        shares=shares(report.head["totals"]),
        filters=filters(report.head, groups),
        data=[_searched(number, group) for number, group in groups],
    )


def _longest_window(totals: dict[str, Any]) -> tuple[str, str]:
    if totals["unprotected"]:
        hosts = words.counted(totals["unprotected"], "host")
        return "still open", f"{hosts} may be without a scanner now: check those whose window is open."
    window = totals["longest_window_seconds"]
    if window is None:
        return "none measured", "No record holds a measurement: no replacement took over, or the time is not known."
    measured = "Measured on each host, from when the old scanner last had all its marks until the new one had its own."
    if window == 0:
        measured = (
            "On each host the marks of both scanners were seen at the same time, and there was never a reading without "
            "marks."
        )
    return words.window(window), measured


def _silence(totals: dict[str, Any]) -> tuple[str, str]:
    silent, talks = totals["silence"].get(SILENT, 0), totals["silence"].get(TALKS, 0)
    told = "Nothing on them connects to the vendor, or is configured to."
    if talks:
        told = f"{words.counted(talks, 'host')} connect to the vendor or are configured to: each is listed below."
    return f"{words.counted(silent, 'host')} silent", told


def facts(head: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return what the first screen says in figures: (what, in short, in a sentence)."""
    totals = head["totals"]
    damaged = len(head["damaged"])
    rules = ", ".join(policy["name"] for policy in head["policies"])
    apart = [("Platforms", words.platforms(totals), f"{words.previews(totals)}.")] if totals["previews"] else []
    return [
        *apart,
        (
            "Deviated from their plan",
            words.counted(totals["deviating"], "host") if totals["deviating"] else "none",
            "Each is listed below, predicted next to actual."
            if totals["deviating"]
            else "All went as planned, where there was a plan.",
        ),
        ("Longest unprotected window", *_longest_window(totals)),
        ("Silence towards Kaspersky", *_silence(totals)),
        (
            "Not known",
            words.counted(totals["verdicts"].get(UNKNOWN, 0), "host"),
            f"{words.counted(damaged, 'record')} could not be read. What is unknown is never clean.",
        ),
        (
            "Archived data",
            prose.size(totals["retained_bytes"]),
            f"{words.counted(totals['retained_files'], 'file')} in archives with checksums on the hosts.",
        ),
        (
            "Measured against",
            rules or "no rule",
            "See the rules below." if rules else "None was selected for this report.",
        ),
    ]


def shares(totals: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parts of a bar of all hosts: their name, hosts, and where they begin and how wide they are."""
    unknown, apart = totals["verdicts"].get(UNKNOWN, 0), sum(totals["previews"].values())
    counted = (
        ("clean", "nothing", totals["clean"]),
        ("not clean", "refused", totals["hosts"] - totals["clean"] - unknown - apart),
        ("unknown", "unknown", unknown),
        *([("preview", "forecast", apart)] if apart else []),
    )
    start, parts = 0, []
    for name, kind, hosts in counted:
        width = round(hosts * BAR / max(totals["hosts"], 1))
        parts.append({"name": name, "kind": kind, "hosts": hosts, "start": start, "width": width})
        start += width
    return parts


def attention(report: Told) -> list[dict[str, Any]]:
    """Return the first hosts that are not clean or were not as their plan said."""
    odd = (host for host in report.hosts() if not host["clean"] or host["deviations"])
    return [host for host, _number in zip(odd, range(MOST_NAMED), strict=False)]


def heard(report: Told) -> list[tuple[dict[str, Any], list[dict[str, str]]]]:
    """Return the first hosts that are not silent, each with what is to be said of that."""
    told = ((host, not_silent(host)) for host in report.hosts())
    return [pair for pair, _number in zip((pair for pair in told if pair[1]), range(MOST_NAMED), strict=False)]


def beside(report: Told) -> list[dict[str, Any]]:
    """Return the first hosts that other vendors' products protected too."""
    told = (host for host in report.hosts() if host["other_vendors"])
    return [host for host, _number in zip(told, range(MOST_NAMED), strict=False)]


def filters(head: dict[str, Any], groups: list[tuple[int, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the filters of the host list: each with its key, its label and the values that occur."""
    found = [found for _number, group in groups for found in group["found"]]
    choices = [
        ("class", "Class", [str(number) for number, _group in groups]),
        ("verdict", "Verdict", sorted({**head["totals"]["verdicts"], **head["totals"]["previews"]})),
        ("deviates", "Deviated", ["no", "yes"] if head["totals"]["deviating"] else []),
        ("product", "Product", sorted({finding["id"] for finding in found})),
        ("version", "Version", sorted({finding["version"] for finding in found if finding["version"]})),
    ]
    return [{"key": key, "label": label, "values": values} for key, label, values in choices]


def _searched(number: int, group: dict[str, Any]) -> dict[str, Any]:
    """Return what is searched and filtered of a class."""
    return {
        "class": str(number),
        "product": sorted({finding["id"] for finding in group["found"]}),
        "version": sorted({finding["version"] for finding in group["found"]}),
        "text": ", ".join(map(words.finding, group["found"])),
    }
