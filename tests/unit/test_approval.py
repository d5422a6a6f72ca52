"""A host's plan has to be the approved one, and a difference is described in words."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import judge
from ansible_collections.avshift.endpoint.plugins.plugin_utils.carry_out import parts
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet.document import plan_of as plan_of_host
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import digest_of
from plans import case_of, document_of, plan_of

DOCUMENT = document_of("full", "clean-without-replacement")
FULL = plan_of_host(DOCUMENT, "full") or {}


def _plan(**changed: Any) -> dict[str, Any]:
    """Return the plan of the host full, with some of its content changed and its digest corrected."""
    plan: dict[str, Any] = copy.deepcopy(FULL)
    plan.update(changed)
    plan["digest"] = digest_of(plan)
    return plan


def _run(status: str | None, digest: str) -> dict[str, Any]:
    return {"digest": digest[:12], "status": status, "products": ["kesl"]}


def _begun(plan: dict[str, Any], *runs: dict[str, Any]) -> dict[str, Any]:
    plan["carried"]["earlier_runs"] = list(runs)
    return plan


def test_none_is_needed() -> None:
    judged = judge.judge(_plan(), None)
    assert (judged.status, judged.difference) == (judge.NOT_REQUIRED, ())


def test_the_same_plan_is_approved_whatever_has_changed_by_itself() -> None:
    plan = _plan()
    plan["shown"]["free_bytes"] = 1
    judged = judge.judge(plan, judge.Grant(DOCUMENT))
    assert judged.status == judge.APPROVED
    assert judged.plan is plan


def test_a_run_that_was_cut_off_goes_on_with_the_approved_plan() -> None:
    approved = FULL
    plan = _begun(_plan(steps=[]), _run("done", "0" * 64), _run("begun", approved["digest"]))
    judged = judge.judge(plan, judge.Grant(DOCUMENT))
    assert judged.status == judge.RESUMED
    assert judged.plan == approved


@pytest.mark.parametrize("status", ["done", "rolled_back", None])
def test_a_run_that_ended_is_not_resumed(status: str | None) -> None:
    plan = _begun(_plan(steps=FULL["steps"][:3]), _run(status, FULL["digest"]))
    assert judge.judge(plan, judge.Grant(DOCUMENT)).status == judge.DRIFTED


def test_a_run_of_another_plan_is_not_resumed() -> None:
    plan = _begun(_plan(steps=FULL["steps"][:3]), _run("begun", "0" * 64))
    assert judge.judge(plan, judge.Grant(DOCUMENT)).status == judge.DRIFTED


def test_a_host_with_nothing_to_do_needs_no_approval() -> None:
    assert judge.judge(_plan(steps=[]), judge.Grant(DOCUMENT)).status == judge.NOTHING_TO_DO
    assert judge.judge(_plan(steps=[], host="new"), judge.Grant(DOCUMENT)).status == judge.NOTHING_TO_DO


def test_a_blocked_host_is_not_one_with_nothing_to_do() -> None:
    assert judge.judge(_plan(steps=[], blocked=True), judge.Grant(DOCUMENT)).status == judge.DRIFTED


def test_a_host_that_the_document_does_not_name_is_not_approved() -> None:
    judged = judge.judge(_plan(host="new"), judge.Grant(DOCUMENT))
    assert judged.status == judge.NOT_APPROVED
    assert judged.difference == ("the approved plan does not name this host",)


def _planned(plan: dict[str, Any], status: str = judge.APPROVED, *words: str) -> dict[str, Any]:
    return {"plan": plan, "approval": {"status": status, "difference": list(words)}}


@pytest.mark.parametrize("status", judge.ALLOWED)
def test_what_is_allowed_is_carried_out(status: str) -> None:
    plan = _plan()
    assert parts.allowed("full", _planned(plan, status)) is plan


@pytest.mark.parametrize("status", [judge.NOT_APPROVED, judge.DRIFTED])
def test_what_is_not_approved_is_refused(status: str) -> None:
    plan = _plan()
    with pytest.raises(AvshiftError, match="kesl was 1, is now 2") as caught:
        parts.allowed("full", _planned(plan, status, "kesl was 1, is now 2"))
    assert caught.value.code == f"plan_{status}"


def test_a_long_difference_is_cut_off_and_counted() -> None:
    words = [f"x{number} was 1, is now 2" for number in range(50)]
    with pytest.raises(
        AvshiftError, match="x19 was 1, is now 2; and 30 more, which are in the host's record"
    ) as caught:
        parts.allowed("full", _planned(_plan(), judge.DRIFTED, *words))
    assert "x20" not in str(caught.value)


def test_a_blocked_plan_is_refused_with_its_reasons() -> None:
    plan = plan_of(case_of("refused-for-many-reasons"))
    with pytest.raises(AvshiftError) as caught:
        parts.allowed("full", _planned(plan))
    assert caught.value.code == "plan_blocked"
    assert "keep_out" in str(caught.value)
    assert "second_interceptor" not in str(caught.value), "it was accepted"


def test_a_part_after_one_that_did_not_reach_the_host_is_refused() -> None:
    with pytest.raises(AvshiftError, match="not reached for the previous part") as caught:
        parts.allowed("full", _planned(_plan()), {"unreachable": True, "msg": "gone"})
    assert caught.value.code == "unreachable"


@pytest.mark.parametrize("planned", [{}, {"plan": None}, {"plan": []}, _planned({**_plan(), "blocked": True})])
def test_a_plan_that_is_not_whole_is_refused(planned: dict[str, Any]) -> None:
    with pytest.raises(AvshiftError) as caught:
        parts.allowed("full", planned)
    assert caught.value.code == "plan_edited"


def test_result_of_a_part_tells_its_steps_only() -> None:
    steps = plan_of(case_of("full"))["steps"]
    mine = [step for step in steps if step["part"] == "handover"]
    outcome = {"id": mine[0]["id"], "outcome": "changed", "facts": {"window_seconds": 0.2}, "seconds": 1.0}
    done = {"changed": True, "outcomes": [outcome], "pending": [mine[0]["id"]], "failure": None}
    told = parts.result(steps, "handover", done)
    assert told["steps"] == [{**outcome, "title": mine[0]["title"]}]
    assert told["window_seconds"] == 0.2
    assert (told["changed"], told["failed"], len(told["diff"])) == (True, False, 1)


def test_result_of_a_failed_part_says_so() -> None:
    steps = plan_of(case_of("full"))["steps"]
    failure = {"step": steps[0]["id"], "code": "system_error", "message": "no", "undone": []}
    told = parts.result(steps, "stage", {"changed": False, "outcomes": [], "pending": [], "failure": failure})
    assert (told["failed"], told["code"], told["msg"]) == (True, "system_error", "no")


def test_steps_pending_are_handed_from_part_to_part() -> None:
    plan = plan_of(case_of("full"))
    assert parts.arguments(plan, "stage", None, "")["pending"] is None
    assert parts.arguments(plan, "remove", {"skipped": True}, "")["pending"] is None
    assert parts.arguments(plan, "remove", {"pending": ["01-x"]}, "")["pending"] == ["01-x"]
    assert list(dict.fromkeys(step["part"] for step in plan["steps"])) == ["stage", "handover", "remove"]
