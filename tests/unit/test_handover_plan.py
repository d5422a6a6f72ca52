"""What the plan hands over, and what it says about the time without protection."""

from __future__ import annotations

from typing import Any

import pytest
from plans import case_of, plan_of

JOURNAL = "/var/lib/avshift/journal.json"
FROM = "2026-11-22T11:57:02.809Z"


def _handover(case: dict[str, Any]) -> dict[str, Any] | None:
    return next((step for step in plan_of(case)["steps"] if step["kind"] == "handover"), None)


def _with(changes: dict[str, Any], *more: dict[str, Any]) -> dict[str, Any]:
    case = case_of("full")
    units = [{**one, **(changes if one.get("unit") == "kesl.service" else {})} for one in case["evidence"]]
    return {**case, "evidence": [*units, *more]}


@pytest.mark.parametrize(
    ("told", "is_to_come_back"),
    [
        ({"status": "begun", "unprotected_from": FROM}, True),
        ({"status": "begun", "unprotected_from": FROM, "unprotected_until": FROM}, False),
        ({"status": "done", "unprotected_from": FROM}, False),
        ({"status": "begun"}, False),
    ],
)
def test_unit_that_a_cut_off_run_has_stopped_can_come_back(told: dict[str, Any], is_to_come_back: bool) -> None:
    step = _handover(_with({"active": "inactive"}, {"journal": JOURNAL, "runs": [{"digest": "d", **told}]}))
    assert step is not None
    assert step["target"]["old"]["units"] == (["kesl.service"] if is_to_come_back else [])


def test_unit_that_only_starts_at_boot_may_run_by_then() -> None:
    link = "/etc/systemd/system/multi-user.target.wants/kesl.service"
    step = _handover(_with({"active": "inactive", "links": [link]}))
    assert step is not None
    assert (step["target"]["old"]["units"], step["target"]["old"]["starting"]) == ([], ["kesl.service"])
    assert "without protection meanwhile" not in step["after"]


def test_what_starts_the_old_service_again_is_stopped_with_it() -> None:
    timer = {"name": "kesl.timer", "file": "/etc/systemd/system/kesl.timer", "links": []}
    step = _handover(_with({"triggered_by": [timer]}))
    assert step is not None
    assert step["target"]["old"]["triggers"] == ["kesl.timer"]


def test_links_that_started_the_old_service_go_once_the_new_one_is_proven() -> None:
    link = "/etc/systemd/system/multi-user.target.wants/kesl.service"
    of_timer = "/etc/systemd/system/timers.target.wants/kesl.timer"
    timer = {"name": "kesl.timer", "file": "/etc/systemd/system/kesl.timer", "links": [of_timer]}
    step = _handover(_with({"links": [link, "/etc/rc1.d/K01kesl", "/etc/rc2.d/S01kesl"], "triggered_by": [timer]}))
    assert step is not None
    gone = {effect["path"] for effect in step["effects"] if effect["change"] == "removed"}
    assert gone == {link, "/etc/rc2.d/S01kesl", of_timer}
    assert "kesl.service: stopped, no longer started at boot" in step["after"]


@pytest.mark.parametrize("prevention", [True, False])
def test_plan_says_whether_anything_is_blocked(prevention: bool) -> None:
    case = case_of("full")
    options = {**case["goal"]["options"], "prevention": prevention}
    step = _handover({**case, "goal": {**case["goal"], "options": options}})
    assert step is not None
    assert step["target"]["new"]["tells"] is not prevention
    assert ("blocks nothing, and reports what is opened in /home" in step["after"]) is not prevention
    assert ("\nprotects /home" in step["after"]) is prevention


def _new_of(case: dict[str, Any]) -> dict[str, Any]:
    step = _handover(case)
    assert step is not None
    new: dict[str, Any] = step["target"]["new"]
    return new


def _with_options(**options: Any) -> dict[str, Any]:
    case = case_of("full")
    return {**case, "goal": {**case["goal"], "options": {**case["goal"]["options"], **options}}}


@pytest.mark.parametrize("concurrent", [True, False])
def test_the_new_one_is_to_stand_before_the_old_one_goes(concurrent: bool) -> None:
    case = _with_options(concurrent_reload=concurrent)
    overlap = _new_of(case)["overlap"]
    limits = {"start_limit": 60, "limit": 10, "probe_limit": 2}
    assert {key: overlap[key] for key in limits} == limits
    assert overlap["signature"]["forget"] == concurrent
    step = _handover(case)
    assert step is not None
    assert "no unprotected moment" in step["after"]
    assert {"path": "/var/lib/clamav", "scope": "file", "change": "changed"} in step["effects"]


@pytest.mark.parametrize(
    ("protected", "left_out"),
    [
        (["/home", "/srv"], []),
        (["/home", "/var/opt"], ["/var/opt/kaspersky/kesl"]),
        (["/opt", "/var"], ["/opt/kaspersky/kesl", "/var/log/kaspersky/kesl", "/var/opt/kaspersky/kesl"]),
        (["/home", "/var/opt/kaspersky/kesl"], []),
        (["/var/opt", "/var/opt/kaspersky/kesl/common"], []),
    ],
)
def test_the_new_one_leaves_out_what_is_the_old_one_s_alone(protected: list[str], left_out: list[str]) -> None:
    """Never a directory that is protected, or that contains one."""
    case = _with_options(paths=protected)
    there = [{"path": path, "type": "directory"} for path in protected]
    case["evidence"] = [*case["evidence"], *there]
    new = _new_of(case)
    assert new["paths"] == protected
    assert set(left_out) == {
        path for path in new["excludes"]["paths"] if not path.startswith("/var/log/kaspersky/kesl-")
    }
    step = _handover(case)
    assert step is not None
    for path in left_out:
        assert f"{path}: not scanned on access until it is removed or avshift-clamonacc.service" in step["after"]


def test_where_the_two_do_not_run_side_by_side_nothing_is_left_out() -> None:
    case = _with_options(paths=["/var/opt"], prevention=False)
    case["evidence"] = [*case["evidence"], {"path": "/var/opt", "type": "directory"}]
    assert _new_of(case)["excludes"]["paths"] == []
    step = _handover(case)
    assert step is not None
    assert step["target"]["old"]["exclusions"] == []
    assert "asked to leave it out" not in step["after"]


def test_the_old_one_is_asked_to_leave_out_what_the_engine_opens_and_the_plan_names_the_command() -> None:
    step = _handover(case_of("full"))
    assert step is not None
    (asked,) = step["target"]["old"]["exclusions"]
    control, path = "/opt/kaspersky/kesl/bin/kesl-control", "/var/lib/clamav"
    add, remove = ([control, "--set-settings", "1", word, path] for word in ("--add-exclusion", "--del-exclusion"))
    assert asked["paths"] == [{"path": path, "add": add, "remove": remove}]
    assert (asked["read"], asked["locked"]) == ([control, "--get-settings", "1"], 68)
    assert f"{path}: {asked['name']} is asked to leave it out ({' '.join(add)}); undone if it stays" in step["after"]


def test_one_that_does_not_run_is_not_asked() -> None:
    step = _handover(_with({"active": "inactive"}))
    assert step is not None
    assert step["target"]["old"]["exclusions"] == []


def test_one_that_refuses_nothing_does_not_stand_beside_the_old_one() -> None:
    """No access would distinguish its work from the old one's."""
    step = _handover(_with_options(prevention=False))
    assert step is not None
    assert step["target"]["new"]["overlap"] is None
    assert "without protection meanwhile: about a second" in step["after"]


def test_where_a_package_s_own_unit_is_replaced_the_two_do_not_stand_at_once() -> None:
    link = "/etc/systemd/system/multi-user.target.wants/clamav-clamonacc.service"
    packaged = {"unit": "clamav-clamonacc.service", "active": "active", "enabled": "enabled", "links": [link]}
    assert _new_of(_with({}, packaged))["overlap"] is None


def test_where_nothing_runs_that_would_stop_there_is_nothing_to_stand_beside() -> None:
    link = "/etc/systemd/system/multi-user.target.wants/kesl.service"
    assert _new_of(_with({"active": "inactive", "links": [link]}))["overlap"] is None
