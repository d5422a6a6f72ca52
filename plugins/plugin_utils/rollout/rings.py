# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which hosts are in which ring, and which share a group: decided once, when a plan is made."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .rules import BY_CLASS, Group, Ring, Rules

# The names of the hosts that some patterns of the inventory stand for.
Matched = Callable[[Sequence[str]], Iterable[str]]


@dataclass(frozen=True)
class Candidate:
    """A host to be put into a ring. ``plan`` is its plan's digest, '' where none is known; ``machine`` is the ID of
    its machine, None where hosts keep the order in which they are given.
    """

    host: str
    plan: str = ""
    machine: str | None = None

    @property
    def key(self) -> str:
        """Return a host's sort key: evenly distributed, and the same at any time and on any controller."""
        if self.machine is None:
            return ""
        return hashlib.sha256((self.machine or self.host).encode("utf-8", "surrogatepass")).hexdigest()


def divide(rules: Rules, candidates: Sequence[Candidate], matched: Matched) -> list[tuple[Ring, list[str]]]:
    """Return each ring with its hosts in their order: every candidate is in one of them, and in no other.

    A ring without hosts is left out, unless it names some.
    """
    left = {one.host: one for one in sorted(candidates, key=lambda one: one.key)}
    total, seen, rings = len(left), set[str](), []
    for ring in rules.rings:
        named = set(matched(ring.hosts)) if ring.hosts else None
        pool = [one for one in left.values() if named is None or one.host in named]
        whole = total if named is None else len(pool)
        taken = _ordered(pool, seen) if ring.pick == BY_CLASS else pool
        taken = taken if ring.size is None else taken[: max(1, ring.size.of(whole))]
        for one in taken:
            del left[one.host]
            seen.add(one.plan)
        if taken or ring.hosts:
            rings.append((ring, [one.host for one in taken]))
    return rings


def _ordered(pool: list[Candidate], seen: set[str]) -> list[Candidate]:
    """Return hosts with one of each class that no ring has had yet before all others, the largest class first."""
    sizes = Counter(one.plan for one in pool)
    first: dict[str, Candidate] = {}
    for one in pool:
        if one.plan not in seen:
            first.setdefault(one.plan, one)
    ahead = sorted(first.values(), key=lambda one: (-sizes[one.plan], one.key))
    chosen = {one.host for one in ahead}
    return [*ahead, *(one for one in pool if one.host not in chosen)]


def shared(
    groups: Sequence[Group], hosts: Iterable[str], values_of: Callable[[str, str], Sequence[str]]
) -> list[dict[str, Any]]:
    """Return the groups of hosts as a plan has them: [{by, at_once: number of hosts, members}] for each value.

    ``values_of`` is given a host and what a group is by, and returns nothing for a host that is in none.
    """
    found = []
    for group in groups:
        members: dict[str, list[str]] = {}
        for host in sorted(hosts):
            for value in values_of(host, group.by):
                members.setdefault(value, []).append(host)
        found += [
            {"by": group.by, "value": value, "at_once": max(1, group.at_once.of(len(several))), "hosts": several}
            for value, several in sorted(members.items())
        ]
    return found


def batches(hosts: Sequence[str], at_once: int, groups: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    """Return hosts in batches, in their order as far as groups allow it: of none more than may be away at once."""
    member_of: dict[str, list[int]] = {}
    limits = {}
    for number, group in enumerate(groups):
        limits[number] = int(group["at_once"])
        for host in group["hosts"]:
            member_of.setdefault(host, []).append(number)
    left, found = list(hosts), []
    while left:
        batch, later, away = list[str](), list[str](), Counter[int]()
        for place, host in enumerate(left):
            if len(batch) == at_once:
                later += left[place:]
                break
            mine = member_of.get(host, [])
            if any(away[number] >= limits[number] for number in mine):
                later.append(host)
                continue
            batch.append(host)
            away.update(mine)
        found.append(batch)
        left = later
    return found
