"""Slices as AWX makes them: every n-th host, all at the same time, each with its own controller."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from cores import FULL
from fleets import AGENT, BROKEN, CLEAN, Fleet, Run

SLICES = 4
NAMES = [f"h{number:02}" for number in range(40 if FULL else 8)]


def _sliced(fleet: Fleet, **given: Any) -> list[Run]:
    """Migrate all slices of a fleet at the same time; ``{slice}`` in a text is the number of the slice."""
    whole = yaml.safe_load((fleet.folder / "inventory.yml").read_text(encoding="utf-8"))

    def migrated(first: int) -> Run:
        hosts = {host: whole["all"]["hosts"][host] for host in list(fleet.hosts)[first::SLICES]}
        path = fleet.folder / f"slice{first}.yml"
        path.write_text(yaml.safe_dump({"all": {**whole["all"], "hosts": hosts}}), encoding="utf-8")
        told = json.dumps(given).replace("{slice}", str(first))
        return fleet.run_as(["-i", path.name, "avshift.endpoint.migrate", "-e", told])

    with ThreadPoolExecutor(SLICES) as workers:
        return list(workers.map(migrated, range(SLICES)))


def _report(fleet: Fleet, folder: str) -> dict[str, Any]:
    """Return the report of a folder of records, without what differs from run to run."""
    home = fleet.folder / "made" / folder.replace("/", "-")
    run = fleet.run("report", avshift_records_dir=folder, avshift_report_dir=str(home))
    assert run.code == 0, run.text
    content = json.loads((home / "report.json").read_text(encoding="utf-8"))
    text = json.dumps(content).replace(str(fleet.folder), "HOME")
    return dict(_alike(json.loads(text)))


def _alike(content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if key in ("time", "run", "file", "oldest", "newest"):
            continue
        if isinstance(value, list):
            yield key, [dict(_alike(one)) if isinstance(one, dict) else one for one in value]
        else:
            yield key, dict(_alike(value)) if isinstance(value, dict) else value


def test_one_controller_and_four_slices_give_the_same_report(tmp_path: Path) -> None:
    kinds = {host: (AGENT, CLEAN, AGENT, BROKEN)[number % 4] for number, host in enumerate(NAMES)}
    given: dict[str, Any] = {"avshift_hosts": "all", "avshift_rollout": "100%", "avshift_require_approval": False}
    alone, apart = Fleet(tmp_path / "alone", kinds), Fleet(tmp_path / "apart", kinds)
    assert alone.run("migrate", **given).code == 2
    runs = _sliced(apart, **given, avshift_output_dir="slice{slice}")
    assert sorted(run.code for run in runs) == [0, 0, 0, 2], [run.text for run in runs]
    for first in range(SLICES):
        shutil.copytree(apart.folder / f"slice{first}" / "records", apart.folder / "all" / f"slice{first}")
    one, four = _report(alone, "avshift/records"), _report(apart, "all")
    assert four["hosts"] == one["hosts"]
    assert four == one
    assert (one["totals"]["hosts"], one["totals"]["named_twice"]) == (len(NAMES), [])


@pytest.mark.skipif(not FULL, reason="it takes some minutes: AVSHIFT_ROLLOUT_SET=full")
def test_of_a_cluster_one_at_a_time_two_are_never_away_in_four_slices(tmp_path: Path) -> None:
    """Every n-th host is in another slice, so that all slices have members at the same time; each is run until done."""
    members = NAMES[:10]
    fleet = Fleet(tmp_path, dict.fromkeys(NAMES[:20], AGENT))
    fleet.set_variables({host: {"cluster": "db"} for host in members})
    fleet.slow(*members)
    assert fleet.run("plan", avshift_rollout={"rings": ["100%"], "groups": [{"by": "cluster"}]}).code == 0
    given = {"avshift_hosts": "all", "avshift_approved_plan": "avshift/plan/plan.json", "avshift_output_shared": True}
    waited = 0
    for _time in members:
        runs = _sliced(fleet, **given)
        if {run.code for run in runs} == {0}:
            break
        waited += sum("not_begun" in run.text for run in runs if run.code)
    assert {run.code for run in runs} == {0}, [run.text for run in runs]
    assert waited > 0, "no two members met, so nothing was tried"
    # By the hosts' own journals.
    spans = sorted(fleet.away(host) for host in members)
    assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(spans)), spans
