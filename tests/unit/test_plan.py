"""Every case under tests/fixtures/plans is planned as expected, and its digest covers what matters and nothing else."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.apply.runner import KINDS
from ansible_collections.avshift.endpoint.plugins.plugin_utils.canonical import encode
from ansible_collections.avshift.endpoint.plugins.plugin_utils.carry_out.marks import expanded
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import goal, make
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import digest_of
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from plans import NOTHING_ASKED, case_of, document_of, goal_of, plan_of, wanted_of
from schemas import problems
from support import CATALOG, cases, collected, load_yaml, name_of

PLANS = cases("plans")


@pytest.mark.parametrize("path", PLANS, ids=name_of)
def test_host_is_planned_as_the_case_says(path: Path) -> None:
    case = load_yaml(path)
    plan, expect = plan_of(case), case["expect"]
    assert [f"{finding['id']} {finding['state']}" for finding in plan["findings"]] == expect["findings"]
    assert [[check["id"], check["level"]] for check in plan["preflight"]] == expect["preflight"]
    assert plan["blocked"] is expect["blocked"]
    if "steps" in expect:
        assert [[step["part"], step["kind"], step["title"]] for step in plan["steps"]] == expect["steps"]


@pytest.mark.parametrize("path", PLANS, ids=name_of)
def test_plan_and_evidence_fit_their_schemas(path: Path) -> None:
    case = load_yaml(path)
    assert problems("evidence", collected(case)) == []
    assert problems("plan", plan_of(case)) == []


def test_plan_of_a_fleet_fits_its_schema() -> None:
    assert problems("plan_document", document_of("full", "clean")) == []


@pytest.mark.parametrize("path", PLANS, ids=name_of)
def test_steps_can_be_carried_out_and_told_apart(path: Path) -> None:
    steps = plan_of(load_yaml(path))["steps"]
    assert {step["kind"] for step in steps} <= set(KINDS)
    assert len({step["id"] for step in steps}) == len({step["title"] for step in steps}) == len(steps)


def _by_link(identity: str) -> str:
    """Return an evidence ID as plans have it, without the second of an installation."""
    return re.sub(r"/12[.0-9]+_[0-9]+/", "/install-current/", identity)


@pytest.mark.parametrize("path", PLANS, ids=name_of)
def test_steps_name_evidence_as_their_reason(path: Path) -> None:
    case = load_yaml(path)
    seen = {_by_link(found["id"]) for found in collected(case)["evidence"]}
    for step in plan_of(case)["steps"]:
        if step["part"] == "remove":
            assert set(step["reasons"]) <= seen, step["title"]


@settings(max_examples=15, phases=[Phase.generate])
@given(st.integers(min_value=0))
def test_evidence_in_any_order_gives_the_same_bytes(seed: int) -> None:
    """The engine does not trust the endpoint to have sorted."""
    case = case_of("full")
    answer = collected(case)
    random.Random(seed).shuffle(answer["evidence"])
    assert encode(plan_of(case, answer=answer)) == encode(plan_of(case))


def _value(kind: str, what: str, **changed: Any) -> Callable[[dict[str, Any]], None]:
    def change(answer: dict[str, Any]) -> None:
        next(found for found in answer["evidence"] if found["id"] == f"{kind}:{what}")["value"].update(changed)

    return change


def _host(**changed: Any) -> Callable[[dict[str, Any]], None]:
    return lambda answer: answer["host"].update(changed)


def _without(identity: str) -> Callable[[dict[str, Any]], None]:
    def change(answer: dict[str, Any]) -> None:
        answer["evidence"] = [found for found in answer["evidence"] if found["id"] != identity]

    return change


AGENT = "/opt/kaspersky/klnagent64/sbin/klnagent"
RETAINED = "/var/lib/avshift/retained"
BY_ITSELF = {
    "process id": _value("process", AGENT, pids=[4711, 4712]),
    "size of logs": _value("space", "/var/log/kaspersky/kesl", files=9, bytes=999),
    "free space": _value("space", RETAINED, free_bytes=70000000000),
    "kernel": _host(kernel="6.1.0-99"),
    "python": _host(python="3.11.99"),
    "name of the host": _host(name="renamed"),
    "mode of a path": _value("path", "/opt/kaspersky/kesl", mode="0700"),
}
MATTERS = {
    "version": _value("package", "kesl", version="12.2.0-2412"),
    "state of the package": _value("package", "kesl", installed=False, status="install ok half-configured"),
    "state of the unit": _value("unit", "kesl.service", active="inactive"),
    "process gone": _without(f"process:{AGENT}"),
    "path gone": _without("path:/var/log/kaspersky/kesl-user"),
    "type of a path": _value("path", "/opt/kaspersky/kesl", type="link"),
    "members of a group": _value("group", "kesluser", members=["alice", "bob"]),
    "boot link": _value("unit", "klnagent64.service", links=[]),
    "section": _value("ini_section", "/var/opt/kaspersky/applications.setup[1103]", last=False),
    "neighbour in a shared directory": _value("path", "/opt/kaspersky", children=["ScanEngine", "kesl", "klnagent64"]),
    "version to install": _value("package_change", "install", changes=[]),
    "another package goes along": _value(
        "package_change", "remove", changes=[{"action": "remove", "name": "site-tool", "old": "1", "new": ""}]
    ),
    "release of the system": _host(version="13"),
    "no room": _value("space", RETAINED, free_bytes=1),
}


@pytest.mark.parametrize("name", sorted(BY_ITSELF))
def test_what_changes_by_itself_leaves_the_digest(name: str) -> None:
    case = case_of("full")
    answer = collected(case)
    BY_ITSELF[name](answer)
    assert answer != collected(case)
    assert plan_of(case, answer=answer)["digest"] == plan_of(case)["digest"]


@pytest.mark.parametrize("name", sorted(MATTERS))
def test_what_matters_changes_the_digest(name: str) -> None:
    case = case_of("full")
    answer = collected(case)
    MATTERS[name](answer)
    assert plan_of(case, answer=answer)["digest"] != plan_of(case)["digest"]


def _leaves(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(content, dict):
        return [leaf for key, value in content.items() for leaf in _leaves(value, (*path, key))]
    if isinstance(content, list) and content:
        return [leaf for key, value in enumerate(content) for leaf in _leaves(value, (*path, key))]
    return [path]


def test_digest_tells_any_change_of_any_step() -> None:
    plan = plan_of(case_of("full"))
    assert digest_of(plan) == plan["digest"]
    for path in _leaves(plan["steps"]):
        place: Any = plan["steps"]
        for key in path[:-1]:
            place = place[key]
        before, place[path[-1]] = place[path[-1]], "something else"
        assert digest_of(plan) != plan["digest"], path
        place[path[-1]] = before


@pytest.mark.parametrize("act", [list.pop, list.reverse, lambda steps: steps.append(steps[0])])
def test_digest_tells_a_step_more_or_less_or_elsewhere(act: Callable[[list[Any]], Any]) -> None:
    plan = plan_of(case_of("full"))
    act(plan["steps"])
    assert digest_of(plan) != plan["digest"]


def test_hosts_that_are_alike_have_one_digest() -> None:
    case = case_of("full")
    assert plan_of(case, "one")["digest"] == plan_of(case, "two")["digest"]


def test_marks_are_filled_in_for_the_endpoint() -> None:
    plan = plan_of(case_of("full"))
    sent = json.dumps(expanded(plan, plan["digest"], "CHG-1"))
    assert "{digest}" not in sent
    assert "{change_id}" not in sent
    assert f"retained/{plan['digest'][:12]}.tar.gz" in sent
    assert '"CHG-1"' in sent


def test_text_of_a_file_is_sent_as_it_was_approved() -> None:
    """A site's signature may contain text that looks like the plan's own mark."""
    case = case_of("clean")
    case["goal"]["options"]["site_signatures"] = {"site.yara": "rule {digest} {change_id}"}
    plan = plan_of(case)
    sent = expanded(plan, plan["digest"], "CHG-1")
    approved = next(step["target"]["after"] for step in plan["steps"] if step["title"].endswith("site.yara"))
    assert [step["target"]["after"] for step in sent if step["title"].endswith("site.yara")] == [approved]


def test_probes_of_a_plan_ask_for_what_its_steps_need() -> None:
    asked = make.probes_for(wanted_of(goal_of(case_of("full"))))
    assert {"interceptor", "space", "package_change", "debconf", "file_text", "journal"} <= set(asked)
    leaving = [product for product in CATALOG.products if product.may_go(())]
    assert set(asked["space"]["trees"]) == {path for product in leaving for path, _holds in product.retain}
    going = {name for product in leaving for name in product.of_kind("package")}
    assert set(asked["package_change"]["remove"]) == going < set(asked["package"]["names"])
    named = {**NOTHING_ASKED, "also_remove": ["klms"]}
    also = make.probes_for(wanted_of(goal.of(named, CATALOG)))["package_change"]["remove"]
    assert set(also) - going == set(CATALOG.product("klms").of_kind("package"))
    assert make.probes_for(wanted_of(goal_of(case_of("kaspersky-ignored"))))["package_change"]["remove"] == []


def test_line_of_the_owner_s_is_taken_out_as_it_was_approved() -> None:
    line = "0 3 * * * root /opt/kaspersky/kesl/bin/kesl-control --scan >/var/log/{digest}.{change_id}"
    step = {"kind": "lines_remove", "target": {"edits": [{"before": line, "after": None}]}, "before": line}
    assert expanded({"platform": "linux", "steps": [step]}, "d" * 64, "CHG-1") == [step]
