# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a platform says of a host that is looked at and not changed: a forecast stands where other hosts have a plan.

No approval, ring, threshold or exit code belongs to one. It has no digest, since nothing carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ..canonical import digest
from ..catalog.model import Catalog
from .model import Check, Goal

FORMAT_VERSION = 1
# The level for what a forecast cannot know, in addition to the levels of a plan's preflight.
UNKNOWN = "unknown"
LEVELS = ("error", "overridable", "warning", UNKNOWN, "info", "ok")


@dataclass(frozen=True)
class Foretelling:
    """How a platform foretells. ``asked`` gives {reads, signs} of the first look at a host, from a catalog;
    ``made`` the forecast, from ({reads, signs} with those of a second look, the whole answer, evidence made of it,
    catalog, goal). ``gone`` gives (kind, what) of each thing that a package in it removes, ``limits`` say what no
    forecast of the platform knows.
    """

    asked: Callable[[Catalog], dict[str, Any]]
    made: Callable[[dict[str, Any], dict[str, Any], dict[str, Any], Catalog, Goal], dict[str, Any]]
    gone: Callable[[dict[str, Any]], Iterable[tuple[str, str]]]
    limits: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One thing that a removal would do. ``details`` are lines for people, ``reasons`` ids of evidence."""

    kind: str
    title: str
    details: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def to_json(self, number: int) -> dict[str, Any]:
        """Return the step as forecasts have it, with an id from its place and kind."""
        return {
            "id": f"{number:02d}-{self.kind}",
            "kind": self.kind,
            "title": self.title,
            "details": list(self.details),
            "reasons": list(self.reasons),
        }


def checked(check: Check) -> dict[str, str]:
    """Return a preflight result as forecasts have it: without acceptance."""
    told = check.to_json()
    return {name: str(told[name]) for name in ("id", "level", "title", "diagnosis", "remediation")}


def classes(forecasts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return {classes, hosts} of {host: forecast}: what hosts have in common is kept once, as with plans."""
    found, hosts = {}, {}
    for host, forecast in sorted(forecasts.items()):
        name = digest(forecast)
        found[name] = forecast
        hosts[host] = {"class": name}
    return {"classes": dict(sorted(found.items())), "hosts": hosts}
