# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The systems that hosts run, a room each. Who needs what one of them says asks here, and knows no room by its name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..catalog.model import Limit, Product
from ..detect.evidence import Evidence, Table
from .linux.evidence import TABLE


def table() -> Table:
    """Return what the kinds of evidence say on the systems that can be looked at."""
    return TABLE


def evidence(collected: dict[str, Any]) -> Evidence:
    """Return the evidence in a collector's answer ({evidence, host, live})."""
    return Evidence.of(collected, table())


def detection(products: Iterable[Product], limits: Iterable[Limit] = ()) -> dict[str, Any]:
    """Return the probes that find products, and what a host has that is not looked at: {kind: what to ask}."""
    return table().probes(products, limits)
