"""A host that an earlier release left with the package's own on-access unit gets the collection's instead."""

from __future__ import annotations

from typing import Any

from plans import case_of, plan_of

PACKAGED = "clamav-clamonacc.service"
LINKS = [
    "/etc/systemd/system/clamav-daemon.service.wants/clamav-clamonacc.service",
    "/etc/systemd/system/multi-user.target.wants/clamav-clamonacc.service",
]
FORMER = "/etc/systemd/system/clamav-clamonacc.service.d/avshift.conf"


def _plan(*more: dict[str, Any]) -> dict[str, Any]:
    case = case_of("clean")
    return plan_of({**case, "evidence": [*case["evidence"], *more]})


def _handover(plan: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(step for step in plan["steps"] if step["kind"] == "handover")
    return found


def test_what_starts_the_packages_unit_goes_in_the_handover_and_not_before() -> None:
    plan = _plan({"unit": PACKAGED, "active": "active", "enabled": "enabled", "links": LINKS})
    step = _handover(plan)
    assert step["target"]["new"]["replaces"] == PACKAGED
    removed = [effect["path"] for effect in step["effects"] if effect["change"] == "removed"]
    assert sorted(removed) == LINKS
    assert f"{PACKAGED}: stopped, no longer started at boot" in step["after"]
    assert PACKAGED not in [other["target"].get("name") for other in plan["steps"]]


def test_what_the_earlier_release_wrote_stays_so_that_its_unit_can_still_start() -> None:
    plan = _plan({"unit": PACKAGED, "active": "active", "enabled": "enabled", "links": LINKS})
    assert FORMER not in [step["target"].get("path") for step in plan["steps"]]


def test_packages_unit_that_nothing_starts_is_not_touched() -> None:
    step = _handover(_plan({"unit": PACKAGED, "active": "inactive", "enabled": "disabled"}))
    assert step["target"]["new"]["replaces"] == ""
    assert [effect for effect in step["effects"] if effect["change"] == "removed"] == []


def test_every_unit_that_is_made_is_in_the_plan() -> None:
    plan = _plan()
    made = {effect["path"] for step in plan["steps"] for effect in step["effects"] if "path" in effect}
    for unit in ("avshift-clamonacc.service", "avshift-clamonacc-guard.service"):
        assert {f"/etc/systemd/system/{unit}", f"/etc/systemd/system/multi-user.target.wants/{unit}"} <= made
    assert {"/etc/avshift", "/etc/avshift/clamonacc-guard"} <= made


def test_guard_whose_text_changes_is_restarted_and_no_other_is() -> None:
    guard = "avshift-clamonacc-guard.service"
    running = _plan({"unit": guard, "active": "active", "enabled": "enabled"})
    for plan, count in ((running, 1), (_plan(), 0)):
        assert len([step for step in plan["steps"] if step["target"].get("name") == guard]) == count
