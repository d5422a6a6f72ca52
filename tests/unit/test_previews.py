"""Hosts that are only looked at: their verdicts are counted separately, and are never clean."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import forecasts
import openpyxl
import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import preview, records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import detection, next_steps
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.plan import forecasts as foretold
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import folder
from plans import VERSIONS
from schemas import problems
from support import CATALOG, REPOSITORY, load_yaml
from windows_cases import collected

RUN = {"change_id": "", "time": "2026-01-02T03:04:05Z", **VERSIONS}
CLIENT = load_yaml(REPOSITORY / "tests/fixtures/windows_forecasts/client.yml")
CASES: dict[str, dict[str, Any]] = {
    "detected": CLIENT,
    "never_present": {"windows": {}},
    "unknown": {"windows": {"denied": ["uninstall64"]}},
}


def _looked(case: dict[str, Any]) -> dict[str, Any]:
    told = answer(platforms.evidence(collected(case, CATALOG)), CATALOG)
    return {**told, "preview": "windows"}


def _verified(host: str, case: dict[str, Any], before: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return runs.of_preview(host, "verify", RUN, {"collected": _looked(case)}, before or [])


@pytest.mark.parametrize("word", sorted(CASES))
def test_a_look_gives_one_of_three_verdicts_and_is_marked(word: str) -> None:
    for record in (_verified("h", CASES[word]), runs.of_detection("h", _looked(CASES[word]), RUN)):
        assert (record["verdict"], record["preview"]["platform"]) == (word, "windows")
        assert problems("record", record) == []
        assert not runs.succeeded(record)


def test_what_was_found_before_and_is_gone_is_unknown_for_good() -> None:
    found = runs.of_detection("h", _looked(CLIENT), RUN)
    gone = _verified("h", CASES["never_present"], [found])
    assert (gone["verdict"], gone["preview"]["found_before"]) == ("unknown", ["kes_windows"])
    # The record of the look that found it may have been overwritten since.
    assert _verified("h", CASES["never_present"], [gone])["verdict"] == "unknown"
    clean = _verified("h", CASES["never_present"])
    assert _verified("h", CASES["never_present"], [clean])["verdict"] == "never_present"


def test_a_forecast_of_an_earlier_plan_counts_as_found_before() -> None:
    planned = runs.of_plan("h", {"forecast": "x", "foretold": forecasts.of_case(CLIENT["windows"])}, RUN)
    assert preview.found_before([planned]) == ["kes_windows"]


@pytest.mark.parametrize("place", ["detect", "plan/records", "records", "verify"])
def test_earlier_records_are_those_beside_the_folder(place: str, tmp_path: Path) -> None:
    record = runs.of_detection("h", _looked(CLIENT), RUN)
    records.write(records.path_of(str(tmp_path / place), "h"), record)
    records.write(records.path_of(str(tmp_path / "verify"), "other"), {**record, "host": "other"})
    assert [one["verdict"] for one in records.earlier(str(tmp_path / "verify"), "h")] == ["detected"]


def test_a_host_without_an_answer_is_no_preview() -> None:
    assert not runs.is_forecast({"collected": {"unreachable": True, "msg": "no connection"}})
    assert runs.is_forecast({"planned": {"forecast": "windows_forecast_only"}})


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """The report of three Windows hosts, one of which migrate left out, and of a Linux host that was never infected."""
    linux = {
        "platform": "linux",
        "findings": [],
        "evidence": [],
        "unknowns": [],
        "complete": True,
        "removed_before": [],
        "earlier_runs": [],
    }
    planned = {"forecast": "windows_forecast_only", "platform": "windows"}
    made = [
        _verified("w1", CLIENT),
        _verified("w2", CASES["never_present"]),
        runs.of_preview("w3", "migrate", RUN, {"planned": planned}, []),
        runs.of_run("l1", "verify", RUN, {"collected": linux, "proven": {"skipped": True}}),
    ]
    for record in made:
        records.write(records.path_of(str(tmp_path / "verify"), record["host"]), record)
    folder.make(str(tmp_path / "verify"), str(tmp_path / "report"), ())
    return tmp_path / "report"


def test_totals_count_previews_apart_from_clean(report: Path) -> None:
    told = json.loads((report / "report.json").read_text(encoding="utf-8"))
    assert problems("report", told) == []
    totals = told["totals"]
    assert (totals["hosts"], totals["clean"], totals["verdicts"]) == (4, 1, {"never_present": 1})
    assert totals["previews"] == {"detected": 1, "never_present": 1, "unknown": 1}
    assert totals["platforms"] == {"linux": 1, "windows": 3}
    assert {host["host"]: (host["preview"], host["clean"]) for host in told["hosts"]} == {
        "l1": (False, True),
        "w1": (True, False),
        "w2": (True, False),
        "w3": (True, False),
    }


def test_every_document_has_previews_and_none_as_clean_or_failed(report: Path) -> None:
    suite = ElementTree.parse(report / "junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == (
        "4",
        "0",
        "0",
        "3",
    )
    assert sorted(case.get("name", "") for case in suite if case.find("skipped") is not None) == ["w1", "w2", "w3"]
    rows = {
        row["host"]: row for row in csv.DictReader(io.StringIO((report / "report.csv").read_text(encoding="utf-8")))
    }
    assert (rows["w1"]["verdict"], rows["w1"]["platform"], rows["w2"]["clean"]) == (
        "detected",
        "windows",
        rows["w1"]["clean"],
    )
    assert rows["l1"]["clean"] != rows["w2"]["clean"]
    found = json.loads((report / "oscal-assessment-results.json").read_text(encoding="utf-8"))
    states = {
        one["title"]: one["target"]["status"]["state"] for one in found["assessment-results"]["results"][0]["findings"]
    }
    assert states["verdict: never_present"] == "satisfied"
    assert states["verdict: preview: never_present"] == "not-satisfied"
    summary = list(openpyxl.load_workbook(report / "report.xlsx").worksheets[0].iter_rows(values_only=True))
    assert ("preview detected", 1) in {row[:2] for row in summary}
    for name in ("report.html", "report.md"):
        text = (report / name).read_text(encoding="utf-8")
        assert "only looked at (preview, counted separately)" in text and "3 Windows" in text


def test_next_steps_of_a_detection_speak_of_forecasts_and_not_of_a_migration() -> None:
    looked = [runs.of_detection(word, _looked(case), RUN) for word, case in CASES.items()]
    told = "\n".join(next_steps.lines(looked))
    assert "forecast of the removal" in told and "Plan the migration" not in told
    assert (
        "3 of them Windows (preview, counted separately): 1 detected, 1 never_present, 1 unknown"
        in detection.summary(looked)
    )
    nothing = "\n".join(next_steps.lines([looked[1]]))
    assert "nothing to remove" in nothing and "migrate" not in nothing


@pytest.mark.parametrize(
    ("forecast", "found", "settle"),
    [
        (forecasts.of_case(CASES["never_present"]["windows"]), "no Kaspersky software", "nothing to remove"),
        (
            forecasts.of_case(CASES["unknown"]["windows"]),
            "not known: not everything could be checked",
            "not known whether there is anything to remove",
        ),
        (
            forecasts.of_recording("odd-types"),
            "unrecognised_windows (version not known) installed",
            "what was found would stay: its checks say why",
        ),
    ],
    ids=["never_present", "unknown", "detected"],
)
def test_a_forecast_without_steps_says_what_its_verdict_says(forecast: dict[str, Any], found: str, settle: str) -> None:
    assert forecast["steps"] == []
    (one,) = foretold.of({"forecasts": {"classes": {"x": forecast}, "hosts": {"h": {"class": "x"}}}})
    assert (one.found, one.settle) == (found, settle)
