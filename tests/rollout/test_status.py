"""Where a rollout stands is shown wherever its folder lies now, and whatever has become of single files in it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from fleets import CLEAN, Fleet

NAMES = ["h0", "h1", "h2"]
GIVEN: dict[str, Any] = {"avshift_hosts": "all", "avshift_require_approval": False, "avshift_rollout": "100%"}


def test_a_folder_that_was_copied_and_damaged_is_shown(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, dict.fromkeys(NAMES, CLEAN))
    assert fleet.run("migrate", **GIVEN).code == 0
    shutil.move(fleet.out, tmp_path / "elsewhere")
    home = tmp_path / "elsewhere"
    whole = fleet.run("rollout_status", avshift_output_dir="elsewhere")
    assert whole.counted("3 hosts: 3 migrated, 0 failed, 0 unreachable, 0 not started") == 1, whole.text

    shutil.copy(home / "records/h0.json", home / "records/h1.json")
    (home / "records/h2.json").write_text('{"kind": "avshift.endpoint record", "format_version": 1}', encoding="utf-8")
    (home / "rollout/begun/ring-1").mkdir(parents=True, exist_ok=True)
    (home / "rollout/begun/ring-1/h0.json").write_text("{}", encoding="utf-8")
    damaged = fleet.run("rollout_status", avshift_output_dir="elsewhere")
    assert damaged.code == 0, damaged.text
    assert "3 hosts: 0 migrated, 2 failed, 0 unreachable, 0 not started, 1 interrupted" in damaged.flat
    assert "its record is that of h0" in damaged.flat
    assert "its record cannot be read" in damaged.flat
    again = fleet.run("migrate", **GIVEN, avshift_output_dir="elsewhere")
    assert again.code == 0, again.text
    assert fleet.run("rollout_status", avshift_output_dir="elsewhere").counted("3 hosts: 3 migrated, 0 failed") == 1


def test_a_run_on_a_few_hosts_leaves_the_others_in_the_standing(tmp_path: Path) -> None:
    """So do slices and other controllers that share the folder, of which the last to begin has its own hosts alone."""
    fleet = Fleet(tmp_path, dict.fromkeys(NAMES, CLEAN))
    assert fleet.run("plan", avshift_rollout="100%").code == 0
    approved = {"avshift_hosts": "all", "avshift_approved_plan": "avshift/plan/plan.json"}
    for host in NAMES[:2]:
        assert fleet.run("migrate", "--limit", host, **approved).code == 0
    status = fleet.run("rollout_status")
    assert status.counted("3 hosts: 2 migrated, 0 failed, 0 unreachable, 1 not started") == 1, status.text
    # The same where a run means a few alone: its own command would not go on with the others.
    assert fleet.run("migrate", **{**approved, "avshift_hosts": "h0"}).code == 0
    for given in ({}, {"avshift_approved_plan": approved["avshift_approved_plan"]}):
        status = fleet.run("rollout_status", **given)
        assert status.counted("3 hosts: 2 migrated, 0 failed, 0 unreachable, 1 not started") == 1, status.text
        assert "avshift_hosts=HOSTS -e avshift_approved_plan=avshift/plan/plan.json" in status.flat, status.text


def test_a_ring_that_no_gate_asks_for_is_named(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, dict.fromkeys(NAMES, CLEAN))
    assert fleet.run("plan", avshift_rollout="1").code == 0
    plan = json.loads((fleet.out / "plan/plan.json").read_text(encoding="utf-8"))
    last = plan["rollout"]["rings"][-1]["hosts"]
    approved = {"avshift_approved_plan": "avshift/plan/plan.json"}
    waiting = fleet.run("migrate", "--limit", ",".join(last), avshift_hosts="all", **approved)
    assert "of ring pilot are not finished" in waiting.flat, waiting.text
    run = fleet.run("migrate", avshift_hosts=last, **approved)
    assert "No gate asks for the plan's rings pilot: avshift_hosts has none of their hosts." in run.flat, run.text
    assert run.code == 0


def test_hosts_are_named_by_a_list_too(tmp_path: Path, each_core: Path | None) -> None:
    fleet = Fleet(tmp_path, dict.fromkeys(NAMES, CLEAN), each_core)
    given: dict[str, Any] = {"avshift_hosts": ["h0", "h2*"]}
    for playbook in ("detect", "plan", "migrate"):
        fleet.forget()
        more = {**GIVEN, **given} if playbook == "migrate" else given
        run = fleet.run(playbook, **more)
        assert (run.code, fleet.asked()) == (0, ["h0", "h2"]), run.text
