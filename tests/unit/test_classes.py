"""Identical hosts are one class; what is particular to each is kept, and nothing of a plan is lost."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.canonical import encode
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import BY_ITSELF, digest_of
from hypothesis import given
from hypothesis import strategies as st
from plans import VERSIONS, case_of, plan_of
from support import collected

FULL = collected(case_of("full"))
FIRST, LATER = "12.1.0.1297_1795315390", "12.1.0.1297_1795399999"
TREE = "/var/opt/kaspersky/kesl"


def _installed_later(content: Any) -> Any:
    """Return the answer of a host on which the product was installed at another second."""
    if isinstance(content, dict):
        return {key: _installed_later(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_installed_later(value) for value in content]
    return content.replace(FIRST, LATER) if isinstance(content, str) else content


def _plan(answer: dict[str, Any]) -> dict[str, Any]:
    return plan_of(case_of("full"), "host", answer)


def test_the_second_of_an_installation_makes_no_other_class() -> None:
    first, later = _plan(FULL), _plan(_installed_later(FULL))
    assert FIRST not in encode({**first, "shown": {}})
    assert first["digest"] == later["digest"]
    named = f"process:{TREE}/install-current/opt/kaspersky/kesl/libexec/kesl"
    assert named in next(found for found in first["findings"] if found["id"] == "kesl")["reasons"]
    assert f"{TREE}/{LATER}/opt/kaspersky/kesl/libexec/kesl" in later["shown"]["processes"]


@pytest.mark.parametrize(
    "target", ["", ".", "..", "/", "/etc", f"../kesl/{FIRST}", "elsewhere"], ids=lambda target: target or "none"
)
def test_a_link_that_leads_anywhere_else_names_nothing(target: str) -> None:
    answer = copy.deepcopy(FULL)
    for item in answer["evidence"]:
        if item["id"] == f"path:{TREE}/install-current":
            item["value"]["target"] = target
    assert any(FIRST in reason for found in _plan(answer)["findings"] for reason in found["reasons"])


def test_another_program_in_the_same_directory_is_another_class() -> None:
    answer = copy.deepcopy(FULL)
    for item in answer["evidence"]:
        if item["kind"] == "process" and item["what"].endswith("/wdserver"):
            item["what"] = item["what"].replace("/wdserver", "/other")
            item["id"] = f"process:{item['what']}"
    assert _plan(answer)["digest"] != _plan(FULL)["digest"]


Change = Callable[[dict[str, Any]], None]


def _told(place: int, words: str) -> Change:
    def change(plan: dict[str, Any]) -> None:
        steady = [check for check in plan["preflight"] if check["id"] not in BY_ITSELF]
        steady[place % len(steady)]["diagnosis"] = words

    return change


def _by_itself(place: int, name: str) -> Change:
    def change(plan: dict[str, Any]) -> None:
        check = {**plan["preflight"][0], "id": name, "level": "warning", "diagnosis": f"at {place}"}
        plan["preflight"].insert(place % (len(plan["preflight"]) + 1), check)

    return change


CHANGES = st.lists(
    st.one_of(
        st.builds(_told, st.integers(0, 9), st.text(max_size=3)),
        st.builds(_by_itself, st.integers(0, 9), st.sampled_from(BY_ITSELF)),
    ),
    max_size=3,
)
PLAN = plan_of(case_of("refused-for-many-reasons"))
OTHER = plan_of(case_of("agent"))


@given(st.dictionaries(st.sampled_from("abcdef"), CHANGES), st.randoms())
def test_every_plan_comes_out_of_a_document_as_it_went_in(hosts: dict[str, list[Change]], order: Any) -> None:
    plans = {"other": OTHER}
    for host, changed in hosts.items():
        plan = copy.deepcopy({**PLAN, "host": host, "shown": {**PLAN["shown"], "free_bytes": ord(host)}})
        for change in changed:
            change(plan)
        assert digest_of(plan) == PLAN["digest"]
        plans[host] = plan
    mixed = list(plans.items())
    order.shuffle(mixed)
    whole = document.compose(mixed, {}, VERSIONS)
    assert encode(whole) == encode(document.compose(plans.items(), {}, VERSIONS))
    assert len(whole["classes"]) == (2 if hosts else 1)
    assert {host: document.plan_of(whole, host) for host in whole["hosts"]} == {
        host: {**plan, "host": host} for host, plan in plans.items()
    }
    assert document.plan_of(whole, "nobody") is None


def test_what_hosts_say_alike_is_said_once() -> None:
    whole = document.compose([(name, PLAN) for name in "abc"], {}, VERSIONS)
    assert [entry["preflight"] for entry in whole["hosts"].values()] == [{}, {}, {}]


def test_what_is_approved_does_not_hang_on_what_changes_by_itself() -> None:
    later = {**PLAN, "shown": {**PLAN["shown"], "free_bytes": 1}}
    first, again = (document.compose([("a", plan)], {"b": why}, VERSIONS) for plan, why in ((PLAN, "x"), (later, "y")))
    assert first["digest"] == again["digest"]
    assert first["checksum"] != again["checksum"]
    others = (
        document.compose([("a", OTHER)], {"b": "x"}, VERSIONS),
        document.compose([("c", PLAN)], {"b": "x"}, VERSIONS),
        document.compose([("a", PLAN)], {}, VERSIONS),
        *(document.compose([("a", PLAN)], {"b": "x"}, {**VERSIONS, name: "other"}) for name in VERSIONS),
        document.sealed({**{key: first[key] for key in first if key not in ("digest", "checksum")}, "policy": "other"}),
    )
    assert len({first["digest"], *(other["digest"] for other in others)}) == len(others) + 1
