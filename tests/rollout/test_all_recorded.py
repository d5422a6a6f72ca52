"""One mixed fleet through every playbook: two Linux hosts, the recorded Windows hosts, and one unreachable host."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from fleets import AGENT, UNREACHABLE, WINDOWS, Fleet, Run
from openpyxl import load_workbook
from support import load_yaml
from windows_hosts import HOME, HOSTS

LINUX, AWAY = ("linux-1", "linux-2"), "out-of-reach"
ALL: dict[str, Any] = {"avshift_hosts": "all"}
# Rings of one host each: if Windows hosts were in them, the first ring would have no Linux host.
ROLLOUT = {"rings": [1, 1], "gate": {"min_clean": "100%"}}
FORECAST = ("unknown", "windows_forecast_only")
# A host without any of the vendor's software is looked at once.
TWICE = ("consumer", "half-removed", "installed", "server")
LOOKED = {host: ["look"] * (2 if host in TWICE else 1) for host in HOSTS}
UNTOUCHED: dict[str, list[str]] = {host: [] for host in HOSTS}
APPROVED = "avshift/plan/plan.json"


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Return the fleet: each Windows host has the name of its recording."""
    made = Fleet(tmp_path, {**dict.fromkeys(HOSTS, WINDOWS), **dict.fromkeys(LINUX, AGENT), AWAY: UNREACHABLE})
    for host in HOSTS:
        made.is_recorded(host, host)
    return made


def _stated(host: str) -> str:
    """Return the verdict of a look at a recorded host, from the expectations beside its recording."""
    stated = load_yaml(HOME / host / "expect.yml")
    return "detected" if stated["expect"] else "never_present" if stated["complete"] else "unknown"


def _calls(fleet: Fleet) -> dict[str, list[str]]:
    """Return what the Windows hosts were asked since the last call of this."""
    calls = {host: fleet.calls(host) for host in HOSTS}
    fleet.forget()
    return calls


def test_a_mixed_fleet_goes_through_every_playbook(fleet: Fleet) -> None:
    stated = {host: (_stated(host), None) for host in HOSTS}
    counted = Counter(verdict for verdict, _code in stated.values())
    assert len(HOSTS) == 10 and set(counted) == {"detected", "never_present", "unknown"}

    detected = fleet.run("detect", **ALL)
    assert _of_windows(fleet, "detect") == stated, detected.text
    assert _calls(fleet) == LOOKED
    assert fleet.records("detect")[AWAY] == ("unknown", "unreachable")

    planned = fleet.run("plan", avshift_rollout=ROLLOUT, **ALL)
    _check_plan(fleet, planned)
    asked = _calls(fleet)
    assert {call for calls in asked.values() for call in calls} == {"look"} and all(asked.values())

    migrated = fleet.run("migrate", avshift_approved_plan=APPROVED, **ALL)
    assert _calls(fleet) == UNTOUCHED
    assert migrated.counted("13 hosts: 2 migrated, 0 failed, 1 unreachable, 0 not started, 10 only looked at") == 1
    # Only the unreachable host makes the run fail.
    assert migrated.code == 2 and migrated.why("clean") == []
    assert re.findall(r"^(pilot|ring-2) +(\d+) +(\d+) ", migrated.text, re.MULTILINE) == [
        ("pilot", "1", "1"),
        ("ring-2", "1", "1"),
    ]
    expected = {**dict.fromkeys(HOSTS, FORECAST), **dict.fromkeys(LINUX, ("never_present", None))}
    assert fleet.records() == {**expected, AWAY: ("unknown", "unreachable")}

    verified = fleet.run("verify", avshift_provider="none", **ALL)
    assert _of_windows(fleet, "verify") == stated, verified.text
    assert _calls(fleet) == LOOKED and verified.code == 2
    assert [host for host in fleet.hosts if verified.why(host)] == [AWAY]

    reported = fleet.run("report", avshift_records_dir="avshift/verify")
    assert reported.code == 0, reported.text
    assert reported.counted("13 hosts, 2 clean: 2 never_present, 1 unknown") == 1
    told = ", ".join(f"{number} {verdict}" for verdict, number in sorted(counted.items()))
    assert reported.counted(f"10 only looked at (preview, counted separately): {told}") == 1
    assert reported.counted("Platforms: 2 Linux, 1 Unknown, 10 Windows") == 1
    _check_documents(fleet, {**{host: verdict for host, (verdict, _code) in stated.items()}, AWAY: "unknown"})


def test_a_fleet_within_its_limits_but_for_windows_hosts_ends_well(fleet: Fleet) -> None:
    """Without the unreachable host, ten hosts that were not migrated are no failure of the run."""
    mixed = f"all:!{AWAY}"
    run = fleet.run("migrate", avshift_require_approval=False, avshift_rollout=ROLLOUT, avshift_hosts=mixed)
    assert run.code == 0, run.text
    assert run.counted("12 hosts: 2 migrated, 0 failed, 0 unreachable, 0 not started, 10 only looked at") == 1
    assert _calls(fleet) == UNTOUCHED


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
    calls = _calls(fleet)
    assert [len(calls[host]) for host in ("others", "installed", "clean", "denied")] == [1, 2, 1, 0]


def _of_windows(fleet: Fleet, folder: str) -> dict[str, tuple[str, str | None]]:
    return {host: found for host, found in fleet.records(folder).items() if host in HOSTS}


def _check_plan(fleet: Fleet, planned: Run) -> None:
    """Check that each Windows host has its forecast, with the expected steps, and is in no ring."""
    plan = json.loads((fleet.out / "plan/plan.json").read_text(encoding="utf-8"))
    assert (sorted(plan["hosts"]), sorted(plan["not_planned"])) == (list(LINUX), [AWAY]), planned.text
    # The first screen, and the whole document.
    assert planned.counted("Platforms: 10 Windows, 2 Linux.") == 1
    assert "Platforms: 10 Windows, 2 Linux." in (fleet.out / "plan/plan.md").read_text(encoding="utf-8")
    classes = plan["forecasts"]["classes"]
    assert sorted(plan["forecasts"]["hosts"]) == HOSTS
    for host in HOSTS:
        stated, told = load_yaml(HOME / host / "expect.yml"), classes[plan["forecasts"]["hosts"][host]["class"]]
        assert [found["id"] for found in told["findings"]] == [found["id"] for found in stated["expect"]]
        # The expected steps are those of the host's disk, which refuses nothing.
        steps = [] if "disk" in stated else stated["forecast"]["steps"]
        assert [step["kind"] for step in told["steps"]] == steps, host
    assert planned.code == 2


def _check_documents(fleet: Fleet, verdicts: dict[str, str]) -> None:
    """Check that each document has all hosts with their verdicts, read by third-party readers."""
    report, expected = fleet.out / "report", {**verdicts, **dict.fromkeys(LINUX, "never_present")}
    with (report / "report.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["host"]: row["verdict"] for row in rows} == expected
    assert {row["host"] for row in rows if row["preview"] == "yes"} == set(HOSTS)
    sheet = next(sheet for sheet in load_workbook(report / "report.xlsx") if sheet["A1"].value == "host")
    assert {row[0]: row[1] for row in sheet.iter_rows(min_row=2, values_only=True)} == expected
    suite = ElementTree.parse(report / "junit.xml").getroot()[0]
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "13",
        "failures": "0",
        "errors": "1",
        "skipped": "10",
    }
    assert {test.get("name") for test in suite if test.find("skipped") is not None} == set(HOSTS)
    oscal = json.loads((report / "oscal-assessment-results.json").read_text(encoding="utf-8"))
    items = oscal["assessment-results"]["results"][0]["local-definitions"]["inventory-items"]
    told = {item["description"]: {one["name"]: one["value"] for one in item["props"]} for item in items}
    assert {host: props["verdict"] for host, props in told.items()} == expected
    assert {host for host, props in told.items() if props.get("platform") == "windows"} == set(HOSTS)
