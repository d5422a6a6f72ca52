"""A fleet's plan is built from the records that its hosts' own tasks have written in this run, and no others."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.canonical import encode
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.plan import dry_run, files
from hostile_records import RUN
from plans import case_of, plan_of, rings_of

CASES = ["agent", "clean", "enterprise-linux", "full", "leftovers", "mounts-and-links", "refused-for-many-reasons"]
GONE = {"unreachable": True, "msg": "No route to host"}
Results = dict[str, Any]


def _in_memory(names: list[str]) -> Results:
    return {**{name: {"plan": plan_of(case_of(name), name)} for name in names}, "gone": GONE, "mute": None}


def _written(results: Results, folder: Path) -> Results:
    """Return what hosts register whose tasks have written their records, and write these."""
    told: Results = {}
    for host, result in results.items():
        if result is None or "plan" not in result:
            told[host] = result
            continue
        path = records.path_of(str(folder), host)
        sha256 = records.write(path, runs.of_plan(host, copy.deepcopy(result), RUN))
        told[host] = {"digest": result["plan"]["digest"], "record": {"path": str(path), "sha256": sha256}}
    return told


def _made(results: Results, folder: Path) -> tuple[dry_run.Made, list[dict[str, Any]]]:
    kept: list[dict[str, Any]] = []
    frame = dry_run.Frame(RUN, "", rings_of(1), {}, False, str(folder))
    return dry_run.made(results, list(results), frame, kept.append), kept


def test_documents_of_records_are_those_of_plans_in_memory_byte_for_byte(tmp_path: Path) -> None:
    results = _in_memory(CASES)
    before, _kept = _made(results, tmp_path)
    told = _written(results, tmp_path)
    assert "plan" not in json.dumps(told)
    after, kept = _made(told, tmp_path)
    assert after.files == before.files
    assert (after.digest, after.lines, after.left_out) == (before.digest, before.lines, before.left_out)
    assert [record["host"] for record in kept] == ["gone", "mute"]


def test_documents_of_a_plan_that_was_read_back_are_the_same(tmp_path: Path) -> None:
    made, _kept = _made(_in_memory(CASES), tmp_path)
    assert files(json.loads(made.files["plan.json"])) == made.files


def test_a_record_of_an_earlier_run_does_not_enter_a_plan(tmp_path: Path) -> None:
    stale = _written(_in_memory(["full", "agent"]), tmp_path)
    results = {**stale, "agent": None, "full": GONE}
    made, kept = _made(results, tmp_path)
    assert json.loads(made.files["plan.json"])["hosts"] == {}
    assert sorted(made.left_out) == ["agent", "full", "gone", "mute"]
    assert all(record["plan"] is None for record in kept)


def _removed(path: Path) -> None:
    path.unlink()


def _of_another_run(path: Path) -> None:
    record = json.loads(path.read_text(encoding="utf-8"))
    plan = plan_of(case_of("clean"), "full")
    path.write_text(encode({**record, "plan": plan}), encoding="utf-8")


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


@pytest.mark.parametrize("change", [_removed, _of_another_run, _half])
def test_a_record_that_was_replaced_meanwhile_is_named_and_left_out(tmp_path: Path, change: Any) -> None:
    told = _written(_in_memory(["full", "agent"]), tmp_path)
    change(tmp_path / "full.json")
    made, kept = _made(told, tmp_path)
    assert list(json.loads(made.files["plan.json"])["hosts"]) == ["agent"]
    assert str(tmp_path / "full.json") in made.left_out["full"]
    (lost,) = [record for record in kept if record["host"] == "full"]
    assert lost["failure"]["code"] == "record_lost"


def test_one_host_without_a_document_costs_no_other_its_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = _written(_in_memory(["full", "agent"]), tmp_path)

    def failing(document: dict[str, Any]) -> dict[str, str]:
        if "full" in document["hosts"]:
            raise ZeroDivisionError("no such ring")
        return files(document)

    monkeypatch.setattr(dry_run, "files", failing)
    made, _kept = _made(told, tmp_path)
    assert list(json.loads(made.files["plan.json"])["hosts"]) == ["agent"]
    assert "no such ring" in made.left_out["full"]


def test_the_sum_of_a_record_is_that_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "records" / "a.json"
    record = runs.of_plan("a", {"plan": plan_of(case_of("full"), "a")}, RUN)
    sha256 = records.write(path, record)
    assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (oct(path.stat().st_mode)[-3:], oct(path.parent.stat().st_mode)[-3:]) == ("600", "700")
    assert records.read_one(path, sha256)[0] == record
    assert records.read_one(path, "0" * 64)[0] is None
