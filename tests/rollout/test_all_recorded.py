"""One mixed fleet through every playbook: two Linux hosts, the recorded Windows hosts, and one unreachable host."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import mixed
import pytest
from fleets import Fleet
from mixed import ALL, APPROVED, AWAY, ROLLOUT
from windows_hosts import HOSTS


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Return the fleet."""
    return mixed.made(tmp_path)


def test_a_mixed_fleet_goes_through_every_playbook(fleet: Fleet) -> None:
    counted = Counter(mixed.stated().values())
    assert len(HOSTS) == 10 and set(counted) == {"detected", "never_present", "unknown"}

    detected = fleet.run("detect", **ALL)
    mixed.check_looked_at(fleet, "detect", detected)
    assert fleet.records("detect")[AWAY] == ("unknown", "unreachable")
    mixed.check_plan(fleet, fleet.run("plan", avshift_rollout=ROLLOUT, **ALL))
    mixed.check_migrated(fleet, fleet.run("migrate", avshift_approved_plan=APPROVED, **ALL), "never_present")

    verified = fleet.run("verify", avshift_provider="none", **ALL)
    mixed.check_looked_at(fleet, "verify", verified)
    assert verified.code == 2
    assert [host for host in fleet.hosts if verified.why(host)] == [AWAY]

    reported = fleet.run("report", avshift_records_dir="avshift/verify")
    mixed.check_reported(reported, "never_present")
    mixed.check_documents(fleet.out / "report", "never_present")


def test_a_fleet_within_its_limits_but_for_windows_hosts_ends_well(fleet: Fleet) -> None:
    """Without the unreachable host, ten hosts that were not migrated are no failure of the run."""
    without = f"all:!{AWAY}"
    run = fleet.run("migrate", avshift_require_approval=False, avshift_rollout=ROLLOUT, avshift_hosts=without)
    assert run.code == 0, run.text
    assert run.counted("12 hosts: 2 migrated, 0 failed, 0 unreachable, 0 not started, 10 only looked at") == 1
    assert mixed.calls(fleet) == mixed.UNTOUCHED


def test_scanners_of_windows_hosts_are_found(fleet: Fleet) -> None:
    task = {"avshift.endpoint.antivirus_info": {}, "register": "seen"}
    told = {"ansible.builtin.debug": {"msg": "{{ seen.antivirus | map(attribute='id') | sort | join(' ') }}"}}
    play = [{"hosts": "others,installed,clean", "gather_facts": False, "tasks": [task, told]}]
    (fleet.folder / "scanners.yml").write_text(json.dumps(play), encoding="utf-8")
    run = fleet.run("scanners.yml")
    assert run.code == 0, run.text
    found = dict(re.findall(r'^ok: \[(.+?)\] => \{\s*"msg": "(.*?)"', run.text, re.MULTILINE))
    assert found["installed"] == "kes_windows network_agent_windows" and found["clean"] == ""
    assert found["others"] == "defender_windows eset_windows"
    calls = mixed.calls(fleet)
    assert [len(calls[host]) for host in ("others", "installed", "clean", "denied")] == [1, 2, 1, 0]
