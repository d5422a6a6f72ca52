# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Count a fleet host by host. The tallies of a fleet's parts are added up."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ...catalog.packs import Pack, of_finding
from ...errors import NOT_BEGUN
from . import outcome

NOTHING = "nothing_found"
PREDICTED = ("verdict", "steps", "window")
STEP = ("id", "part", "kind", "title")


@dataclass(slots=True)
class Class:
    """Hosts with the same plan. ``odd`` counts (step, outcome) where it was not ``changed`` but something else.

    ``run`` counts hosts with a run; on those, steps that are not in ``odd`` were changed. ``shared`` is what
    they have in common, packed: in the worst fleet each host is a class of its own.
    """

    shared: bytes
    hosts: int = 0
    run: int = 0
    clean: int = 0
    deviating: int = 0
    window: float | None = None
    verdicts: Counter[str] = field(default_factory=Counter)
    odd: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: Class) -> None:
        """Add the hosts of the same class from another part of the fleet."""
        self.hosts += other.hosts
        self.run += other.run
        self.clean += other.clean
        self.deviating += other.deviating
        self.window = longest(self.window, other.window)
        self.verdicts += other.verdicts
        self.odd += other.odd

    def to_json(self, digest: str) -> dict[str, Any]:
        """Return the class as report.json has it."""
        shared = json.loads(zlib.decompress(self.shared))
        return {
            "id": digest,
            "hosts": self.hosts,
            "clean": self.clean,
            "deviating": self.deviating,
            "verdicts": dict(sorted(self.verdicts.items())),
            "found": shared["found"],
            "predicted": shared["predicted"],
            "longest_window_seconds": self.window,
            "steps": [{**step, "outcomes": self._outcomes(step["id"])} for step in shared["steps"]],
        }

    def _outcomes(self, step: str) -> dict[str, int]:
        """Return {outcome: hosts} of a step."""
        counts = {word: count for (odd, word), count in self.odd.items() if odd == step}
        as_planned = self.run - sum(counts.values())
        return dict(sorted({**counts, **({"changed": as_planned} if as_planned > 0 else {})}.items()))


@dataclass
class Tally:
    """What is counted over hosts: ``products`` (id, version) before and after, ``limits`` (id, why), and those that a
    console's answer ``closed``. ``previews`` are verdicts of hosts that are only looked at, counted separately.
    """

    hosts: int = 0
    clean: int = 0
    deviating: int = 0
    window: float | None = None
    unprotected: int = 0
    closed: int = 0
    retained_files: int = 0
    retained_bytes: int = 0
    times: tuple[str, str] | None = None
    verdicts: Counter[str] = field(default_factory=Counter)
    previews: Counter[str] = field(default_factory=Counter)
    platforms: Counter[str] = field(default_factory=Counter)
    silence: Counter[str] = field(default_factory=Counter)
    change_ids: Counter[str] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    dispositions: Counter[tuple[str, str]] = field(default_factory=Counter)
    before: Counter[tuple[str, str]] = field(default_factory=Counter)
    after: Counter[tuple[str, str]] = field(default_factory=Counter)
    products: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    classes: dict[str, Class] = field(default_factory=dict)
    exceptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    limits: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, host: dict[str, Any], record: dict[str, Any]) -> None:
        """Count a host of report.json and the record that it was made of, or raise an error and count nothing."""
        self._count_class(host, record)
        actual = host["actual"] or {}
        self.hosts += 1
        self.clean += host["clean"]
        self.deviating += bool(host["deviations"])
        self.window = longest(self.window, actual.get("window_seconds"))
        self.unprotected += bool(actual.get("unprotected_since"))
        self.retained_files += actual.get("retained_files", 0)
        self.retained_bytes += actual.get("retained_bytes", 0)
        self.times = _span(self.times, (host["time"], host["time"]))
        (self.previews if host["preview"] else self.verdicts)[host["verdict"]] += 1
        self.platforms[host["platform"]] += 1
        self.silence[host["silence"]["result"]] += 1
        self.limits.update({(limit["id"], limit["why"]) for limit in host["limits"]})
        self.change_ids[host["change_id"]] += bool(host["change_id"])
        self.versions[record["run"]["collection_version"]] += 1
        self.dispositions.update((rule, said or NOTHING) for rule, said in host["dispositions"].items())
        self._count_products(host)
        self.exceptions.update((str(exception["id"]), exception) for exception in host["exceptions"])

    def _count_products(self, host: dict[str, Any]) -> None:
        for counter, findings in ((self.before, host["found"]), (self.after, host["left"])):
            for key, found in {(found["id"], found["version"]): found for found in findings or ()}.items():
                counter[key] += 1
                self.products.setdefault(key, found)

    def _count_class(self, host: dict[str, Any], record: dict[str, Any]) -> None:
        if host["class"] is None:
            return
        odd = [] if host["actual"] is None else _odd(record["plan"]["steps"], outcome.outcomes(record))
        mine = self.classes.get(host["class"])
        if mine is None:
            mine = self.classes[host["class"]] = Class(_shared(host, record["plan"]))
        mine.hosts += 1
        mine.clean += host["clean"]
        mine.deviating += bool(host["deviations"])
        mine.verdicts[host["verdict"]] += 1
        if host["actual"] is None:
            return
        mine.run += 1
        mine.window = longest(mine.window, host["actual"]["window_seconds"])
        mine.odd.update(odd)

    def add(self, other: Tally) -> None:
        """Add the tally of another part of the fleet."""
        self.hosts += other.hosts
        self.clean += other.clean
        self.deviating += other.deviating
        self.window = longest(self.window, other.window)
        self.unprotected += other.unprotected
        self.closed += other.closed
        self.retained_files += other.retained_files
        self.retained_bytes += other.retained_bytes
        self.times = _span(self.times, other.times)
        for name in (
            "verdicts",
            "previews",
            "platforms",
            "silence",
            "change_ids",
            "versions",
            "dispositions",
            "before",
            "after",
            "limits",
        ):
            getattr(self, name).update(getattr(other, name))
        for key, found in other.products.items():
            self.products.setdefault(key, found)
        for digest, more in other.classes.items():
            if digest in self.classes:
                self.classes[digest].add(more)
            else:
                self.classes[digest] = more
        self.exceptions.update(other.exceptions)

    def totals(self) -> dict[str, Any]:
        """Return the totals of report.json."""
        rules = {rule for rule, _said in self.dispositions}
        return {
            "hosts": self.hosts,
            "clean": self.clean,
            "deviating": self.deviating,
            "verdicts": dict(sorted(self.verdicts.items())),
            "previews": dict(sorted(self.previews.items())),
            "platforms": dict(sorted(self.platforms.items())),
            "silence": dict(sorted(self.silence.items())),
            "dispositions": {
                rule: {said: count for (of, said), count in sorted(self.dispositions.items()) if of == rule}
                for rule in sorted(rules)
            },
            "longest_window_seconds": self.window,
            "unprotected": self.unprotected,
            "retained_files": self.retained_files,
            "retained_bytes": self.retained_bytes,
            "oldest": self.times[0] if self.times else None,
            "newest": self.times[1] if self.times else None,
            "change_ids": {name: count for name, count in sorted(self.change_ids.items()) if count},
            "collection_versions": dict(sorted(self.versions.items())),
        }

    def found(self, policies: tuple[Pack, ...]) -> list[dict[str, Any]]:
        """Return the products of report.json; their dispositions are those of the product as it runs."""
        return [
            {
                **{name: found[name] for name in ("id", "name", "class", "version")},
                "dispositions": of_finding({**found, "state": "running"}, policies),
                "before": self.before[key],
                "after": self.after[key],
            }
            for key, found in sorted(self.products.items())
        ]

    def not_looked_at(self) -> list[dict[str, Any]]:
        """Return {id, why, hosts} of what hosts have that was not looked at, the most frequent first."""
        counted = sorted(self.limits.items(), key=lambda pair: (-pair[1], pair[0]))
        return [{"id": name, "why": why, "hosts": hosts} for (name, why), hosts in counted]

    def grouped(self) -> Iterator[dict[str, Any]]:
        """Yield the classes of report.json, those with most hosts first."""
        for digest, mine in sorted(self.classes.items(), key=lambda pair: (-pair[1].hosts, pair[0])):
            yield mine.to_json(digest)


def _odd(steps: list[dict[str, Any]], outcomes: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return (step, outcome) of those that were not changed."""
    if len(steps) == len(outcomes) and all(step["outcome"] == "changed" for step in outcomes):
        return []
    done = {str(step["id"]): str(step["outcome"]) for step in outcomes}
    told = [(str(step["id"]), done.get(step["id"], NOT_BEGUN)) for step in steps]
    return [odd for odd in told if odd[1] != "changed"]


def longest(one: float | None, other: float | None) -> float | None:
    """Return the longer of two windows, either of which may not have been."""
    return max((window for window in (one, other) if window is not None), default=None)


def _span(one: tuple[str, str] | None, other: tuple[str, str] | None) -> tuple[str, str] | None:
    spans = [span for span in (one, other) if span is not None]
    return (min(span[0] for span in spans), max(span[1] for span in spans)) if spans else None


def _shared(host: dict[str, Any], plan: dict[str, Any]) -> bytes:
    """Return what all hosts of a class have in common, compressed."""
    common = {
        "found": host["found"],
        "predicted": {name: host["predicted"][name] for name in PREDICTED},
        "steps": [{name: str(step[name]) for name in STEP} for step in plan["steps"]],
    }
    return zlib.compress(json.dumps(common).encode(), 1)
