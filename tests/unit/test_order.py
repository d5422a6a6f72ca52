"""The order of steps is total and stable."""

from __future__ import annotations

import random
from typing import Any

from ansible_collections.avshift.endpoint.plugins.module_utils.apply.runner import KINDS
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import PARTS, Step
from ansible_collections.avshift.endpoint.plugins.plugin_utils.platforms.linux import order
from hypothesis import given
from hypothesis import strategies as st


def _step(part: str, kind: str, number: int = 0, **target: Any) -> Step:
    return Step(part, kind, f"{kind} {number}", {"after_packages": False, "scope": "file", **target}, "", "", ())


ANY_STEP = st.builds(_step, st.sampled_from(PARTS), st.sampled_from(sorted(KINDS)), st.integers(0, 99))


def test_every_kind_that_an_endpoint_carries_out_has_its_place() -> None:
    assert set(KINDS) <= set(order.KINDS)
    assert len(set(order.KINDS)) == len(order.KINDS)


@given(st.lists(ANY_STEP))
def test_steps_are_kept_and_those_of_one_kind_in_their_order(steps: list[Step]) -> None:
    ordered = platforms.expected().sort(steps)
    assert len(ordered) == len(steps)
    for part in PARTS:
        for kind in KINDS:
            mine = [step for step in steps if (step.part, step.kind) == (part, kind)]
            assert [step for step in ordered if (step.part, step.kind) == (part, kind)] == mine
    assert platforms.expected().sort(ordered) == ordered


@given(st.lists(ANY_STEP, unique_by=lambda step: (step.part, step.kind)), st.integers(min_value=0))
def test_order_given_does_not_matter_between_kinds(steps: list[Step], seed: int) -> None:
    shuffled = list(steps)
    random.Random(seed).shuffle(shuffled)
    assert platforms.expected().sort(shuffled) == platforms.expected().sort(steps)


def test_places_that_hang_on_a_step_s_target() -> None:
    given_ = [
        _step("remove", "finish"),
        _step("remove", "path_remove", 1, scope="empty"),
        _step("remove", "ini_section_remove"),
        _step("remove", "path_remove", 2, scope="tree"),
        _step("stage", "unit"),
        _step("stage", "file", 1, after_packages=True),
        _step("stage", "packages_install"),
        _step("stage", "file", 2),
        _step("stage", "announce"),
    ]
    assert [step.title for step in platforms.expected().sort(given_)] == [
        "announce 0",
        "file 2",
        "packages_install 0",
        "file 1",
        "unit 0",
        "path_remove 2",
        "ini_section_remove 0",
        "path_remove 1",
        "finish 0",
    ]
