"""Who else protects a host is named in plan and report, and a conflict is refused until its ID is accepted."""

from __future__ import annotations

import csv
import html
import json
from collections.abc import Iterable
from typing import Any

import pytest
from integration import lab, providers
from integration.playbooks import playbook
from integration.providers import UNACCEPTED

BESIDE = [host for host in providers.wanted() if providers.load(host).beside]
CONFLICTING = [host for host in BESIDE if providers.load(host).accept]
# The other vendor's package, its unit, and what its traces are by the system's own words.
OTHERS = {
    "beside-module": ("ds-agent", "ds_agent.service", ("find", "/lib/modules", "-name", "tmhook.ko")),
    "beside-ebpf": ("falcon-sensor", "falcon-sensor.service", ("pgrep", "--full", "^/opt/CrowdStrike/falcon-sensor")),
}


def _said_of_others(plan: dict[str, Any]) -> dict[str, str]:
    ids = ("conflicting_antivirus", "other_antivirus")
    return {check["id"]: check["diagnosis"] for check in plan["preflight"] if check["id"] in ids}


def _rows(host: str, lines: Iterable[str]) -> list[dict[str, str]]:
    return [row for row in csv.DictReader(lines) if row["host"] == host]


@pytest.fixture(scope="module")
def reported(runs: dict[str, Any]) -> None:
    """The migration's records have been made a report."""
    said = playbook("report", "-e", "avshift_report_dir=reported", folder=lab.EVIDENCE)
    assert said.returncode == 0, said.text


@pytest.mark.parametrize("host", BESIDE)
def test_plan_and_report_name_it(host: str, reported: None) -> None:
    beside = providers.load(host).beside
    record = json.loads((lab.EVIDENCE / f"avshift/records/{host}.json").read_text(encoding="utf-8"))
    wanted = "conflicting_antivirus" if host in CONFLICTING else "other_antivirus"
    assert beside in _said_of_others(record["plan"])[wanted]
    for path in (lab.EVIDENCE / "avshift/plan/plan.md", lab.EVIDENCE / "reported/report.md"):
        text = html.unescape(path.read_text(encoding="utf-8").replace("\\", ""))
        assert beside.partition(" (")[0] in text, path
    with (lab.EVIDENCE / "reported/report.csv").open(encoding="utf-8", newline="") as lines:
        assert [beside in row["other vendors' products"] for row in _rows(host, lines)] == [True]


@pytest.mark.parametrize("host", BESIDE)
def test_it_is_left_as_it_is(host: str, runs: dict[str, Any]) -> None:
    package, unit, traces = OTHERS[host]
    assert "install ok installed" in lab.must(host, "dpkg-query", "--show", "--showformat=${Status}", package)
    assert lab.must(host, "systemctl", "is-active", unit).strip() == "active"
    assert lab.must(host, *traces).strip()


@pytest.mark.parametrize("host", CONFLICTING)
def test_a_conflict_is_refused_and_nothing_is_changed(host: str, runs: dict[str, Any]) -> None:
    plan = json.loads((lab.EVIDENCE / UNACCEPTED / "plan/plan.json").read_text(encoding="utf-8"))
    assert plan["classes"][plan["hosts"][host]["digest"]]["blocked"] is True
    record = json.loads((lab.EVIDENCE / UNACCEPTED / f"records/{host}.json").read_text(encoding="utf-8"))
    assert (record["verdict"], record["failure"]["code"]) == ("refused", "plan_blocked")
    assert "conflicting_antivirus" in record["failure"]["message"]
    assert lab.observed(UNACCEPTED, host).files == lab.observed("before", host).files
