# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make the forecast of one Windows host from what it answered. The same answers give the same bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ....catalog.model import Catalog
from ....detect import unknowns
from ....detect.claims import claims
from ....detect.evidence import Evidence
from ....detect.match import findings, findings_of
from ....plan.foretelling import FORMAT_VERSION, checked
from ....plan.model import Goal
from ..evidence import TABLE
from ..facts import system
from ..look import Look
from . import packages, steps
from .case import Case, Checks, once
from .checks import encryption, host, management, products, protection
from .checks import packages as kept
from .removals import removals

CHECKS: tuple[Checks, ...] = (
    host.roles,
    host.restarts,
    host.filters,
    encryption.own,
    encryption.of_system,
    products.problems,
    products.confidence,
    products.codes,
    products.passwords,
    kept.kept,
    products.running,
    protection.now,
    protection.others,
    protection.half_removed,
    protection.afterwards,
    management.server,
    management.assignments,
    management.connection,
    host.sessions,
    host.lasting,
    products.unseen,
)


def made(
    asked: dict[str, Any], answer: dict[str, Any], collected: dict[str, Any], catalog: Catalog, goal: Goal
) -> dict[str, Any]:
    """Return a host's forecast, of the form of forecast.schema.json. ``collected`` is the evidence of the answer."""
    case = _case(asked, answer, Evidence.of(collected, TABLE), catalog.of_platform(TABLE.platform), goal)
    told = unknowns.told(case.evidence, case.products.values(), [finding.id for finding in case.found])
    return {
        "format_version": FORMAT_VERSION,
        "platform": TABLE.platform,
        "system": {key: str(case.evidence.host.get(key, "")) for key in ("system", "version", "product")},
        "findings": [finding.to_json() for finding in case.found],
        "complete": not any(unknown["bears"] for unknown in told),
        "unknowns": [f"{unknown['id']}: {unknown['cause']}" for unknown in told],
        "preflight": [checked(check) for check in once(check for one in CHECKS for check in one(case))],
        "steps": [step.to_json(number) for number, step in enumerate(steps.steps(case), 1)],
        "packages": [{"code": code, **package} for code, package in sorted(case.packages.items())],
    }


def _case(asked: dict[str, Any], answer: dict[str, Any], evidence: Evidence, catalog: Catalog, goal: Goal) -> Case:
    look = Look(tuple(asked["reads"]), answer["answers"], asked["signs"])
    look = replace(look, variables=system.variables(look))
    products = {product.id: product for product in catalog.products}
    claimed = claims(evidence, catalog.products)
    found = tuple(findings_of(claimed, evidence, catalog.products))
    others = tuple(findings(evidence, catalog.antivirus))
    going = tuple(removals(found, products, claimed, goal))
    wanted = {code for removal in going for code in removal.codes}
    read = packages.of(look, wanted)
    return Case(look, evidence, goal, found, products, claimed, going, others, read)
