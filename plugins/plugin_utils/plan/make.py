# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make a host's plan from one collection. The same evidence gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .. import platforms
from ..catalog.model import Catalog, Product
from ..detect import probes, scanners
from ..detect.claims import Claims, claims
from ..detect.evidence import Evidence
from ..detect.match import findings
from ..platforms.linux import handover, order, removal, staging
from ..platforms.linux.normalise import steady
from ..platforms.linux.staging.engine import Staged
from . import exceptions
from .model import CHANGE_MARK, DIGEST_MARK, REMOVE, STAGE, Goal, Plan, Step
from .preflight import checks
from .preflight.case import Case

OWN_STATE = "/var/lib/avshift"
JOURNAL = f"{OWN_STATE}/journal.json"


def probes_for(catalog: Catalog, goal: Goal) -> dict[str, Any]:
    """Return everything that has to be asked of a host to plan this goal for it."""
    asked = platforms.detection(catalog.products, catalog.limits)
    # A second scanner of whatever make matters too.
    asked = probes.merged(asked, scanners.probes_for(catalog, platforms.table()))
    if goal.provider:
        asked = probes.merged(asked, *staging.probes_for(catalog.providers[goal.provider], goal.options))
    going = [product for product in catalog.products if goal.takes(product)]
    own = {"path": {"paths": [OWN_STATE, removal.data.RETAINED], "children_of": [], "listed": []}}
    return probes.merged(asked, own, *removal.probes(going))


def make(host: str, evidence: Evidence, catalog: Catalog, wanted: Goal, granted: Sequence[dict[str, Any]] = ()) -> Plan:
    """Return the plan of one host; ``granted`` are its exceptions and waivers, as exceptions.of_host gives them."""
    exact, evidence = evidence, steady(evidence, catalog.products)
    found = findings(evidence, catalog.products)
    products = [catalog.product(finding.id) for finding in found]
    goal = exceptions.applied(wanted, granted, products)
    going = [product for product in products if goal.takes(product)]
    claimed = claims(evidence, catalog.products)
    owned = _owned(claimed, [product.id for product in going])
    staged = staging.stage(catalog.providers[goal.provider], goal.options, evidence) if goal.provider else None
    steps = order.sort(_steps(evidence, going, owned, staged))
    case = Case(evidence, catalog, goal, tuple(found), tuple(going), owned, staged, tuple(steps), tuple(granted))
    return Plan(
        host=host,
        system={key: evidence.host.get(key, "") for key in ("system", "version")},
        goal=goal,
        findings=tuple(found),
        preflight=tuple(checks.run(case)),
        steps=tuple(steps),
        unknowns=tuple(f"{item['id']}: {item['unknown']}" for item in evidence.unknowns()),
        shown={
            "free_bytes": (evidence.value("space", removal.data.RETAINED) or {}).get("free_bytes"),
            "retained": removal.data.sizes(evidence, going),
            "processes": {item["what"]: item["value"]["pids"] for item in exact.of_kind("process")},
            "evidence": len(exact.items),
            "machine": evidence.host.get("machine_id"),
            "kernel": evidence.host.get("kernel"),
            "python": evidence.host.get("python"),
            "exceptions": list(granted),
            "earlier_runs": [
                # What became of its steps is for the record.
                {key: value for key, value in run.items() if key != "results"}
                for run in (evidence.value("journal", JOURNAL) or {}).get("runs", [])
            ],
        },
    )


def _owned(claimed: Claims, going: list[str]) -> Claims:
    """Return the items of the products that go, but for what belongs to one that stays as well."""
    staying = {item["id"] for name, items in claimed.items() if name not in going for item in items}
    return {name: [item for item in claimed[name] if item["id"] not in staying] for name in going}


def _steps(evidence: Evidence, going: list[Product], owned: Claims, staged: Staged | None) -> list[Step]:
    steps = [
        *(staged.steps if staged else ()),
        *handover.steps(evidence, going, staged),
        *removal.steps(evidence, going, owned),
    ]
    return [*_frame(evidence, [product.id for product in going]), *steps] if steps else []


def _frame(evidence: Evidence, products: list[str]) -> Iterator[Step]:
    """Yield the step that announces a change and the one that ends it."""
    known = evidence.value("journal", JOURNAL) is not None
    effects = [{"path": JOURNAL, "scope": "file", "change": "changed" if known else "created"}]
    if evidence.value("path", OWN_STATE) is None:
        effects.insert(0, {"path": OWN_STATE, "scope": "file", "change": "created"})
    target = {"digest": DIGEST_MARK, "change_id": CHANGE_MARK, "products": products}
    yield Step(
        STAGE,
        "announce",
        "Announce the change in the host's log and begin its journal",
        target,
        "no run of this plan",
        "run of this plan: begun",
        (),
        tuple(effects),
        "The journal keeps that the run was taken back.",
    )
    yield Step(
        REMOVE,
        "finish",
        "End the run in the journal and in the host's log",
        target,
        "run of this plan: begun",
        "run of this plan: done",
        (),
        ({"path": JOURNAL, "scope": "file", "change": "changed"},),
    )
