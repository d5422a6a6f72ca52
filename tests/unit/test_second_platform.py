"""The engine plans, shows and reports a second system unchanged: nothing outside the system's room changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from abacus import ABACUS, PRODUCT
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import judge
from ansible_collections.avshift.endpoint.plugins.plugin_utils.carry_out import parts
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog.model import Catalog
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import make
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import Goal
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.plan import files
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import folder
from plans import VERSIONS, planned, wanted_of
from support import CATALOG

# The second system's product among all of the first's.
BOTH = Catalog(products=(*CATALOG.products, PRODUCT), providers=CATALOG.providers, antivirus=CATALOG.antivirus)
GOAL = Goal(True, accept=("confidence_below_confirmed",))
HOST = {"platform": "abacus", "system": "abacus", "version": "1", "family": ["abacus"], "machine_id": "a" * 32}
BEAD = {"id": "bead:red", "kind": "bead", "what": "red", "where": "first rod", "value": {}}
RUN = {"change_id": "CHG-1", "time": "2026-01-02T03:04:05Z", **VERSIONS}


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line through which the engine learns of a platform."""
    monkeypatch.setitem(platforms.ALL, ABACUS.name, ABACUS)


def _collected(*evidence: dict[str, Any]) -> dict[str, Any]:
    return {"host": HOST, "live": True, "evidence": list(evidence)}


def _plan(host: str = "abacus1", *, empty: bool = False) -> dict[str, Any]:
    seen = _collected() if empty else _collected(BEAD)
    return planned(GOAL, seen, host, BOTH)


def test_it_is_asked_its_own_questions_alone() -> None:
    assert make.probes_for(wanted_of(GOAL, HOST, BOTH)) == {"bead": ["red"]}
    others = make.probes_for(wanted_of(GOAL, catalog=BOTH))
    assert "bead" not in others
    assert "/frame/beads" not in others["path"]["paths"]


def test_it_is_planned() -> None:
    plan = _plan()
    assert [finding["id"] for finding in plan["findings"]] == ["beads"]
    assert [step["kind"] for step in plan["steps"]] == ["announce", "bead_slide", "finish"]
    assert plan["steps"][0]["effects"][0]["path"] == "/frame"
    assert not plan["blocked"]
    # Also where no kind of step could say it.
    empty = _plan(empty=True)
    assert empty["steps"] == []
    assert platforms.of_plan(plan) is platforms.of_plan(empty) is ABACUS


def test_its_plan_is_shown() -> None:
    whole = document.compose([("abacus1", _plan())], {}, VERSIONS)
    shown = files(whole)
    assert "Slide the red bead away" in shown["plan.md"]
    assert "On 1 host a bead may be stuck." in shown["plan.md"]
    assert "/frame/kept" in shown["plan.md"]


def test_its_plan_is_approved_sent_and_held_to() -> None:
    plan = _plan()
    grant = judge.Grant(document.compose([("abacus1", plan)], {}, VERSIONS))
    assert judge.judge(plan, grant).status == judge.APPROVED
    assert judge.judge(_plan(empty=True), grant).status == judge.NOTHING_TO_DO
    sent = parts.arguments(plan, "all", None, "CHG-1")["steps"]
    assert sent[0]["target"]["change_id"] == "CHG-1"


@pytest.mark.parametrize(("left", "verdict"), [((), "removed_verified"), ((BEAD,), "partially_removed")])
def test_what_came_of_it_is_reported(left: tuple[dict[str, Any], ...], verdict: str, tmp_path: Path) -> None:
    plan = _plan()
    collected = {**answer(platforms.evidence(_collected(*left)), BOTH), "removed_before": ["beads"]}
    outcomes = [
        {"id": step["id"], "title": step["title"], "outcome": "changed", "facts": {}, "seconds": 0.1}
        for step in plan["steps"]
    ]
    results = {
        "planned": {"plan": plan, "approval": {"status": "not_required", "difference": []}},
        "remove": {"steps": outcomes},
        "collected": collected,
        "proven": {"skipped": True},
    }
    record = runs.of_run("abacus1", "migrate", RUN, results)
    assert record["verdict"] == verdict
    records.write(records.path_of(f"{tmp_path}/records", "abacus1"), record)
    folder.make(f"{tmp_path}/records", f"{tmp_path}/report", ())
    told = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    (host,) = told["hosts"]
    assert (host["host"], host["verdict"], told["totals"]["platforms"]) == ("abacus1", verdict, {"abacus": 1})


def test_a_look_without_a_plan_is_reported_as_of_its_platform(tmp_path: Path) -> None:
    seen = answer(platforms.evidence(_collected(BEAD)), BOTH)
    records.write(tmp_path / "records/abacus1.json", runs.of_detection("abacus1", seen, RUN))
    folder.make(f"{tmp_path}/records", f"{tmp_path}/report", ())
    told = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert told["totals"]["platforms"] == {"abacus": 1}


def test_a_system_that_no_platform_is_for_is_refused() -> None:
    with pytest.raises(AvshiftError) as refused:
        platforms.of({"platform": "slide-rule"})
    assert refused.value.code == "platform_unknown"
