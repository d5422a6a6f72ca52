"""The mixed fleet of two Linux hosts, the recorded Windows hosts and an unreachable host, and its documents."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from fleets import AGENT, UNREACHABLE, WINDOWS, Fleet, Run
from openpyxl import load_workbook
from support import load_yaml
from trestle.oscal.assessment_results import AssessmentResults
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
ANSWERED, RECORDED = "10 Windows, 2 Linux", "2 Linux, 1 Unknown, 10 Windows"


def made(folder: Path) -> Fleet:
    """Return the fleet: its Linux hosts are scripts, and each Windows host has the name of its recording."""
    fleet = Fleet(folder, {**dict.fromkeys(HOSTS, WINDOWS), **dict.fromkeys(LINUX, AGENT), AWAY: UNREACHABLE})
    for host in HOSTS:
        fleet.is_recorded(host, host)
    return fleet


def stated() -> dict[str, str]:
    """Return the verdict of a look at each recorded host, from the expectations beside its recording."""
    told = {host: load_yaml(HOME / host / "expect.yml") for host in HOSTS}
    return {
        host: "detected" if one["expect"] else "never_present" if one["complete"] else "unknown"
        for host, one in told.items()
    }


def calls(fleet: Fleet) -> dict[str, list[str]]:
    """Return what the Windows hosts were asked since the last call of this."""
    found = {host: fleet.calls(host) for host in HOSTS}
    fleet.forget()
    return found


def check_looked_at(fleet: Fleet, folder: str, run: Run) -> None:
    """Check that each Windows host was looked at, and has the expected verdict."""
    found = {host: one for host, one in fleet.records(folder).items() if host in HOSTS}
    assert found == {host: (verdict, None) for host, verdict in stated().items()}, run.text
    assert calls(fleet) == LOOKED


def check_plan(fleet: Fleet, planned: Run) -> None:
    """Check that each Windows host has its forecast, with the expected steps, and is in no ring."""
    plan = json.loads((fleet.out / "plan/plan.json").read_text(encoding="utf-8"))
    assert (sorted(plan["hosts"]), sorted(plan["not_planned"])) == (list(LINUX), [AWAY]), planned.text
    assert planned.counted(f"Platforms: {ANSWERED}.") == 1
    assert _platforms(fleet.out / "plan/plan.html") == [ANSWERED]
    assert f"Platforms: {ANSWERED}." in (fleet.out / "plan/plan.md").read_text(encoding="utf-8")
    rows = {row["host"]: row for row in _table(fleet.out / "plan/plan.csv")}
    assert {host: rows[host]["verdict_now"] for host in HOSTS} == stated()
    # No other host is called free of the vendor's software, least of all one that refuses to be read.
    free = {host for host, row in rows.items() if row["found"] == "no Kaspersky software"}
    assert free == {host for host, verdict in stated().items() if verdict == "never_present"}
    classes = plan["forecasts"]["classes"]
    assert sorted(plan["forecasts"]["hosts"]) == HOSTS
    for host in HOSTS:
        expected, told = load_yaml(HOME / host / "expect.yml"), classes[plan["forecasts"]["hosts"][host]["class"]]
        assert [found["id"] for found in told["findings"]] == [found["id"] for found in expected["expect"]]
        # The expected steps are those of the host's disk, which refuses nothing.
        steps = [] if "disk" in expected else expected["forecast"]["steps"]
        assert [step["kind"] for step in told["steps"]] == steps, host
    assert planned.code == 2
    asked = calls(fleet)
    assert {call for made in asked.values() for call in made} == {"look"} and all(asked.values())


def check_migrated(fleet: Fleet, migrated: Run, verdict: str) -> None:
    """Check that the Linux hosts were migrated in their rings, and that no Windows host was asked anything."""
    assert calls(fleet) == UNTOUCHED
    counted = "13 hosts: 2 migrated, 0 failed, 1 unreachable, 0 not started, 10 only looked at"
    assert migrated.counted(counted) == 1, migrated.text
    # Only the unreachable host makes the run fail.
    assert migrated.code == 2 and migrated.why("clean") == []
    assert re.findall(r"^(pilot|ring-2) +(\d+) +(\d+) ", migrated.text, re.MULTILINE) == [
        ("pilot", "1", "1"),
        ("ring-2", "1", "1"),
    ]
    expected = {**dict.fromkeys(HOSTS, FORECAST), **dict.fromkeys(LINUX, (verdict, None))}
    assert fleet.records() == {**expected, AWAY: ("unknown", "unreachable")}


def check_reported(reported: Run, linux: str) -> None:
    """Check what a report prints: how many hosts have which verdict, and how many are of which platform."""
    assert reported.code == 0, reported.text
    told = ", ".join(f"{number} {verdict}" for verdict, number in sorted(Counter(stated().values()).items()))
    assert reported.counted(f"13 hosts, 2 clean: 2 {linux}, 1 unknown") == 1, reported.text
    assert reported.counted(f"10 only looked at (preview, counted separately): {told}") == 1
    assert reported.counted(f"Platforms: {RECORDED}") == 1


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _platforms(path: Path) -> list[str]:
    """Return what a page says of platforms in figures before its first table."""
    page = path.read_text(encoding="utf-8")
    return re.findall(r"<dt>Platforms</dt><dd><b>(.+?)</b>", page.partition("<table")[0])


def check_documents(report: Path, linux: str) -> None:
    """Check that each document has all hosts with their verdicts, read by third-party readers."""
    expected = {**stated(), AWAY: "unknown", **dict.fromkeys(LINUX, linux)}
    assert _platforms(report / "report.html") == [RECORDED]
    _check_tables(report, expected)
    _check_suite(report)
    (result,) = AssessmentResults.oscal_read(report / "oscal-assessment-results.json").results
    items = result.local_definitions.inventory_items
    told = {item.description: {one.name: one.value for one in item.props} for item in items}
    assert {host: props["verdict"] for host, props in told.items()} == expected
    platforms = {**dict.fromkeys(HOSTS, "windows"), **dict.fromkeys(LINUX, "linux"), AWAY: "unknown"}
    assert {host: props["platform"] for host, props in told.items()} == platforms


def _check_tables(report: Path, expected: Mapping[str, str]) -> None:
    rows = _table(report / "report.csv")
    assert {row["host"]: row["verdict"] for row in rows} == expected
    assert {row["host"] for row in rows if row["preview"] == "yes"} == set(HOSTS)
    sheet = next(sheet for sheet in load_workbook(report / "report.xlsx") if sheet["A1"].value == "host")
    assert {row[0]: row[1] for row in sheet.iter_rows(min_row=2, values_only=True)} == expected


def _check_suite(report: Path) -> None:
    suite = ElementTree.parse(report / "junit.xml").getroot()[0]
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "13",
        "failures": "0",
        "errors": "1",
        "skipped": "10",
    }
    assert {test.get("name") for test in suite if test.find("skipped") is not None} == set(HOSTS)
    assert [test.get("name") for test in suite if test.find("error") is not None] == [AWAY]
    assert {test.get("name") for test in suite if len(test) == 0} == set(LINUX)
