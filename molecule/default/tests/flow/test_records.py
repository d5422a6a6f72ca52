"""What the controller knows about each host after plan, migrate, migrate again, verify and report."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from integration import lab

VERDICTS = {
    "full": "removed_verified",
    "agent": "removed_verified",
    "leftovers": "removed_verified",
    "clean": "never_present",
}
FOLDERS = ("first-records", "avshift/records", "avshift/verify")
CLEAN_TASKS = 3


def _record(folder: str, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((lab.EVIDENCE / folder / f"{name}.json").read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_verdict_stays(folder: str, name: str) -> None:
    assert _record(folder, name)["verdict"] == VERDICTS[name]


def test_the_unprotected_window_was_measured_where_protection_was_handed_over() -> None:
    # There is none if the new scanner was up before the old one stopped.
    assert 0 <= _record("first-records", "full")["window_seconds"] < 10


def test_planning_a_clean_host_takes_at_most_three_task_results() -> None:
    recap = re.search(r"^clean\s+:.*$", (lab.EVIDENCE / "plan.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert recap is not None
    assert 0 < sum(map(int, re.findall(r"=(\d+)", recap.group().replace("changed=", "")))) <= CLEAN_TASKS


def test_the_report_has_every_host_with_its_verdict() -> None:
    unescaped = (lab.EVIDENCE / "avshift/report/report.md").read_text(encoding="utf-8").replace("\\", "")
    assert [name for name in lab.HOSTS if f"| {name} | {VERDICTS[name]} |" not in unescaped] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_host_is_silent_by_its_record(folder: str, name: str) -> None:
    heard = _record(folder, name)["verification"]["collected"]["silence"]
    assert heard["result"] == "silent", heard["signs"]


def test_the_report_counts_the_silent_hosts() -> None:
    folder = lab.EVIDENCE / "avshift/report"
    assert json.loads((folder / "report.json").read_text(encoding="utf-8"))["totals"]["silence"] == {
        "silent": len(lab.HOSTS)
    }
    assert "## Silence towards Kaspersky" in (folder / "report.md").read_text(encoding="utf-8")
    assert 'id="silence"' in (folder / "report.html").read_text(encoding="utf-8")
