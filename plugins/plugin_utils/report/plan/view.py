# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan document for its readers: its classes by size, what blocks which host, and what is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ....module_utils.agreed.runs import BEGUN
from ... import platforms
from ...carry_out.marks import expanded
from ...fleet import document as documents
from ...plan.model import PARTS, Carried, stopping
from ...plan.platform import Handover
from ...record import verdict
from . import forecasts

LEVELS = ("error", "overridable", "warning", "info", "ok")
CHANGE, REFUSED, NOTHING = "to change", "refused", "nothing to do"


@dataclass(frozen=True)
class Told:
    """A preflight result as it is shown for a class: ``hosts`` are those that have it."""

    check: dict[str, Any]
    hosts: tuple[str, ...]
    alike: bool


@dataclass(frozen=True)
class Host:
    """One host's row."""

    name: str
    number: int
    verdict: str
    ring: int | None
    files: int
    size: int
    own: tuple[dict[str, Any], ...]
    begun: bool


@dataclass(frozen=True)
class Group:
    """One class. ``plan`` is the whole plan of its first host; ``entries`` are the hosts' own parts by name."""

    number: int
    digest: str
    plan: dict[str, Any]
    entries: dict[str, dict[str, Any]]
    shared: tuple[dict[str, Any], ...]

    @cached_property
    def fate(self) -> str:
        """Return what happens to its hosts, in a word."""
        return REFUSED if self.plan["blocked"] else CHANGE if self.plan["steps"] else NOTHING

    @cached_property
    def stops(self) -> list[dict[str, Any]]:
        """Return the preflight results that keep its hosts from being changed."""
        return stopping(self.plan)

    @cached_property
    def steps(self) -> dict[str, list[dict[str, Any]]]:
        """Return its steps by part, with their marks filled in."""
        steps = expanded(self.plan, self.digest, "")
        return {part: [step for step in steps if step["part"] == part] for part in PARTS}

    @cached_property
    def told(self) -> list[Told]:
        """Return its preflight results, the gravest first, each diagnosis once."""
        alike = [Told(check, tuple(self.entries), True) for check in self.shared]
        found: dict[tuple[Any, ...], list[str]] = {}
        for host, entry in self.entries.items():
            for check in entry["preflight"].values():
                found.setdefault(tuple(sorted(check.items())), []).append(host)
        own = [Told(dict(items), tuple(hosts), False) for items, hosts in found.items()]
        return sorted([*alike, *own], key=lambda told: (_rank(told.check), told.check["id"], -len(told.hosts)))

    @cached_property
    def retained(self) -> dict[str, tuple[int, int]]:
        """Return {path: (files, bytes)} that are archived on all of its hosts together, in the order of the paths: that
        of a plan which was read back is the same.
        """
        sums: dict[str, tuple[int, int]] = {}
        for entry in self.entries.values():
            for path, size in Carried.of(entry).retained.items():
                files, octets = sums.get(path, (0, 0))
                sums[path] = (files + _number(size["files"]), octets + _number(size["bytes"]))
        return dict(sorted(sums.items()))

    def packages(self, change: str) -> list[str]:
        """Return the packages that are created, changed or removed."""
        effects = [effect for step in self.plan["steps"] for effect in step["effects"]]
        return [effect["package"] for effect in effects if "package" in effect and effect["change"] == change]

    @cached_property
    def handover(self) -> Handover | None:
        """Return the handover of protection, or None."""
        return next(iter(platforms.handovers(self.plan)), None)

    def hosts(self) -> Iterator[Host]:
        """Yield its hosts by name."""
        for name, entry in self.entries.items():
            carried = Carried.of(entry)
            sizes = carried.retained.values()
            yield Host(
                name,
                self.number,
                verdict.of_dry_run(
                    self.plan["blocked"],
                    self.plan["findings"],
                    carried.earlier_runs,
                    self.plan["goal"]["excepted"],
                ),
                entry.get("ring"),
                sum(_number(size["files"]) for size in sizes),
                sum(_number(size["bytes"]) for size in sizes),
                tuple(check for check in entry["preflight"].values() if check["level"] != "ok"),
                any(run.get("status") == BEGUN for run in carried.earlier_runs),
            )


@dataclass(frozen=True)
class View:
    """A whole document: its classes, the largest first."""

    document: dict[str, Any]
    groups: tuple[Group, ...]
    forecasts: tuple[forecasts.Forecast, ...] = ()

    @property
    def planned(self) -> int:
        """Return for how many hosts there is a plan."""
        return len(self.document["hosts"])

    @property
    def total(self) -> int:
        """Return how many hosts were asked for."""
        return self.planned + len(self.document["not_planned"]) + self.foretold

    @property
    def foretold(self) -> int:
        """Return how many hosts have a forecast, and are counted separately."""
        return sum(len(one.hosts) for one in self.forecasts)

    def by_platform(self) -> list[tuple[str, int]]:
        """Return (platform, hosts) of all hosts that answered."""
        return forecasts.by_platform(self.forecasts, [(group.plan, len(group.entries)) for group in self.groups])

    def fates(self) -> dict[str, int]:
        """Return how many hosts have which fate."""
        counted: Counter[str] = Counter()
        for group in self.groups:
            counted[group.fate] += len(group.entries)
        return {fate: counted[fate] for fate in (CHANGE, REFUSED, NOTHING)}

    def of_fate(self, fate: str) -> list[Group]:
        """Return the classes of one fate."""
        return [group for group in self.groups if group.fate == fate]

    def refusals(self) -> dict[str, tuple[dict[str, Any], int]]:
        """Return {id: (a result of it, number of hosts)} of all that keeps a host from being changed."""
        found: dict[str, tuple[dict[str, Any], int]] = {}
        for group in self.of_fate(REFUSED):
            for check in {check["id"]: check for check in group.stops}.values():
                first, hosts = found.get(check["id"], (check, 0))
                found[check["id"]] = (first, hosts + len(group.entries))
        return dict(sorted(found.items(), key=lambda pair: (_rank(pair[1][0]), -pair[1][1], pair[0])))

    def with_level(self, identity: str) -> int:
        """Return how many hosts have a preflight result of that id."""
        return sum(
            len({host for told in group.told if told.check["id"] == identity for host in told.hosts})
            for group in self.groups
        )

    def products(self) -> dict[tuple[str, str], int]:
        """Return {(name, version): number of hosts} of what was found."""
        counted: Counter[tuple[str, str]] = Counter()
        for group in self.groups:
            for name, version in {(found["name"], found["version"]) for found in group.plan["findings"]}:
                counted[(name, version)] += len(group.entries)
        return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))

    def affected(self) -> int:
        """Return on how many hosts something was found."""
        return sum(len(group.entries) for group in self.groups if group.plan["findings"])

    def unknown(self) -> int:
        """Return on how many hosts something could not be checked."""
        return sum(len(group.entries) for group in self.groups if group.plan["unknowns"])

    def rings(self) -> dict[int, int]:
        """Return {number of a ring: how many hosts it has}."""
        rings = self.document["rollout"]["rings"]
        return {number: len(ring["hosts"]) for number, ring in enumerate(rings, 1)}

    def provider(self, group: Group) -> dict[str, Any] | None:
        """Return what the catalog says about a class's replacement, or None where it has none."""
        told: dict[str, Any] | None = self.document["providers"].get(group.plan["goal"]["provider"])
        return told

    def replacements(self) -> list[str]:
        """Return the names of the replacements, each once."""
        named = [(self.provider(group) or {"name": group.plan["goal"]["provider"]})["name"] for group in self.groups]
        return sorted({name for name in named if name != "none"})


def of(document: dict[str, Any]) -> View:
    """Return the view of a document."""
    hosts = document["hosts"]
    sized = sorted(documents.members(document).items(), key=lambda pair: (-len(pair[1]), pair[0]))
    groups = [
        Group(
            number,
            digest,
            documents.plan_of(document, names[0]) or {},
            {name: hosts[name] for name in names},
            tuple(document["classes"][digest]["preflight"]),
        )
        for number, (digest, names) in enumerate(sized, 1)
    ]
    return View(document, tuple(groups), forecasts.of(document))


def _rank(check: dict[str, Any]) -> int:
    return LEVELS.index(check["level"]) if check["level"] in LEVELS else 0


def _number(value: object) -> int:
    """Return a number that an endpoint reported; anything else counts as nothing."""
    return value if isinstance(value, int) else 0
