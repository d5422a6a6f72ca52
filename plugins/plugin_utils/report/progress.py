# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a rollout gets on, in a few lines whatever the size of the fleet. A result costs the same work in any fleet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from typing import Any

from ..errors import NOT_BEGUN
from ..rollout import gates
from .escape import visible
from .rollout import seen_in

MOST_NAMES, MOST_SHOWN, MOST_REASONS = 10, 8, 64
OTHER = "other reasons, in the records"
# Output to a file gets one line after so many seconds, or so small a part of the hosts.
SECONDS, PARTS = 30.0, 100
MINUTE = 60


class Tally:
    """The results of a ring's hosts so far: of each host its last result counts."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.verdicts: Counter[str] = Counter()
        self.reasons: dict[str, dict[str, None]] = {}
        self.longest: tuple[float, str] | None = None
        self._last: dict[str, tuple[str, str]] = {}

    @property
    def done(self) -> int:
        """How many hosts have a result."""
        return len(self._last)

    def add(self, host: str, result: Mapping[str, Any]) -> bool:
        """Count what migration_record returned of a host; return True if the host had no result before."""
        seen = seen_in(host, result)
        is_new = host not in self._last
        if not is_new:
            self._forget(host)
        verdict = seen.verdict if seen.state in (gates.DONE, gates.FAILED) else seen.state
        reason = self._reason(seen) if seen.state in (gates.FAILED, gates.UNREACHABLE) else ""
        self._last[host] = (verdict, reason)
        self.verdicts[verdict] += 1
        if reason:
            self.reasons.setdefault(reason, {})[host] = None
        if seen.window is not None and (self.longest is None or seen.window > self.longest[0]):
            self.longest = (seen.window, host)
        return is_new

    def _forget(self, host: str) -> None:
        verdict, reason = self._last[host]
        self.verdicts[verdict] -= 1
        if not self.verdicts[verdict]:
            del self.verdicts[verdict]
        if reason:
            del self.reasons[reason][host]
            if not self.reasons[reason]:
                del self.reasons[reason]

    def _reason(self, seen: gates.Seen) -> str:
        """Return the ID of a failure. IDs may come from hosts: a host cannot have as many of them shown as it likes."""
        reason = visible(seen.code or seen.verdict, 60)
        return reason if reason in self.reasons or len(self.reasons) < MOST_REASONS else OTHER

    def text(self) -> str:
        """Return how many hosts are done, their verdicts and the longest window."""
        told = [f"{hosts} {_word(verdict)}" for verdict, hosts in self.verdicts.most_common()]
        parts = [f"{self.done} of {self.total} hosts{': ' if told else ''}{', '.join(told)}"]
        parts += [f"longest window {self.longest[0]:.3f} s ({visible(self.longest[1], 60)})"] if self.longest else []
        return "; ".join(parts)

    def failed(self) -> list[str]:
        """Return a line for each reason with the first of its hosts, the most frequent first."""
        order = sorted(self.reasons.items(), key=lambda pair: -len(pair[1]))
        lines = [f"  {len(hosts)} {reason}: {_names(hosts)}" for reason, hosts in order[:MOST_SHOWN]]
        left = sum(len(hosts) for _reason, hosts in order[MOST_SHOWN:])
        return [*lines, *([f"  {left} {OTHER}"] if left else [])]

    def reasons_in_short(self) -> str:
        """Return how many hosts failed for which reason, without names."""
        order = sorted(self.reasons.items(), key=lambda pair: -len(pair[1]))
        return ", ".join(f"{len(hosts)} {reason}" for reason, hosts in order[:MOST_SHOWN])


class Progress:
    """How a whole run gets on. Times are seconds of one clock, whichever it is."""

    def __init__(self, rings: Iterable[tuple[str, Collection[str]]], began: float) -> None:
        self.rings: dict[str, Tally] = {}
        self._ring_of: dict[str, str] = {}
        for name, hosts in rings:
            self.rings.setdefault(name, Tally(0)).total += len(hosts)
            self._ring_of.update(dict.fromkeys(hosts, name))
        self.total, self.done = len(self._ring_of), 0
        self.ring, self._ring_began, self._ring_done = "", began, 0
        self._shown_at, self._shown_done = began, 0

    def begin(self, ring: str, now: float) -> bool:
        """Note that a batch of a ring begins; return True if another ring is on now."""
        if ring == self.ring:
            return False
        self.ring, self._ring_began, self._ring_done = ring, now, 0
        self.rings.setdefault(ring, Tally(0))
        return True

    def add(self, host: str, result: Mapping[str, Any]) -> bool:
        """Count what migration_record returned of a host; return True if the host had no result before."""
        is_new = self.rings[self._ring_of.get(host, self.ring)].add(host, result)
        self.done += is_new
        self._ring_done += is_new
        return is_new

    @property
    def is_ring_done(self) -> bool:
        """Whether every host of the ring that is on has a result."""
        tally = self.rings[self.ring]
        return tally.done >= tally.total

    def block(self, now: float) -> list[str]:
        """Return the ring that is on, its failed hosts by reason, and the run."""
        tally = self.rings[self.ring]
        return [f"ring {visible(self.ring, 63)}: {tally.text()}", *tally.failed(), f"  {self._pace(now)}"]

    def line(self, now: float) -> str:
        """Return the same in one line, without names."""
        tally = self.rings[self.ring]
        failed = tally.reasons_in_short()
        parts = [f"ring {visible(self.ring, 63)}: {tally.text()}", *([f"failed: {failed}"] if failed else [])]
        return "; ".join([*parts, self._pace(now)])

    def is_line_due(self, now: float) -> bool:
        """Return True if a file is to get a line, which then counts as written."""
        share = max(1, self.total // PARTS)
        if now - self._shown_at < SECONDS and self.done - self._shown_done < share:
            return False
        self._shown_at, self._shown_done = now, self.done
        return True

    def _pace(self, now: float) -> str:
        """Return how far the run is, how fast, and how long it takes at the pace of its present ring."""
        seconds, left = max(now - self._ring_began, 0.001), max(self.total - self.done, 0)
        parts = [f"run: {self.done} of {self.total} hosts"]
        if self._ring_done:
            rate = self._ring_done / seconds
            parts += [f"{rate * MINUTE:.1f} a minute", *([f"{duration(left / rate)} left"] if left else [])]
        return ", ".join(parts)


def duration(seconds: float) -> str:
    """Return a duration as people say it."""
    whole = int(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    hours, minutes = divmod(whole // MINUTE, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"


def _word(verdict: str) -> str:
    return "not started" if verdict == NOT_BEGUN else visible(verdict, 40)


def _names(hosts: Mapping[str, None]) -> str:
    names, more = [visible(host, 60) for host in islice(hosts, MOST_NAMES)], len(hosts) - MOST_NAMES
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")
