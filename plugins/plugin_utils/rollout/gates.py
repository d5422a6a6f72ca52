# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a ring went well enough for the next one: continue, wait or stop. If that is unknown, the answer is wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from .. import errors
from ..record.verdict import UNKNOWN
from ..times import moment, utc
from ..visible import visible
from .rules import BY_A_PERSON, BY_FILE, NO_WORD, Gate, Ring

CONTINUE, WAIT, STOP = "continue", "wait", "stop"
# A host that was not started, or not reached, has the same word as its failure's code.
DONE, FAILED, INTERRUPTED, FORECAST = "done", "failed", "interrupted", "only_looked_at"
NOT_BEGUN, UNREACHABLE = errors.NOT_BEGUN, errors.UNREACHABLE
STATES = (DONE, FAILED, UNREACHABLE, INTERRUPTED, NOT_BEGUN, FORECAST)
# Levels of preflight results that hold nothing up. The ID of one may be that of a grave one on another day.
GOOD = ("ok", "info")
MOST_NAMED = 3


@dataclass(frozen=True)
class Seen:
    """What is known of a host. ``window`` is in seconds, None where nothing was handed over; ``ended`` is when its
    record was written, '' without one; ``checks`` are the IDs of what its preflight says; ``is_told`` says that its
    record has what was done, or that nothing is handed over.
    """

    host: str
    state: str = NOT_BEGUN
    verdict: str = ""
    code: str = ""
    message: str = ""
    window: float | None = None
    window_unknown: bool = False
    ended: str = ""
    checks: frozenset[str] = frozenset()
    is_told: bool = False

    def interrupted(self, since: str) -> Seen:
        """Return that a host's change was begun, and that no record says how it ended."""
        told = f"its change began at {since}, and no record says how it ended"
        return replace(self, state=INTERRUPTED, code="", message=told)

    def changed(self) -> Seen:
        """Return that a host's change was begun: how long it had no scanner is unknown unless its record says so."""
        return self if self.is_told or self.window is not None else replace(self, window_unknown=True)


@dataclass(frozen=True)
class Reason:
    """Why a ring does not begin: an ID, the answer that follows, words, and when it is over, if that is known."""

    id: str
    answer: str
    text: str
    until: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as a task returns it."""
        return {"id": self.id, "text": self.text, "until": utc(self.until) if self.until else None}


@dataclass(frozen=True)
class Answer:
    """What a gate says: the gravest of its reasons, or that there is none."""

    reasons: tuple[Reason, ...] = ()

    @property
    def word(self) -> str:
        """Return continue, wait or stop."""
        words = {reason.answer for reason in self.reasons}
        return STOP if STOP in words else WAIT if words else CONTINUE

    @property
    def text(self) -> str:
        """Return the reasons in words, '' where there is none."""
        return "; ".join(reason.text for reason in self.reasons)

    @property
    def until(self) -> datetime | None:
        """Return when waiting is over, None where that is not only a matter of time."""
        times = [reason.until for reason in self.reasons if reason.until]
        return max(times) if times and len(times) == len(self.reasons) else None


@dataclass(frozen=True)
class Known:
    """What a gate goes by besides the hosts: the time, the preflight IDs that were approved (None: nothing was),
    whether the next ring was named by a person, and why the word for a ring does not count, '' if it does.
    """

    now: datetime
    checks: frozenset[str] | None = None
    is_named: bool = False
    word: Callable[[str], str] = field(default=lambda _ring: "no word was given")


def answer(ring: Ring, hosts: Sequence[Seen], known: Known) -> Answer:
    """Return the answer of the gate after a ring. Hosts that are only checked do not count."""
    counted = [seen for seen in hosts if seen.state != FORECAST]
    if not counted:
        return Answer()
    gate, name = ring.gate, ring.name
    reasons = [
        *_not_finished(name, counted),
        *_share(gate, name, counted),
        *_unreachable(gate, name, counted),
        *_window(gate, name, counted),
        *_denied(gate, name, counted),
        *_new_checks(gate, name, counted, known.checks),
        *_soak(gate, name, counted, known.now),
    ]
    return Answer((*reasons, *([] if reasons else _word(gate, name, known))))


def some(hosts: Sequence[Seen]) -> str:
    """Return the names of a few hosts."""
    return some_names([seen.host for seen in hosts])


def some_names(hosts: Sequence[str]) -> str:
    """Return the first few of several names."""
    names = [visible(host, 80) for host in hosts[:MOST_NAMED]]
    return ", ".join([*names, *(["…"] if len(hosts) > MOST_NAMED else [])])


def _of(hosts: Sequence[Seen], *states: str) -> list[Seen]:
    return [seen for seen in hosts if seen.state in states]


def _not_finished(name: str, hosts: Sequence[Seen]) -> Iterator[Reason]:
    if left := _of(hosts, NOT_BEGUN, INTERRUPTED):
        text = f"{len(left)} of {len(hosts)} hosts of ring {name} are not finished ({some(left)})"
        yield Reason("ring_not_finished", WAIT, text)


def _share(gate: Gate, name: str, hosts: Sequence[Seen]) -> Iterator[Reason]:
    """Yield why too few are clean: for certain, or as long as hosts that were not reached may be."""
    clean, open_ones = _of(hosts, DONE), _of(hosts, UNREACHABLE, NOT_BEGUN, INTERRUPTED)
    if gate.min_clean.is_reached(len(clean), len(hosts)):
        return
    may_be = gate.min_clean.is_reached(len(clean) + len(open_ones), len(hosts))
    bad, gone = _of(hosts, FAILED), _of(hosts, UNREACHABLE)
    why = [
        f"{len(several)} {word} ({some(several)})"
        for word, several in (("failed", bad), ("were not reached", gone))
        if several
    ]
    text = f"{len(clean)} of {len(hosts)} hosts of ring {name} are clean, and {gate.min_clean} have to be"
    yield Reason("share_clean", WAIT if may_be else STOP, ": ".join([text, *([", ".join(why)] if why else [])]))


def _unreachable(gate: Gate, name: str, hosts: Sequence[Seen]) -> Iterator[Reason]:
    gone = _of(hosts, UNREACHABLE)
    if gate.max_unreachable.is_exceeded(len(gone), len(hosts)):
        text = f"{len(gone)} of {len(hosts)} hosts of ring {name} were not reached ({some(gone)})"
        yield Reason("unreachable", WAIT, f"{text}, and {gate.max_unreachable} may be")


def _window(gate: Gate, name: str, hosts: Sequence[Seen]) -> Iterator[Reason]:
    if gate.max_window is None:
        return
    long = [seen for seen in hosts if seen.window is not None and seen.window > gate.max_window]
    unknown = [seen for seen in hosts if seen.window_unknown]
    if long:
        longest = max(seen.window or 0 for seen in long)
        text = f"the longest unprotected window of ring {name} was {longest:g} s ({some(long)})"
        yield Reason("window", STOP, f"{text}, and {gate.max_window:g} s may be")
    if unknown:
        yield Reason("window", WAIT, f"the unprotected window of {some(unknown)} in ring {name} is not known")


def _denied(gate: Gate, name: str, hosts: Sequence[Seen]) -> Iterator[Reason]:
    for verdict in gate.deny_verdicts:
        # Of a host that was not reached its record may still have the verdict of its change; unknown is no such one.
        states = (DONE, FAILED) if verdict == UNKNOWN else (DONE, FAILED, UNREACHABLE)
        if bad := [seen for seen in _of(hosts, *states) if seen.verdict == verdict]:
            yield Reason("verdict_denied", STOP, f"hosts of ring {name} that are {verdict}: {len(bad)} ({some(bad)})")


def _new_checks(gate: Gate, name: str, hosts: Sequence[Seen], approved: frozenset[str] | None) -> Iterator[Reason]:
    if not gate.deny_new_checks or approved is None:
        return
    for check in sorted({check for seen in hosts for check in seen.checks} - approved):
        bad = [seen for seen in hosts if check in seen.checks]
        text = f"{visible(check, 80)} was found in ring {name}, hosts: {len(bad)} ({some(bad)})"
        yield Reason("new_check", STOP, f"{text}, and on none when it was planned")


def _soak(gate: Gate, name: str, hosts: Sequence[Seen], now: datetime) -> Iterator[Reason]:
    ended = [seen.ended for seen in _of(hosts, DONE, FAILED) if seen.ended]
    if not gate.soak or not ended:
        return
    over = moment(max(ended)) + timedelta(minutes=gate.soak)
    if now < over:
        text = f"ring {name} ended at {max(ended)}, and {gate.soak} minutes have to pass: until {utc(over)}"
        yield Reason("soak", WAIT, text, over)


def _word(gate: Gate, name: str, known: Known) -> Iterator[Reason]:
    """Yield that a person's permission is needed, once everything else is in order."""
    if gate.approval == NO_WORD:
        return
    if gate.approval == BY_A_PERSON:
        if not known.is_named:
            yield Reason("next_ring_not_named", WAIT, f"what follows ring {name} is started by hand, by naming it")
    elif gate.approval == BY_FILE and (why := known.word(name)):
        yield Reason("approval", WAIT, f"continuing after ring {name} needs an approval: {why}")
