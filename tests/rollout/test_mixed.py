"""A mixed fleet completes: its Windows hosts are named, not contacted, and count for no ring and no exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fleets import AGENT, BROKEN, CLEAN, REPOSITORY, WINDOWS, Fleet
from support import load_yaml

MIXED = {"a-windows": WINDOWS, "b-linux": AGENT, "c-linux": AGENT, "d-windows": WINDOWS, "e-linux": AGENT}
LINUX = [host for host, kind in MIXED.items() if kind == AGENT]
FORECAST = ("unknown", "windows_forecast_only")
CLIENT = load_yaml(REPOSITORY / "tests/fixtures/windows_forecasts/client.yml")["windows"]
ALL: dict[str, Any] = {"avshift_hosts": "all"}


def test_a_mixed_fleet_is_planned_approved_and_migrated(tmp_path: Path, each_core: Path | None) -> None:
    fleet = Fleet(tmp_path, MIXED, each_core)
    for host in ("a-windows", "d-windows"):
        fleet.runs_windows(host, CLIENT)
    planned = fleet.run("plan", avshift_rollout="1", **ALL)
    assert planned.code == 0, planned.text
    plan = json.loads((fleet.out / "plan/plan.json").read_text(encoding="utf-8"))
    assert (sorted(plan["hosts"]), plan["not_planned"]) == (LINUX, {})
    assert sorted(plan["forecasts"]["hosts"]) == ["a-windows", "d-windows"]
    (forecast,) = plan["forecasts"]["classes"].values()
    assert [finding["id"] for finding in forecast["findings"]] == ["kes_windows"]
    assert planned.counted("Platforms: 3 Linux, 2 Windows.") == 1
    assert fleet.records("plan/records")["a-windows"] == ("detected", None)
    # A second look asks for what the first one made worthwhile, such as the signers of its programs.
    assert fleet.calls("a-windows") == ["look", "look"]
    fleet.forget()
    run = fleet.run("migrate", avshift_approved_plan="avshift/plan/plan.json", **ALL)
    assert run.counted("5 hosts: 3 migrated, 0 failed, 0 unreachable, 0 not started, 2 only looked at") == 1, run.text
    assert run.code == 0
    assert [host for host, found in fleet.records().items() if found == FORECAST] == ["a-windows", "d-windows"]
    assert fleet.asked() == LINUX


def test_a_windows_host_without_an_answer_is_named_and_costs_no_other_its_plan(
    tmp_path: Path, core: Path | None
) -> None:
    fleet = Fleet(tmp_path, MIXED, core)
    fleet.runs_windows("a-windows", CLIENT)
    planned = fleet.run("plan", **ALL)
    plan = json.loads((fleet.out / "plan/plan.json").read_text(encoding="utf-8"))
    assert (sorted(plan["hosts"]), sorted(plan["not_planned"])) == (LINUX, ["d-windows"])
    assert sorted(plan["forecasts"]["hosts"]) == ["a-windows"]
    assert "they gave no answer (d-windows)" in planned.flat and planned.code == 2


def test_a_fleet_of_windows_hosts_alone_is_foretold(tmp_path: Path, core: Path | None) -> None:
    fleet = Fleet(tmp_path, {"w1": WINDOWS, "w2": WINDOWS}, core)
    fleet.runs_windows("w1", CLIENT)
    fleet.runs_windows("w2", {})
    planned = fleet.run("plan", **ALL)
    assert planned.code == 0, planned.text
    assert planned.counted("Platforms: 2 Windows.") == 1
    assert {host: verdict for host, (verdict, _code) in fleet.records("plan/records").items()} == {
        "w1": "detected",
        "w2": "never_present",
    }


def test_a_mixed_fleet_is_verified_and_reported(tmp_path: Path, core: Path | None) -> None:
    """Windows hosts have a verdict of their own, with which the verification does not fail, and are never clean."""
    fleet = Fleet(tmp_path, {"a-windows": WINDOWS, "b-linux": CLEAN, "d-windows": WINDOWS}, core)
    fleet.runs_windows("a-windows", CLIENT)
    fleet.runs_windows("d-windows", {})
    run = fleet.run("verify", avshift_provider="none", **ALL)
    assert run.code == 0, run.text
    assert {host: verdict for host, (verdict, _code) in fleet.records("verify").items()} == {
        "a-windows": "detected",
        "b-linux": "never_present",
        "d-windows": "never_present",
    }
    # What was there and is gone is not known to be removed properly.
    fleet.runs_windows("a-windows", {})
    again = fleet.run("verify", avshift_provider="none", **ALL)
    assert again.code == 0 and fleet.records("verify")["a-windows"][0] == "unknown", again.text
    told = fleet.run("report", avshift_records_dir="avshift/verify")
    assert told.code == 0, told.text
    assert told.counted("3 hosts, 1 clean: 1 never_present") == 1, told.text
    assert told.counted("2 only looked at (preview, counted separately): 1 never_present, 1 unknown") == 1


@pytest.mark.parametrize("check", [False, True])
def test_windows_hosts_count_for_no_threshold(tmp_path: Path, core: Path | None, check: bool) -> None:
    """One of the ring's two Linux hosts fails: Windows hosts that did nothing do not help to meet a gate of 50 %."""
    fleet = Fleet(tmp_path, {**MIXED, "b-linux": BROKEN}, core)
    rollout = {"rings": [2], "gate": {"min_clean": "50%"}}
    given = {**ALL, "avshift_rollout": rollout, "avshift_require_approval": False}
    run = fleet.run("migrate", *(["--check"] if check else []), **given)
    assert "0 of 1 hosts of ring pilot are clean, and 50% have to be: 1 failed (b-linux)" in run.flat
    if not check:
        assert run.counted("5 hosts: 0 migrated, 1 failed, 0 unreachable, 3 not started, 1 only looked at") == 1
    assert run.code == 2
    assert [host for host in fleet.asked() if "windows" in host] == []
