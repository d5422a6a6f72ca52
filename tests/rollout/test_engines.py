"""The playbooks as other engines run them: nothing that a job writes is lost, and its numbers reach the next one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import engines
from cores import FULL
from fleets import AGENT, BROKEN, CLEAN, Fleet

ALL: dict[str, Any] = {"avshift_hosts": "all", "avshift_rollout": "100%"}
NAMES = [f"h{number:02}" for number in range(6)]
# As AWX slices an inventory: every third host by name.
SLICES = {f"slice{first}": NAMES[first::3] for first in range(3)}
# Bytes. What is passed on becomes a variable of every later job.
SMALL = 500


def _collected(jobs: list[engines.Job], folder: str, home: Path) -> list[str]:
    """Merge the records of jobs by copying, as anyone who merges slices does, and return their hosts."""
    for job in jobs:
        shutil.copytree(job.artifacts / "avshift" / folder, home, dirs_exist_ok=True)
    return sorted(path.stem for path in home.glob("*.json"))


def _small(stats: dict[str, Any]) -> dict[str, Any]:
    assert len(json.dumps(stats)) < SMALL
    return stats


def test_records_of_three_workers_are_all_at_home(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, {name: AGENT if name == "h03" else CLEAN for name in NAMES})
    jobs = engines.by_workers(fleet, "detect", SLICES)
    assert [job.code for job in jobs] == [0, 0, 0], [job.text for job in jobs]
    assert [list(job.records("detect")) for job in jobs] == list(SLICES.values())
    assert [_small(job.stats) for job in jobs] == [
        {"avshift_detect_result": {"verdicts": {"never_present": 1, "detected": 1}}},
        {"avshift_detect_result": {"verdicts": {"never_present": 2}}},
        {"avshift_detect_result": {"verdicts": {"never_present": 2}}},
    ]
    assert _collected(jobs, "detect", tmp_path / "home") == NAMES


def test_a_job_that_fails_passes_its_plan_s_digest_and_counts_on(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, {"h00": AGENT, "h01": BROKEN})
    job = engines.run(fleet, "plan")
    plan = json.loads((job.artifacts / "avshift/plan/plan.json").read_text(encoding="utf-8"))
    assert job.code == 2, job.text
    told = {"digest": plan["digest"], "hosts": {"planned": 1, "not_planned": 1}}
    assert _small(job.stats) == {"avshift_plan_result": told}
    assert list(job.records("plan/records")) == ["h00", "h01"]


if FULL:

    def test_three_workers_migrate_and_a_report_of_all_their_records_is_made(tmp_path: Path) -> None:
        fleet = Fleet(tmp_path, dict.fromkeys(NAMES, AGENT) | {"h05": BROKEN})
        jobs = engines.by_workers(fleet, "migrate", SLICES, **ALL, avshift_require_approval=False)
        assert [job.code for job in jobs] == [0, 0, 2], [job.text for job in jobs]
        passed = [_small(job.stats)["avshift_migrate_result"] for job in jobs]
        assert [one["hosts"]["migrated"] for one in passed] == [2, 2, 1]
        assert {one["gate"] for one in passed} == {"continue"}
        home = tmp_path / "home"
        assert _collected(jobs, "records", home) == NAMES
        reported = engines.run(fleet, "report", "report", avshift_records_dir=str(home))
        # A simulated host has no journal that would say that it ever had anything.
        assert _small(reported.stats) == {"avshift_report_result": {"verdicts": {"never_present": 5, "unknown": 1}}}
        content = json.loads((reported.artifacts / "avshift/report/report.json").read_text(encoding="utf-8"))
        assert content["totals"]["hosts"] == len(NAMES)

    def test_a_ring_that_does_not_begin_is_passed_on_as_a_stop(tmp_path: Path) -> None:
        fleet = Fleet(tmp_path, dict.fromkeys(NAMES, CLEAN) | {"h00": BROKEN})
        job = engines.run(fleet, "migrate", avshift_hosts="all", avshift_rollout="1", avshift_require_approval=False)
        assert job.code == 2
        passed = _small(job.stats)["avshift_migrate_result"]
        assert (passed["gate"], passed["hosts"]["not_begun"]) == ("stop", 5)
        assert sorted(job.records("records")) == NAMES
