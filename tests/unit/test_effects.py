"""Whatever has an effect on a host is removed by a step, or its plan says that it stays."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect import match
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux import evidence as table
from hypothesis import given
from hypothesis import strategies as st
from plans import plan_of
from support import CATALOG, FIXTURES, evidence, load_yaml

EFFECTS: list[list[dict[str, Any]]] = load_yaml(FIXTURES / "effects.yml")
BASE: list[dict[str, Any]] = [
    {"path": "/opt/kaspersky/kesl"},
    {"group": "kesladmin"},
    {"space": "/var/lib/avshift/retained", "free_bytes": 300000000},
]
# Of these, only what no entry knows has an effect, and that is checked by hand.
BESIDES = {"trusted_key"}


def _kind(items: list[dict[str, Any]]) -> str:
    return str(next(iter(items[0])))


def _name(items: list[dict[str, Any]]) -> str:
    return f"{_kind(items)}:{items[0][_kind(items)]}"


def _passed_over(chosen: list[list[dict[str, Any]]]) -> list[str]:
    """Return the names for which the plan of a host with all of these has neither a step nor a mention."""
    goal = {"provider": "none", "accept": ["no_replacement"], "also_remove": ["klms"]}
    items = {next(iter(item.items())): item for items in [BASE, *chosen] for item in items}
    plan = plan_of({"goal": goal, "evidence": list(items.values())})
    assert {reason for finding in plan["findings"] for reason in finding["reasons"]} >= set(map(_name, chosen))
    told = " ".join(check["diagnosis"] for check in plan["preflight"] if check["level"] != "ok")
    stepped = {reason for step in plan["steps"] for reason in step["reasons"]}
    names = [(_name(items), str(items[0][_kind(items)])) for items in chosen]
    return [
        name for name, what in names if name not in stepped and what not in told and what.partition(" ")[2] not in told
    ]


@pytest.mark.parametrize("items", EFFECTS, ids=_name)
def test_what_has_an_effect_has_a_step_or_is_named(items: list[dict[str, Any]]) -> None:
    assert _passed_over([items]) == []


@given(st.lists(st.sampled_from(EFFECTS), min_size=2, max_size=8, unique_by=_name))
def test_nothing_with_an_effect_hides_another(chosen: list[list[dict[str, Any]]]) -> None:
    assert _passed_over(chosen) == []


@pytest.mark.parametrize("items", EFFECTS, ids=_name)
def test_it_has_an_effect(items: list[dict[str, Any]]) -> None:
    found = match.findings(evidence({"evidence": [*BASE, *items]}), CATALOG.products)
    (finding,) = [finding for finding in found if _name(items) in finding.reasons and finding.id in ("kesl", "klms")]
    assert finding.state in (match.RESIDUE_ACTIVE, match.RUNNING)


def test_every_kind_and_place_with_an_effect_is_among_them() -> None:
    kinds = {_kind(items) for items in EFFECTS} | BESIDES
    assert kinds >= {*table.ACTIVE, *table.RUNNING, "mention", "kernel_module", "account"} - {"container_process"}
    assert {item["place"] for items in EFFECTS for item in items if "mention" in item} == set(table.EFFECTIVE_PLACES)
