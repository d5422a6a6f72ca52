# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was found on a fleet, for a person: by product, by host where it matters, and what is not known."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..record import preview
from ..record.records import collected_in
from ..record.verdict import UNKNOWN
from .escape import visible
from .table import table
from .words import cause, counted, finding, some, state

PRODUCTS = ["product", "version", "state", "confidence", "hosts", "which"]
LIMITS = ["not looked at", "why", "hosts", "which"]
UNKNOWNS = ["not known", "why", "hosts", "which"]
MOST_UNKNOWNS, WIDEST = 15, 120
Grouped = dict[tuple[str, ...], list[str]]


def of_host(record: dict[str, Any]) -> str:
    """Return what was found on one host, in one line, by which a run shows its progress."""
    words = [visible(finding(found)) for found in collected_in(record).get("findings", ())]
    if record["failure"]:
        words.append(visible(record["failure"]["message"]))
    if record["verdict"] == UNKNOWN:
        words.append(f"{counted(len(_bearing(record)), 'thing')} could not be checked")
    return "; ".join(words) or "no Kaspersky software"


def summary(records: list[dict[str, Any]]) -> list[str]:
    """Return the lines of the summary of a fleet."""
    products, unknowns, limits = _products(records), _unknowns(records), _limits(records)
    verdicts = Counter(record["verdict"] for record in records if not preview.is_one(record))
    lines = [_looked_at(records), ""]
    lines += table(PRODUCTS, _rows(products)) if products else [_nothing(records)]
    if unknowns:
        lines += ["", *table(UNKNOWNS, _rows(unknowns)[:MOST_UNKNOWNS], WIDEST)]
        if len(unknowns) > MOST_UNKNOWNS:
            lines.append(f"… and {len(unknowns) - MOST_UNKNOWNS} more, in the records")
    lines += ["", *table(LIMITS, _rows(limits), WIDEST)] if limits else []
    others = ", ".join(f"{count} {visible(word)}" for word, count in sorted(verdicts.items()))
    counts = others or ("no others" if records else "no hosts")
    return [*lines, "", f"{counted(len(records), 'host')}: {counts}", *_previews(records)]


def _previews(records: list[dict[str, Any]]) -> list[str]:
    """Return one line for each platform whose hosts are only checked: they are counted separately."""
    by_platform: dict[str, Counter[str]] = {}
    for record in records:
        if preview.is_one(record):
            by_platform.setdefault(record["preview"]["platform"], Counter())[record["verdict"]] += 1
    return [
        f"{sum(verdicts.values())} of them {visible(name).capitalize()} (preview, counted separately): "
        + ", ".join(f"{count} {visible(word)}" for word, count in sorted(verdicts.items()))
        for name, verdicts in sorted(by_platform.items())
    ]


def _looked_at(records: list[dict[str, Any]]) -> str:
    """Return how many hosts answered, and how many of those could be checked completely."""
    answered = [record for record in records if record["verification"]]
    return f"{len(answered)} of {len(records)} hosts answered, {_whole(records)} of them could be checked completely."


def _whole(records: list[dict[str, Any]]) -> int:
    return sum(bool(collected_in(record).get("complete")) for record in records)


def _nothing(records: list[dict[str, Any]]) -> str:
    """Return what it means that nothing was found; if no host was checked completely, it means nothing."""
    whole = _whole(records)
    if not whole:
        return "It is not known whether Kaspersky is there: no host could be checked completely."
    if whole == len(records):
        return "No Kaspersky software was found."
    return f"No Kaspersky software was found on the {whole} that could; for the others it is not known."


def _products(records: list[dict[str, Any]]) -> Grouped:
    grouped: Grouped = {}
    for record in records:
        for found in collected_in(record).get("findings", ()):
            mode = f" ({found['mode']})" if found.get("mode") else ""
            key = (found["id"] + mode, found["version"] or "not known", state(found), found["confidence"])
            grouped.setdefault(key, []).append(record["host"])
    return dict(sorted(grouped.items()))


def _unknowns(records: list[dict[str, Any]]) -> Grouped:
    """Group what is not known, with the most frequent first."""
    grouped: Grouped = {}
    for record in records:
        if record["failure"]:
            why = cause(record["host"], record["failure"])
            grouped.setdefault(("the whole host", why), []).append(record["host"])
        for unknown in _bearing(record):
            grouped.setdefault((unknown["id"], unknown["cause"]), []).append(record["host"])
    return dict(sorted(grouped.items(), key=lambda pair: (-len(pair[1]), pair[0])))


def _limits(records: list[dict[str, Any]]) -> Grouped:
    """Group what hosts have that was not looked at, with the most frequent first."""
    grouped: Grouped = {}
    for record in records:
        for limit in collected_in(record).get("limits", ()):
            hosts = grouped.setdefault((limit["id"], limit["why"]), [])
            if record["host"] not in hosts[-1:]:
                hosts.append(record["host"])
    return dict(sorted(grouped.items(), key=lambda pair: (-len(pair[1]), pair[0])))


def _bearing(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [unknown for unknown in collected_in(record).get("unknowns", ()) if unknown["bears"]]


def _rows(grouped: Grouped) -> list[list[object]]:
    return [[*key, len(hosts), some(hosts)] for key, hosts in grouped.items()]
