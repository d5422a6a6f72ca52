"""Make plans from the cases under tests/fixtures/plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog.model import Catalog
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import goal, make, wanted
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import Goal
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.wanted import Wanted
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import divided
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout.reading import rules
from ansible_collections.avshift.endpoint.plugins.plugin_utils.version import VERSION
from support import CATALOG, FIXTURES, HOST, collected, load_yaml

VERSIONS = {"collection_version": VERSION, "catalog_digest": "c" * 64}
NOTHING_ASKED: dict[str, Any] = {
    "kaspersky": "absent",
    "provider": "none",
    "options": {},
    "also_remove": [],
    "accept": [],
}


def case_of(name: str) -> dict[str, Any]:
    """Return the case of that name."""
    case: dict[str, Any] = load_yaml(FIXTURES / "plans" / f"{name}.yml")
    return case


def goal_of(case: dict[str, Any]) -> Goal:
    """Return a case's goal, as the engine reads it from what an administrator asks for."""
    return goal.of({**NOTHING_ASKED, **case["goal"]}, CATALOG)


def wanted_of(
    aim: Goal, facts: dict[str, Any] | None = None, catalog: Catalog = CATALOG, granted: Sequence[dict[str, Any]] = ()
) -> Wanted:
    """Return what is wanted of a host with these facts; without facts, of the host in most cases."""
    facts = HOST if facts is None else facts
    return wanted.of(platforms.of(facts), facts, catalog, aim, granted)


def planned(
    aim: Goal,
    answer: dict[str, Any],
    host: str = "host",
    catalog: Catalog = CATALOG,
    granted: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """Return the plan of a host that answers so, as it is written."""
    asked = wanted_of(aim, answer["host"], catalog, granted)
    return make.make(asked, host, platforms.evidence(answer)).to_json()


def plan_of(case: dict[str, Any], host: str = "host", answer: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the plan of a case as it is written; ``answer`` replaces the collector's."""
    return planned(goal_of(case), collected(case) if answer is None else answer, host)


def document_of(*names: str) -> dict[str, Any]:
    """Return the plan of a fleet whose hosts have the names of their cases."""
    plans = ((name, plan_of(case_of(name), name)) for name in names)
    return document.compose(plans, {"down": "unreachable"}, VERSIONS)


def rings_of(rollout: Any = None) -> document.Divide:
    """Return what sorts the hosts of a plan into the rings of a rollout that asks nothing of an inventory."""
    read = rules(rollout)
    return lambda hosts: divided.of_plan(read, hosts, list, lambda _host, _by: [])
