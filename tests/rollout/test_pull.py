"""A machine that pulls its own work is found by its machine-id, and obeys the approval and the stop file."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml
from fleets import AGENT, Fleet

MACHINE, CLONE, OTHER = "a" * 32, "b" * 32, "c" * 32
MACHINES = {"laptop1": MACHINE, "laptop2": CLONE, "laptop3": CLONE}


def _be(fleet: Fleet, host: str, machine: str) -> None:
    """Have a host report a machine-id before and after its change."""
    for name in ("collect", "after"):
        path = fleet.folder / "hosts" / host / name
        told = json.loads(path.read_text(encoding="utf-8"))
        told["collected"]["host"]["machine_id"] = machine
        path.write_text(json.dumps(told), encoding="utf-8")


def _fleet(folder: Path, **rollout: Any) -> Fleet:
    """Return a fleet with a plan, whose localhost is the machine that pulls."""
    fleet = Fleet(folder, dict.fromkeys([*MACHINES, "localhost"], AGENT))
    for host, machine in {**MACHINES, "localhost": MACHINE}.items():
        _be(fleet, host, machine)
    fleet.set_variables({host: {"team": "sales"} for host in MACHINES})
    planned = fleet.run("plan", avshift_hosts="laptop*", avshift_needs_approval=not rollout, avshift_rollout=rollout)
    assert planned.code == 0, planned.text
    shutil.copy(fleet.out / "plan" / "plan.json", folder)
    # From here on there is one machine, and the inventory that ansible-pull gets has none of the plan's names for it.
    inventory = yaml.safe_load((folder / "inventory.yml").read_text(encoding="utf-8"))
    own = inventory["all"]["hosts"]["localhost"]
    inventory["all"]["vars"].update(ansible_python_interpreter=own["ansible_python_interpreter"])
    inventory["all"]["hosts"] = {"localhost": own}
    (folder / "inventory.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
    fleet.forget()
    return fleet


def test_a_laptop_is_migrated_under_its_name_in_the_plan_and_hands_its_record_in(tmp_path: Path) -> None:
    fleet = _fleet(tmp_path)
    inbox, home = tmp_path / "inbox", tmp_path / "state"
    given: dict[str, Any] = {"avshift_output_dir": str(home), "avshift_pull_inbox": str(inbox / "of-all")}
    refused = fleet.run("pull", **given)
    assert (refused.code, "approval_missing" in refused.text) == (2, True), refused.text
    approved = fleet.run(
        "approve", avshift_approver="jane", avshift_approve_reason="CHG1", avshift_approved_plan="plan.json"
    )
    assert approved.code == 0, approved.text

    (tmp_path / "STOP").touch()
    stopped = fleet.run("pull", **given)
    assert stopped.code == 2
    assert "STOP is there" in stopped.flat
    assert "apply real" not in fleet.calls("localhost")
    (tmp_path / "STOP").unlink()

    # The share is not mounted: a file is where its folder would be.
    shutil.rmtree(inbox, ignore_errors=True)
    inbox.touch()
    away = fleet.run("pull", **given)
    assert away.code == 2
    assert fleet.calls("localhost").count("apply real") == 3
    assert [path.name for path in (home / "records").iterdir()] == ["laptop1.json"]
    inbox.unlink()
    # What is left is handed in, too, by a run that finds the machine in no plan.
    _be(fleet, "localhost", OTHER)
    unplanned = fleet.run("pull", **given)
    assert (unplanned.code, unplanned.text.count("machine_not_planned") > 0) == (2, True), unplanned.text
    assert [path.name for path in (inbox / "of-all").iterdir()] == ["laptop1.json"]
    (inbox / "of-all/laptop1.json").unlink()
    _be(fleet, "localhost", MACHINE)
    again = fleet.run("pull", **given)
    assert again.code == 0, again.text
    assert [path.name for path in (inbox / "of-all").iterdir()] == ["laptop1.json"]
    record = json.loads((inbox / "of-all" / "laptop1.json").read_text(encoding="utf-8"))
    assert (record["host"], record["failure"]) == ("laptop1", None)
    assert "jane" in json.dumps(record["approval"])


def test_a_machine_that_is_not_in_the_plan_or_was_cloned_is_refused(tmp_path: Path) -> None:
    fleet = _fleet(tmp_path)
    for machine, code, words in (
        (OTHER, "machine_not_planned", "none of its hosts is this machine"),
        (CLONE, "machine_ambiguous", "2 of its hosts report this machine ID: laptop2, laptop3"),
    ):
        _be(fleet, "localhost", machine)
        run = fleet.run("pull")
        assert run.code == 2
        assert code in run.text
        assert words in run.flat
    assert "apply real" not in fleet.calls("localhost")


def test_a_laptop_obeys_the_window_and_the_group_of_its_rollout(tmp_path: Path) -> None:
    now = datetime.now(timezone.utc)
    opens = now + timedelta(hours=3)
    window = {"days": "all", "start": f"{opens:%H:%M}", "end": f"{opens + timedelta(hours=2):%H:%M}", "zone": "UTC"}
    fleet = _fleet(tmp_path, windows=[window], groups=[{"by": "team"}])
    given: dict[str, Any] = {"avshift_output_dir": str(tmp_path / "state"), "avshift_require_approval": False}
    run = fleet.run("pull", **given)
    assert (run.code, "group_incomplete" in run.text) == (2, True), run.text
    assert "team sales: 2 of its 3 hosts are not in this inventory (laptop2, laptop3)" in run.flat
    late = fleet.run("pull", **given, avshift_output_shared=True)
    assert late.code == 2
    assert "no window is open, the next opening is at" in late.flat, late.text
    assert "apply real" not in fleet.calls("localhost")
    record = json.loads((tmp_path / "state/records/laptop1.json").read_text(encoding="utf-8"))
    assert record["failure"]["code"] == "not_begun"
