# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Linux as the engine knows it: each part lies in a module or a room beside this one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...catalog.model import Catalog
from ...plan.model import Goal, Step
from ...plan.platform import Places, Platform
from ...plan.request import Request
from ...plan.staged import Staged
from . import handover, interrupted, kinds, order, owners_data, places, preflight, removal, selftest, staging
from .evidence import TABLE
from .normalise import steady
from .remedies import REMEDIES
from .staging.engine import layout_of


def _probes(catalog: Catalog, goal: Goal, layout: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the probes besides those that find products: for the replacement, for our own places, and for what is
    removed.
    """
    if goal.provider:
        yield from staging.probes_for(catalog.providers[goal.provider], layout, goal.options)
    yield {"path": {"paths": [places.OWN_STATE, places.RETAINED], "children_of": [], "listed": []}}
    yield from removal.probes([product for product in catalog.products if goal.takes(product)])


def _hand_over(request: Request, staged: Staged | None) -> Iterator[Step]:
    return handover.steps(request.evidence, list(request.going), staged)


def _remove(request: Request) -> Iterator[Step]:
    return removal.steps(request.evidence, list(request.going), request.owned)


def _staying(request: Request, steps: list[Step]) -> Iterator[str]:
    """Yield what no step removes, and files of units that another package owns."""
    yield from (item["id"] for item in removal.left_in_place(request.owned, steps))
    yield from removal.services.staying(request.evidence, request.owned)


LINUX = Platform(
    name="linux",
    table=TABLE,
    places=Places(places.OWN_STATE, places.JOURNAL, places.RETAINED),
    paths=interrupted.PATHS,
    kinds=kinds.KINDS,
    order=order.KINDS,
    phase=order.phase,
    probes=_probes,
    steady=lambda evidence, catalog: steady(evidence, catalog.products),
    layout=layout_of,
    stage=staging.stage,
    hand_over=_hand_over,
    remove=_remove,
    staying=_staying,
    data=owners_data.of,
    checks=preflight.CHECKS,
    interrupted=interrupted.LEAVES,
    waiting=kinds.waiting,
    remedies=REMEDIES,
    selftest=selftest.arguments,
    state_of=selftest.of_product,
    live_roots=("/", "/proc/self/root", "/proc/1/root"),
    version_letters=("deb", "dfsg", "el", "fc", "amzn", "u", "ubuntu", "amd", "generic", "cloud"),
    file_endings=("service", "socket", "timer", "so", "d"),
)
