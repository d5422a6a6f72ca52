# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state of a rollout: which hosts are where, what blocks it, and the command that continues it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..errors import NOT_BEGUN, UNREACHABLE, AvshiftError
from ..fleet.stop_file import GO
from ..rollout import gates
from ..rollout.gates import Seen
from ..rollout.standing import Standing
from ..times import utc
from . import words
from .escape import visible
from .table import table
from .words import cause, some

MIGRATED, FAILED, INTERRUPTED = "migrated", gates.FAILED, gates.INTERRUPTED
STATES = (MIGRATED, FAILED, UNREACHABLE, NOT_BEGUN)
# Of hosts that are looked at and never changed: they count for nothing.
FORECAST = gates.FORECAST
HEADER = ["outcome", "why", "hosts", "which"]
RING_HEADER = ["ring", "hosts", "clean", "failed", "unreachable", "interrupted", "not started", "longest window"]
MOST_ROWS, WIDEST, LONGEST = 15, 160, 2000
GOING_ON = "To go on: "


def states(standing: Standing) -> dict[str, str]:
    """Return {host: its state} of all hosts that a run is about."""
    found = {host: standing.seen.get(host, Seen(host)).state for host in standing.schedule.everyone}
    return {host: MIGRATED if state == gates.DONE else state for host, state in found.items()}


def state_of(result: Mapping[str, Any] | None) -> str:
    """Return a host's state. ``result`` is that of migration_record, None where the host was never begun."""
    if result is None:
        return NOT_BEGUN
    if result.get("success"):
        return MIGRATED
    if result.get("forecast"):
        return FORECAST
    code = (result.get("failure") or {}).get("code")
    return code if code in (UNREACHABLE, NOT_BEGUN) else FAILED


def seen_in(host: str, result: Mapping[str, Any]) -> Seen:
    """Return what the result of migration_record says of a host."""
    failure, state = result.get("failure") or {}, state_of(result)
    words = failure.get("message") or result.get("msg") or ""
    return Seen(
        host,
        gates.DONE if state == MIGRATED else state,
        str(result.get("verdict") or "no record was written"),
        str(failure.get("code", "")),
        str(words),
        result.get("window_seconds"),
    )


def last_words(standing: Standing) -> list[str]:
    """Return the last lines of a run: how many hosts ended how and why, what blocks it, and how to continue."""
    found = states(standing)
    rows = _rows(found, standing.seen)
    lines = [*table(HEADER, rows[:MOST_ROWS], WIDEST), ""] if rows else []
    if len(rows) > MOST_ROWS:
        lines += [f"… and {len(rows) - MOST_ROWS} more rows, in the records", ""]
    rings = ring_rows(standing)
    lines += [*table(RING_HEADER, rings), ""] if len(rings) > 1 else []
    return [*lines, counted(found, standing.dry_run), *_what_to_do(standing, Counter(found.values()))]


def figures(standing: Standing) -> dict[str, Any]:
    """Return {hosts: how many are in which state, gate, reasons} as tasks return them."""
    counts = Counter(states(standing).values())
    return {
        "hosts": {state: counts[state] for state in (*STATES, INTERRUPTED, FORECAST)},
        "gate": standing.answer.word,
        "reasons": [reason.to_json() for reason in standing.answer.reasons],
    }


def ring_rows(standing: Standing) -> list[list[object]]:
    """Return a row for each ring: its hosts by their state, and its longest window."""
    rows = []
    for ring in standing.schedule.divided.rings:
        several = [standing.seen.get(host, Seen(host)) for host in ring["hosts"]]
        counts = Counter(seen.state for seen in several)
        windows = [seen.window for seen in several if seen.window is not None]
        figures = [counts[state] for state in gates.STATES[:5]]
        rows.append([ring["name"], len(several), *figures, f"{max(windows):.3f} s" if windows else "-"])
    return rows


def missing(standing: Standing) -> AvshiftError | None:
    """Return the error of a run in which no host failed, and not every one was started; None of any other.

    A host that failed in an earlier run alone makes no task of this one fail.
    """
    found, passed_by = states(standing), standing.passed_by
    if any(state in (FAILED, UNREACHABLE) for host, state in found.items() if host not in passed_by):
        return None
    left = [host for host, state in found.items() if state in (NOT_BEGUN, INTERRUPTED) or host in passed_by]
    if not left:
        return None
    cause = "this run did not start them, and no host failed in it"
    remedy = "The summary above says why, and what to do."
    return AvshiftError(NOT_BEGUN, "Migrating", words.counted(len(left), "host"), cause, remedy)


def counted(found: dict[str, str], dry_run: bool) -> str:
    """Return how many hosts ended how, in one line."""
    counts = Counter(found.values())
    words = {MIGRATED: "would be migrated" if dry_run else "migrated", FAILED: "would fail" if dry_run else "failed"}
    words |= {NOT_BEGUN: "not started", FORECAST: "only looked at"}
    named = [*STATES, *(state for state in (INTERRUPTED, FORECAST) if counts[state])]
    told = ", ".join(f"{counts[state]} {words.get(state, state)}" for state in named)
    return f"{len(found)} {'host' if len(found) == 1 else 'hosts'}: {told}"


def _rows(found: dict[str, str], seen: Mapping[str, Seen]) -> list[list[object]]:
    """Return a row for each reason with its hosts, the failed first."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for host, state in found.items():
        if state != NOT_BEGUN:
            grouped.setdefault((state, _why(state, seen.get(host, Seen(host)))), []).append(host)
    order = sorted(grouped.items(), key=lambda pair: (pair[0][0] == MIGRATED, -len(pair[1]), pair[0]))
    return [[state, why, len(members), some(members)] for (state, why), members in order]


def _why(state: str, seen: Seen) -> str:
    if state != MIGRATED and seen.code:
        return cause(seen.host, {"code": seen.code, "message": seen.message})
    return visible(seen.verdict or seen.message or "no record was written")


def _what_to_do(standing: Standing, counts: Mapping[str, int]) -> list[str]:
    left, answer, records = counts[NOT_BEGUN] + counts[INTERRUPTED], standing.answer, standing.schedule.records
    lines = ["Nothing was changed."] if standing.dry_run else []
    if answer.reasons:
        ended = "The real run would end early" if standing.dry_run else "The run ended early"
        lines.append(f"{ended} ({answer.word}): {visible(answer.text, LONGEST)}.")
    if counts[FAILED] or counts[UNREACHABLE]:
        where = "" if standing.dry_run else f"Check the records in {records}, and fix what they name"
        lines.append(f"{where or 'Fix what is named above'}; then run again.")
    if left:
        lines.append("Hosts that were not started are unchanged. Another run skips what is already done.")
    if not lines:
        lines.append(f"Next: avshift.endpoint.report for documents of {records}, and avshift.endpoint.verify.")
    is_open = left or counts[FAILED] or counts[UNREACHABLE]
    return [*lines, *(going_on(standing) if is_open and not standing.dry_run else [])]


def going_on(standing: Standing) -> list[str]:
    """Return how to continue: what has to be done first, the earliest useful time, and the command."""
    answer, schedule = standing.answer, standing.schedule
    ids = {reason.id for reason in answer.reasons}
    lines = [GO] if "stop_file" in ids else []
    lines += [f"Not before {utc(answer.until)}."] if answer.until else []
    command = schedule.command
    if "next_ring_not_named" in ids and (name := _next_ring(standing)):
        command += f" -e avshift_rings={name}"
    return [*lines, f"{GOING_ON}{visible(command, 4000)}"]


def _next_ring(standing: Standing) -> str:
    """Return the name of the first ring with a host that was not begun."""
    for ring in standing.schedule.divided.rings:
        if any(standing.seen.get(host, Seen(host)).state == NOT_BEGUN for host in ring["hosts"]):
            return str(ring["name"])
    return ""
