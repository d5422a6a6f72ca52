"""A forecast says what a removal would do and what has to be fixed, and never more than the host shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import forecasts
import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.plan import dry_run
from plans import VERSIONS
from schemas import problems
from support import REPOSITORY, load_yaml
from windows_hosts import HOME, HOSTS, make_disk

CASES = sorted((REPOSITORY / "tests/fixtures/windows_forecasts").glob("*.yml"))
RUN = {"change_id": "", "time": "2026-01-02T03:04:05Z", **VERSIONS}
GRAVE = ("error", "overridable", "warning")


def _levels(forecast: dict[str, Any]) -> dict[str, list[str]]:
    levels: dict[str, list[str]] = {}
    for check in forecast["preflight"]:
        levels.setdefault(check["level"], []).append(check["id"])
    return {level: sorted(set(ids)) for level, ids in levels.items() if level in GRAVE}


@pytest.mark.parametrize("host", HOSTS)
def test_disk_of_a_recorded_host_is_foretold_as_stated(host: str, tmp_path: Path) -> None:
    forecast = forecasts.of_disk(make_disk(host, tmp_path))
    assert problems("forecast", forecast) == []
    expected = load_yaml(HOME / host / "expect.yml")["forecast"]
    assert [step["kind"] for step in forecast["steps"]] == expected["steps"]
    assert _levels(forecast) == expected["levels"]


@pytest.mark.parametrize("host", HOSTS)
def test_what_a_host_was_not_asked_is_not_known(host: str) -> None:
    """The recordings lack the additional reads of a forecast: none of that is called fine."""
    forecast = forecasts.of_recording(host)
    assert problems("forecast", forecast) == []
    fine = {check["id"] for check in forecast["preflight"] if check["level"] == "ok"}
    assert not fine & {"bitlocker", "sessions", "package_read"}
    unknown = {check["id"] for check in forecast["preflight"] if check["level"] == "unknown"}
    assert {"bitlocker", "sessions", "cluster_node", "hypervisor_host", "domain_controller"} <= unknown


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_host_is_foretold_as_its_case_says(path: Path) -> None:
    case = load_yaml(path)
    forecast = forecasts.of_case(case["windows"])
    assert problems("forecast", forecast) == []
    told = {(check["id"], check["level"]) for check in forecast["preflight"]}
    for identity, level in case["expect"].items():
        found = {given for name, given in told if name == identity}
        assert found == ({level} if level else set()), (identity, sorted(told))
    if "steps" in case:
        assert [step["kind"] for step in forecast["steps"]] == case["steps"]
    text = json.dumps(forecast, ensure_ascii=False)
    assert [word for word in case.get("says", ()) if word not in text] == []
    assert [word for word in case.get("never", ()) if word in text] == []


def test_same_answers_give_the_same_bytes(tmp_path: Path) -> None:
    root = make_disk("installed", tmp_path)
    assert json.dumps(forecasts.of_disk(root)) == json.dumps(forecasts.of_disk(root))


def test_every_id_of_a_round_trip_is_there_once() -> None:
    reads = [read["id"] for read in forecasts.asked()["reads"]]
    assert len(reads) == len(set(reads)) < 150
    assert problems("windows_reads", {"changed": False, "answers": {}}) == []


def _of_fleet(tmp_path: Path, kept: list[dict[str, Any]]) -> dry_run.Made:
    results: dict[str, Any] = {"silent": {"unreachable": True, "msg": "no connection"}}
    for host, kind in (("one", "installed"), ("two", "installed"), ("three", "clean")):
        told = forecasts.of_disk(make_disk(kind, tmp_path / host))
        results[host] = {"forecast": "windows_forecast_only", "foretold": told}
    return dry_run.made(results, list(results), dry_run.Frame(RUN, "", {}, {}, False, ""), kept.append)


def test_forecasts_stand_in_every_document_and_are_no_part_of_what_is_approved(tmp_path: Path) -> None:
    records: list[dict[str, Any]] = []
    made = _of_fleet(tmp_path, records)
    plan = document.parse(made.files["plan.json"].encode(), "plan.json")
    assert problems("plan_document", plan) == []
    assert (sorted(plan["forecasts"]["hosts"]), plan["hosts"]) == (["one", "three", "two"], {})
    assert sorted(plan["not_planned"]) == ["silent"] == sorted(made.left_out)
    assert len(plan["forecasts"]["classes"]) == 2
    without = document.compose([], made.left_out, {**VERSIONS, "policy": ""})
    assert without["digest"] == plan["digest"]
    assert [(record["host"], record["verdict"], problems("record", record)) for record in records] == [
        ("one", "detected", []), ("silent", "unknown", []), ("three", "never_present", []), ("two", "detected", []),
    ]  # fmt: skip
    for name in ("plan.html", "plan.md"):
        assert "Platforms: 3 Windows." in made.files[name] and "ever run on a real Windows" in made.files[name]
    rows = [line for line in made.files["plan.csv"].splitlines() if line.startswith(("one,", "two,", "three,"))]
    assert len(rows) == 3 and all(",forecast," in row for row in rows)
    text = "\n".join(made.lines)
    assert "Platforms: 3 Windows." in text and "have a forecast" in text


def test_an_edited_forecast_is_seen(tmp_path: Path) -> None:
    text = _of_fleet(tmp_path, []).files["plan.json"]
    edited = text.replace("Remove Kaspersky", "Repair Kaspersky")
    assert edited != text
    with pytest.raises(document.AvshiftError, match="does not match its digest"):
        document.parse(edited.encode(), "plan.json")


def test_a_forecast_of_another_form_costs_its_host_alone(tmp_path: Path) -> None:
    good = forecasts.of_disk(make_disk("clean", tmp_path))
    bad = {**good, "steps": [{"id": "x"}]}
    results = {
        name: {"forecast": "windows_forecast_only", "foretold": told} for name, told in (("a", good), ("b", bad))
    }
    made = dry_run.made(results, ["a", "b"], dry_run.Frame(RUN, "", {}, {}, False, ""), lambda _record: None)
    assert list(made.left_out) == ["b"] and "$.steps[0]" in made.left_out["b"]
    assert sorted(json.loads(made.files["plan.json"])["forecasts"]["hosts"]) == ["a"]
