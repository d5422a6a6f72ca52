# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a migration goes, wave by wave: whether the next wave begins, and the last words of the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import AvshiftError
from ..fleet import waves
from ..fleet.stop_file import GO, NOT_STARTED
from .escape import visible
from .table import table
from .words import cause, some

MIGRATED, FAILED, UNREACHABLE = "migrated", "failed", "unreachable"
STATES = (MIGRATED, FAILED, UNREACHABLE, NOT_STARTED)
# Of hosts that are looked at and never changed: they count for nothing.
FORECAST = "only_looked_at"
CONTINUE, STOP = "continue", "stop"
HEADER = ["outcome", "why", "hosts", "which"]
MOST_ROWS, WIDEST = 15, 160
Results = Mapping[str, Mapping[str, Any] | None]


@dataclass(frozen=True)
class Limits:
    """What ends a run: the waves as serial takes them, and the percentage of a wave that may fail."""

    waves: list[int | str]
    most_failed: float


@dataclass(frozen=True)
class Gate:
    """Whether a wave begins. ``reason`` is why not, or nothing."""

    wave: int
    reason: str


def state_of(result: Mapping[str, Any] | None) -> str:
    """Return what became of a host. ``result`` is that of migration_record, None where the host was never begun."""
    if result is None:
        return NOT_STARTED
    if result.get("success"):
        return MIGRATED
    if result.get("forecast"):
        return FORECAST
    code = (result.get("failure") or {}).get("code")
    return code if code in (UNREACHABLE, NOT_STARTED) else FAILED


def gate(hosts: list[str], batch: list[str], results: Results, limits: Limits, out: Collection[str] = ()) -> Gate:
    """Return whether a wave may begin after those before it.

    ``hosts`` are all of the run in its order, ``batch`` those that Ansible begins now, ``out`` those that
    failed before this play and are begun no more. Raises AvshiftError where these
    are no wave of the limits: then another list of waves is in force than the one that is known here.
    """
    members = _members(hosts, limits)
    wave = next(number for number, several in members.items() if batch[0] in several)
    if set(batch) != set(members[wave]) - set(out):
        raise AvshiftError(
            "waves_in_inventory",
            "Dividing the hosts into waves",
            waves.VARIABLE,
            "it is set in the inventory, but it sets the play keyword serial, which Ansible evaluates before inventory "
            "variables",
            "Give it on the command line, as -e avshift_waves=1,10,25%; no host was touched.",
        )
    return Gate(wave, _stopped_by(wave - 1, members.get(wave - 1, []), results, limits.most_failed))


def _members(hosts: list[str], limits: Limits) -> dict[int, list[str]]:
    members: dict[int, list[str]] = {}
    for host, wave in waves.of_hosts(hosts, limits.waves).items():
        members.setdefault(wave, []).append(host)
    return members


def _stopped_by(wave: int, members: list[str], results: Results, most_failed: float) -> str:
    """Return why no wave may follow this one, or nothing."""
    states = {host: state_of(results.get(host)) for host in members}
    members = [host for host in members if states[host] != FORECAST]
    bad = [host for host in members if states[host] != MIGRATED]
    if len(bad) * 100 <= most_failed * len(members):
        return ""
    return (
        f"{len(bad)} of {len(members)} hosts of wave {wave} failed or were not reached ({some(bad)}), and "
        f"the limit is {most_failed:g} % ({waves.MOST_FAILED})"
    )


def last_words(
    hosts: list[str], results: Results, limits: Limits, records_dir: str, dry_run: bool, halted: str = ""
) -> list[str]:
    """Return the last lines of a run: how many hosts came to what, why, and what to do about it.

    ``halted`` is what a stop file says, '' where there is none.
    """
    states = {host: state_of(results.get(host)) for host in hosts}
    reason = _ended(hosts, results, limits, halted)
    rows = _rows(states, results)
    lines = [*table(HEADER, rows[:MOST_ROWS], WIDEST), ""] if rows else []
    if len(rows) > MOST_ROWS:
        lines += [f"… and {len(rows) - MOST_ROWS} more rows, in the records", ""]
    todo = _what_to_do(states, reason, records_dir, dry_run)
    return [*lines, counted(states, dry_run), *todo, *([GO] if reason and reason == halted else [])]


def gate_of(hosts: list[str], results: Results, limits: Limits, halted: str = "") -> str:
    """Return STOP if the run ended early, or in check mode would have, CONTINUE otherwise; ``halted`` as for the last
    words.
    """
    return STOP if _ended(hosts, results, limits, halted) else CONTINUE


def _ended(hosts: list[str], results: Results, limits: Limits, halted: str) -> str:
    """Return why a run ended early, or nothing."""
    is_halted = halted and any(state_of(results.get(host)) == NOT_STARTED for host in hosts)
    return halted if is_halted else stopped(hosts, results, limits)


def stopped(hosts: list[str], results: Results, limits: Limits) -> str:
    """Return why the run ended, or in check mode would have ended, before its last wave; or nothing."""
    before_others = list(_members(hosts, limits).items())[:-1]
    reasons = (_stopped_by(wave, members, results, limits.most_failed) for wave, members in before_others)
    return next((reason for reason in reasons if reason), "")


def missing(counts: Mapping[str, int]) -> AvshiftError | None:
    """Return the error of a run in which no host failed, and not every one was started; None of any other."""
    if not counts[NOT_STARTED] or counts[FAILED] or counts[UNREACHABLE]:
        return None
    cause, remedy = "they were not started, and no host failed", "The summary above says why, and what to do."
    return AvshiftError(NOT_STARTED, "Migrating", f"{counts[NOT_STARTED]} hosts", cause, remedy)


def counted(states: dict[str, str], dry_run: bool) -> str:
    """Return how many hosts came to what, in a line."""
    counts = Counter(states.values())
    words = {MIGRATED: "would be migrated" if dry_run else "migrated", FAILED: "would fail" if dry_run else "failed"}
    named = [*STATES, *([FORECAST] if counts[FORECAST] else [])]
    told = ", ".join(f"{counts[state]} {words.get(state, state.replace('_', ' '))}" for state in named)
    return f"{len(states)} {'host' if len(states) == 1 else 'hosts'}: {told}"


def _rows(states: dict[str, str], results: Results) -> list[list[object]]:
    """Return a row for each reason with its hosts, the failed first."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for host, state in states.items():
        if state != NOT_STARTED:
            grouped.setdefault((state, _why(host, state, results[host] or {})), []).append(host)
    order = sorted(grouped.items(), key=lambda pair: (pair[0][0] == MIGRATED, -len(pair[1]), pair[0]))
    return [[state, why, len(members), some(members)] for (state, why), members in order]


def _why(host: str, state: str, result: Mapping[str, Any]) -> str:
    if state != MIGRATED and result.get("failure"):
        return cause(host, result["failure"])
    return visible(str(result.get("verdict") or result.get("msg") or "no record was written"))


def _what_to_do(states: dict[str, str], reason: str, records_dir: str, dry_run: bool) -> list[str]:
    counts = Counter(states.values())
    ended = "Nothing was changed. The real run would end early" if dry_run else "The run ended early"
    lines = [f"{ended}: {reason}."] if reason else ["Nothing was changed."] if dry_run else []
    if counts[FAILED] or counts[UNREACHABLE]:
        where = "" if dry_run else f"Check the records in {records_dir}, and fix what they name"
        lines.append(f"{where or 'Fix what is named above'}; then run again.")
    if counts[NOT_STARTED]:
        lines.append("Hosts that were not started are unchanged. Another run skips what is already done.")
    if not lines:
        lines.append(f"Next: avshift.endpoint.report for documents of {records_dir}, and avshift.endpoint.verify.")
    return lines
