# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make a host's plan from one collection. The same evidence gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from ..catalog.model import Catalog
from ..detect import probes, scanners
from ..detect.claims import Claims, claims
from ..detect.evidence import Evidence, Table
from ..detect.match import findings_of
from . import frame
from .model import Carried, Plan, Step
from .preflight import checks
from .preflight.case import Case
from .request import Request
from .staged import Staged
from .wanted import Wanted

# What every host of a platform is asked, whatever is wanted of it, by the platform's part of the catalog.
_FINDING: WeakKeyDictionary[Catalog, dict[str, Any]] = WeakKeyDictionary()


def probes_for(wanted: Wanted) -> dict[str, Any]:
    """Return every question that a host has to answer before its plan can be made."""
    return probes.merged(finding(wanted.catalog, wanted.platform.table), *wanted.probes())


def finding(catalog: Catalog, table: Table) -> dict[str, Any]:
    """Return the questions that find products, put together once for a platform's part of the catalog."""
    if catalog not in _FINDING:
        # A second scanner of any vendor matters too.
        asked = (table.probes(catalog.products, catalog.limits), scanners.probes_for(catalog, table))
        _FINDING[catalog] = probes.merged(*asked)
    return _FINDING[catalog]


def make(wanted: Wanted, host: str, evidence: Evidence) -> Plan:
    """Return the plan of one host, from the evidence that answers ``probes_for``."""
    platform, request = wanted.platform, _request(wanted, evidence)
    staged = platform.stage(request)
    steps = platform.sort(_steps(wanted, request, staged))
    data = platform.data(request)
    staying = tuple(platform.staying(request, steps))
    case = Case(**vars(request), staged=staged, steps=tuple(steps), data=data, staying=staying)
    return Plan(
        host=host,
        platform=platform.name,
        system={key: evidence.host.get(key, "") for key in ("system", "version")},
        goal=request.goal,
        findings=request.found,
        preflight=tuple(checks.run(case, platform.checks)),
        steps=tuple(steps),
        unknowns=tuple(f"{item['id']}: {item['unknown']}" for item in request.evidence.unknowns()),
        shown={**_shown(evidence), "free_bytes": data.free},
        carried=Carried(
            evidence.host.get("machine_id"),
            tuple(_earlier_runs(evidence, platform.places.journal)),
            wanted.granted,
            data.sizes,
        ),
    )


def _request(wanted: Wanted, exact: Evidence) -> Request:
    """Return what this host is to become, now that its products are known."""
    catalog, evidence = wanted.catalog, wanted.platform.steady(exact, wanted.catalog)
    claimed = claims(evidence, catalog.products)
    found = findings_of(claimed, evidence, catalog.products)
    products = [catalog.product(finding.id) for finding in found]
    goal = wanted.goal.where_found(product.id for product in products)
    going = tuple(product for product in products if goal.takes(product))
    owned = _owned(claimed, [product.id for product in going])
    return Request(evidence, catalog, goal, tuple(found), going, owned, wanted.layout, wanted.granted)


def _owned(claimed: Claims, going: list[str]) -> Claims:
    """Return the items of the products that go, except those that also belong to one that stays."""
    staying = {item["id"] for name, items in claimed.items() if name not in going for item in items}
    return {name: [item for item in claimed[name] if item["id"] not in staying] for name in going}


def _steps(wanted: Wanted, request: Request, staged: Staged | None) -> list[Step]:
    platform = wanted.platform
    steps = [
        *(staged.steps if staged else ()),
        *platform.hand_over(request, staged),
        *platform.remove(request),
    ]
    products = [product.id for product in request.going]
    return [*frame.steps(request.evidence, platform.places, products), *steps] if steps else []


def _shown(evidence: Evidence) -> dict[str, Any]:
    """Return what a plan shows of a host although it changes by itself."""
    return {
        "processes": {item["what"]: item["value"]["pids"] for item in evidence.of_kind("process")},
        "evidence": len(evidence.items),
    }


def _earlier_runs(evidence: Evidence, journal: str) -> Iterator[dict[str, Any]]:
    """Yield the runs in a host's journal. The outcomes of their steps are for the record."""
    for run in (evidence.value("journal", journal) or {}).get("runs", []):
        yield {key: value for key, value in run.items() if key != "results"}
