# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The forecasts of a plan's document, for hosts that are checked and not changed, grouped like plans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ... import platforms
from ...plan.foretelling import LEVELS, Foretelling
from ...record import preview, verdict
from .. import words

FORECAST = "forecast"
# What is to be settled where a forecast has no steps, by its verdict.
NO_STEPS = {
    verdict.DETECTED: "what was found would stay: its checks say why",
    verdict.UNKNOWN: "not known whether there is anything to remove",
    verdict.NEVER_PRESENT: "nothing to remove",
}
MEANING = (
    "A forecast is not a plan: there is nothing in it to approve, nothing carries it out, and no ring, limit or exit "
    "code counts its hosts. It says what a removal would have to do, and what has to be settled first."
)


@dataclass(frozen=True)
class Forecast:
    """One class of forecasts: ``number`` from 1, what all of its hosts have alike, and their names."""

    number: int
    content: dict[str, Any]
    hosts: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return the name of the class, which differs from those of all classes of plans."""
        return f"F{self.number}"

    @property
    def system(self) -> str:
        """Return what its hosts run, in words."""
        told = self.content["system"]
        return f"{told['product'] or told['system']}, {told['version']}"

    @property
    def platform(self) -> str:
        """Return the platform's name."""
        return str(self.content["platform"])

    @property
    def foretelling(self) -> Foretelling:
        """Return how its platform foretells."""
        return platforms.foretelling(self.platform)

    def packages(self) -> Iterator[tuple[dict[str, Any], list[tuple[str, str]]]]:
        """Yield each package with (kind, what) of everything that it removes, and of its vendor's own actions."""
        yield from ((package, list(self.foretelling.gone(package))) for package in self.content["packages"])

    @property
    def verdict(self) -> str:
        """Return the verdict of its hosts."""
        return preview.word(self.content)

    @property
    def found(self) -> str:
        """Return what was found, in a line."""
        if self.verdict == verdict.UNKNOWN and not self.content["findings"]:
            return words.NOT_ALL_SEEN
        return words.findings(self.content)

    @property
    def checks(self) -> list[dict[str, str]]:
        """Return its preflight results, the gravest first."""
        return sorted(self.content["preflight"], key=lambda check: (LEVELS.index(check["level"]), check["id"]))

    @property
    def open(self) -> list[str]:
        """Return the ids of what would have to be settled first, each once."""
        if not self.content["steps"]:
            return []
        grave = [check["id"] for check in self.checks if check["level"] in ("error", "overridable")]
        return list(dict.fromkeys(grave))

    @property
    def settle(self) -> str:
        """Return what would have to be settled first, in one line."""
        if not self.content["steps"]:
            return NO_STEPS[self.verdict]
        return f"to settle first: {', '.join(self.open)}" if self.open else "nothing known has to be settled first"


def of(document: dict[str, Any]) -> tuple[Forecast, ...]:
    """Return the classes of forecasts of a document, the largest first."""
    told = document.get("forecasts") or {"classes": {}, "hosts": {}}
    members: dict[str, list[str]] = {name: [] for name in told["classes"]}
    for host, entry in told["hosts"].items():
        members[entry["class"]].append(host)
    sized = sorted(members.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return tuple(
        Forecast(number, told["classes"][name], tuple(sorted(hosts))) for number, (name, hosts) in enumerate(sized, 1)
    )


def by_platform(forecasts: tuple[Forecast, ...], plans: list[tuple[dict[str, Any], int]]) -> list[tuple[str, int]]:
    """Return (platform, hosts) of plans, given as (plan, hosts), and of forecasts, the most first."""
    counted: Counter[str] = Counter()
    for plan, hosts in plans:
        counted[platforms.of_plan(plan).name] += hosts
    for forecast in forecasts:
        counted[forecast.platform] += len(forecast.hosts)
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))


def limits(forecasts: tuple[Forecast, ...]) -> tuple[str, ...]:
    """Return in words what forecasts do not know, by the platforms of their hosts, each once."""
    told = [limit for one in forecasts for limit in one.foretelling.limits]
    return tuple(dict.fromkeys(told))


def rows(forecasts: tuple[Forecast, ...]) -> Iterator[list[object]]:
    """Yield the rows of plan.csv of hosts with a forecast."""
    for one in forecasts:
        told = [
            f"{check['level']} {check['id']}: {check['diagnosis']}" for check in one.checks if check["level"] != "ok"
        ]
        for host in one.hosts:
            yield [
                *(host, one.label, FORECAST, one.verdict, "", one.system, one.found, "", len(one.content["steps"])),
                *(" ".join(one.open), "", "", "", "; ".join(one.content["unknowns"]), "; ".join(told), ""),
            ]
