# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has changed on a fleet between two runs, from their folders of records, which are read once, side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..approval.drift import NOT_KNOWN, changes
from ..canonical import encode
from ..plan.model import stopping
from ..record.records import collected_in
from ..record.verdict import CLEAN
from ..schema.answers import UNFIT, counted, measured
from . import words
from .escape import cell, visible
from .table import table

FORMAT_VERSION = 1
KIND = "avshift.endpoint comparison"
EARLIER, LATER = "earlier", "later"
# How many hosts the document for people names; the other one has all of them.
MOST_SHOWN = 1000

# (file name, record or None, why it could not be read), as records.read yields them: sorted by name.
Read = tuple[str, dict[str, Any] | None, str]


def compose(earlier: Iterable[Read], later: Iterable[Read]) -> dict[str, Any]:
    """Return comparison.json's content. A record that cannot be read is named, and its host is in no other list."""
    compared: dict[str, Any] = {"new": [], "gone": [], "changed": [], "damaged": {EARLIER: [], LATER: []}}
    verdicts: dict[str, Counter[str]] = {EARLIER: Counter(), LATER: Counter()}
    moved: Counter[tuple[str, str]] = Counter()
    same = 0
    for name, was, now in _side_by_side(_facts(earlier), _facts(later)):
        for side, (facts, problem) in ((EARLIER, was), (LATER, now)):
            if problem:
                compared["damaged"][side].append({"file": name, "problem": problem})
            if facts is not None:
                verdicts[side][facts["verdict"]] += 1
        (before, broken_before), (after, broken_after) = was, now
        if before is None and after is None:
            continue
        if before is None or after is None:
            if not broken_before and not broken_after:
                side, known = ("new", after) if before is None else ("gone", before)
                compared[side].append({"host": (known or {})["host"], "verdict": (known or {})["verdict"]})
            continue
        told = list(_words(before, after))
        same += not told
        if before["verdict"] != after["verdict"]:
            moved[before["verdict"], after["verdict"]] += 1
        if told:
            compared["changed"].append({"host": after["host"], "verdict": after["verdict"], "changes": told})
    return {
        "format_version": FORMAT_VERSION,
        "kind": KIND,
        **compared,
        "same": same,
        "verdicts": {side: dict(sorted(counted.items())) for side, counted in verdicts.items()},
        "moved": [{"was": was, "now": now, "hosts": hosts} for (was, now), hosts in sorted(moved.items())],
    }


Facts = tuple[dict[str, Any] | None, str]
NOTHING: Facts = (None, "")


def _side_by_side(
    earlier: Iterator[tuple[str, Facts]], later: Iterator[tuple[str, Facts]]
) -> Iterator[tuple[str, Facts, Facts]]:
    """Yield (file name, facts before, facts after) of two sorted sequences; memory holds one of each."""
    was, now = next(earlier, None), next(later, None)
    while was is not None or now is not None:
        name = min(side[0] for side in (was, now) if side is not None)
        before = after = NOTHING
        if was is not None and was[0] == name:
            before, was = was[1], next(earlier, None)
        if now is not None and now[0] == name:
            after, now = now[1], next(later, None)
        yield name, before, after


def _facts(read: Iterable[Read]) -> Iterator[tuple[str, Facts]]:
    for name, record, problem in read:
        if record is None:
            yield name, (None, problem)
            continue
        try:
            yield name, (_of_record(record), "")
        except UNFIT as error:
            yield name, (None, f"it lacks the content of a record ({type(error).__name__}: {error})")


def _of_record(record: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a record that are compared, without what changes in every run, such as times and process
    IDs.
    """
    plan = record["plan"]
    looked = collected_in(record).get("findings") if record["verification"] else (plan or {}).get("findings", [])
    proof = (record["verification"] or {}).get("proof")
    return {
        "host": str(record["host"]),
        "verdict": str(record["verdict"]),
        "found": {str(found["id"]): (str(found["version"]), str(found["state"])) for found in looked or ()},
        "replacement": plan["goal"]["provider"] if plan else None,
        "protection": proof["result"] if proof else None,
        "window": words.window(None if record["window_seconds"] is None else measured(record["window_seconds"])),
        "retained": _retained(record),
        "refused": sorted({str(check["id"]) for check in stopping(plan)}) if plan else [],
        "failure": record["failure"]["code"] if record["failure"] else None,
        "exceptions": {str(granted["id"]): str(granted["status"]) for granted in record.get("exceptions", ())},
        "collection": record["run"]["collection_version"],
        "catalog": record["run"]["catalog_digest"][:12],
    }


def _retained(record: dict[str, Any]) -> int:
    runs = collected_in(record).get("earlier_runs") or ()
    return sum(counted(run["retained"]["files"]) for run in runs if run.get("retained"))


def _words(was: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    yield from changes("verdict", was["verdict"], now["verdict"])
    yield from _found_words(was["found"], now["found"])
    for key, name in (
        ("replacement", "planned replacement"),
        ("protection", "self-test"),
        ("window", "unprotected window"),
        ("retained", "files archived"),
        ("failure", "failure"),
        ("collection", "collection"),
        ("catalog", "catalog"),
    ):
        if was[key] != now[key]:
            yield from changes(name, *("none" if facts[key] is None else facts[key] for facts in (was, now)))
    yield from (f"preflight {name} no longer blocks it" for name in was["refused"] if name not in now["refused"])
    yield from (f"preflight {name} now blocks it" for name in now["refused"] if name not in was["refused"])
    for name in sorted({*was["exceptions"], *now["exceptions"]}):
        yield from changes(f"exception {name}", *(facts["exceptions"].get(name, "not there") for facts in (was, now)))


def _found_words(was: dict[str, tuple[str, str]], now: dict[str, tuple[str, str]]) -> Iterator[str]:
    for name in dict.fromkeys((*was, *now)):
        if name not in now:
            yield f"{name} was found, is no longer"
        elif name not in was:
            version, state = now[name]
            yield f"{name} was not found, is now ({version or 'version not known'}, {state})"
        else:
            for before, after in zip(was[name], now[name], strict=True):
                if before != after:
                    yield from changes(name, before or NOT_KNOWN, after or NOT_KNOWN)


def files(content: dict[str, Any]) -> dict[str, str]:
    """Return the documents by name."""
    return {"comparison.json": encode(content), "comparison.md": "\n".join(_markdown(content)) + "\n"}


def lines(content: dict[str, Any]) -> list[str]:
    """Return what a terminal shows: how verdicts have moved, and totals."""
    rows: list[list[object]] = [[move["was"], move["now"], move["hosts"]] for move in content["moved"]]
    return [*(table(["verdict was", "is now", "hosts"], rows) if rows else []), "", visible(_totals(content))]


def _totals(content: dict[str, Any]) -> str:
    damaged = sum(len(found) for found in content["damaged"].values())
    clean = [sum(count for word, count in side.items() if word in CLEAN) for side in content["verdicts"].values()]
    return (
        f"{words.counted(len(content['changed']), 'host')} changed, {content['same']} the same, "
        f"{len(content['new'])} new, {len(content['gone'])} gone; {clean[0]} clean before, {clean[1]} now"
        + (f"; {words.counted(damaged, 'record')} could not be read" if damaged else "")
    )


def _markdown(content: dict[str, Any]) -> Iterator[str]:
    yield "# What has changed between two runs"
    yield ""
    yield f"{_totals(content)}."
    yield ""
    if content["moved"]:
        yield from ("| verdict was | is now | hosts |", "| --- | --- | --- |")
        yield from (f"| {cell(move['was'])} | {cell(move['now'])} | {move['hosts']} |" for move in content["moved"])
        yield ""
    for side, heading in (("new", "Hosts that are new"), ("gone", "Hosts without a record now")):
        yield from _section(heading, content[side], lambda found: f"{cell(found['host'])}: {cell(found['verdict'])}")
    yield from _section("Hosts that have changed", content["changed"], _changed_line)
    for side, damaged in content["damaged"].items():
        heading = f"Records of the {side} run that could not be read"
        yield from _section(heading, damaged, lambda found: f"{cell(found['file'])}: {cell(found['problem'])}")


def _changed_line(found: dict[str, Any]) -> str:
    return f"**{cell(found['host'])}** ({cell(found['verdict'])}): {'; '.join(map(cell, found['changes']))}"


def _section(heading: str, found: list[Any], line: Callable[[Any], str]) -> Iterator[str]:
    if found:
        yield f"## {heading}: {len(found)}"
        yield ""
        yield from (f"- {line(one)}" for one in found[:MOST_SHOWN])
        if len(found) > MOST_SHOWN:
            yield f"- and {len(found) - MOST_SHOWN} more, which are in comparison.json"
        yield ""
