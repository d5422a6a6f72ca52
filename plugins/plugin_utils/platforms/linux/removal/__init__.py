# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Steps that remove Kaspersky from a host, with everything that its packages left: one module per kind of thing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ....catalog.model import Product
from ....detect.claims import Claims
from ....detect.evidence import Evidence, Item
from ....plan.model import Step
from . import (
    accounts,
    certificates,
    chains,
    contexts,
    data,
    homes,
    integrations,
    kernel,
    network,
    packages,
    paths,
    services,
)

# Their steps are sorted afterwards: see ../order.py.
PLANNERS = (
    services,
    kernel,
    chains,
    network,
    data,
    packages,
    integrations,
    certificates,
    contexts,
    paths,
    homes,
    accounts,
)
# Kinds of evidence that stay, and are reported, unless a step has them as its reason.
STAYING = (
    "home_path",
    "account",
    "kernel_module",
    "packet_mark",
    "packet_chain",
    "kernel_name",
    "saved_name",
    "saved_chain",
    "certificate",
)


def steps(evidence: Evidence, going: list[Product], owned: Claims) -> Iterator[Step]:
    """Yield the steps of the part that follows a verified handover, unsorted; ``owned`` are the products' items."""
    if going:
        for planner in PLANNERS:
            yield from planner.steps(evidence, going, owned)


def probes(going: list[Product]) -> list[dict[str, Any]]:
    """Return the questions, besides those that find the products, whose answers planning their removal needs."""
    return [planner.probes(going) for planner in PLANNERS if hasattr(planner, "probes")]


def left_in_place(owned: Claims, planned: Iterable[Step]) -> list[Item]:
    """Return the items, by id, that belong to removed products but that no step removes."""
    reasons = {reason for step in planned for reason in step.reasons}
    items = {item["id"]: item for several in owned.values() for item in several}
    return [items[name] for name in sorted(items) if items[name]["kind"] in STAYING and name not in reasons]
