# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wanted of one host, decided after the first look: nothing later decides it again, and the host decides
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..catalog.model import Catalog
from . import exceptions
from .model import Goal
from .platform import Platform


@dataclass(frozen=True)
class Wanted:
    """``catalog`` is the platform's part. ``goal`` has its options settled and the host's exceptions applied, whatever
    products are there. ``layout`` is the replacement's for this host's system, {} where it has none or none is wanted.
    ``granted`` are the host's exceptions and accepted checks, as exceptions.of_host gives them.
    """

    platform: Platform
    catalog: Catalog
    goal: Goal
    layout: dict[str, Any] = field(default_factory=dict)
    granted: tuple[dict[str, Any], ...] = ()

    def probes(self) -> list[dict[str, Any]]:
        """Return the questions for the host besides those that find products."""
        return list(self.platform.probes(self.catalog, self.goal, self.layout))


def of(
    platform: Platform,
    facts: dict[str, Any],
    catalog: Catalog,
    goal: Goal,
    granted: Sequence[dict[str, Any]] = (),
) -> Wanted:
    """Return what is wanted of a host with these facts (``host`` of its first look), which are of the platform."""
    mine = catalog.of_platform(platform.name)
    settled = exceptions.applied(goal, granted, mine.products)
    layout = platform.layout(mine.providers[settled.provider], facts) if settled.provider else {}
    return Wanted(platform, mine, settled, layout, tuple(granted))
