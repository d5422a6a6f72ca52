"""The verdict on a host, by the tables under tests/fixtures/verdicts and by the results of a run's tasks."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs, verdict
from plans import case_of, plan_of
from schemas import SCHEMAS, problems
from support import FIXTURES, load_yaml


def _table(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = load_yaml(FIXTURES / "verdicts" / f"{name}.yml")
    return rows


def _why(row: dict[str, Any]) -> str:
    return str(row["why"])


def _finding(product_class: str, state: str, identity: str = "x") -> dict[str, Any]:
    name = {"id": identity, "name": identity, "class": product_class, "state": state}
    told = {"version": "", "confidence": "confirmed", "reasons": ["path:/opt/x"], "mode": ""}
    return {**name, **told, "problems": ["package_state"] if state == "broken" else []}


def _collected(row: dict[str, Any]) -> dict[str, Any]:
    unknown = (
        []
        if row.get("complete", True)
        else [{"id": "path:/opt/x", "cause": "permission denied", "products": ["kesl"], "bears": True}]
    )
    return {
        "findings": [_finding(*told) for told in row.get("findings", ())],
        "evidence": [],
        "unknowns": unknown,
        "complete": not unknown,
        "removed_before": ["kesl"] if row.get("before") else [],
        "earlier_runs": [],
    }


def _proof(result: str) -> dict[str, Any]:
    return {"checks": [{"id": "real_time_marks", "result": result, "detail": "2 marks"}], "result": result}


@pytest.mark.parametrize("row", _table("of_evidence"), ids=_why)
def test_verdict_of_evidence(row: dict[str, Any]) -> None:
    proof = _proof(row["proof"]) if "proof" in row else None
    assert verdict.of_evidence(_collected(row), proof, tuple(row.get("also", ()))) == row["verdict"]


@pytest.mark.parametrize("row", _table("of_detection"), ids=_why)
def test_verdict_of_detection(row: dict[str, Any]) -> None:
    collected = _collected(row)
    assert verdict.of_detection(collected) == row["verdict"]
    record = runs.of_detection("host", collected, RUN)
    assert (record["mode"], record["verdict"], record["failure"]) == ("detect", row["verdict"], None)
    assert problems("record", record) == []


def test_detection_that_gave_no_result_is_unknown() -> None:
    for result, code in ((None, "no_result"), ({"unreachable": True, "msg": "No route to host"}, "unreachable")):
        record = runs.of_detection("host", result, RUN)
        assert (record["verdict"], record["verification"]) == ("unknown", None)
        assert record["failure"]["code"] == code
        assert problems("record", record) == []


@pytest.mark.parametrize("row", _table("of_plan"), ids=_why)
def test_verdict_of_plan(row: dict[str, Any]) -> None:
    found = [_finding(product_class, "running") for product_class in row.get("findings", ())]
    assert verdict.of_plan(found, row.get("runs", [])) == row["verdict"]


def _part(told: dict[str, Any]) -> dict[str, Any]:
    steps = [
        {"id": "01", "title": "One", "outcome": "changed", "facts": told.get("other", {})},
        {"id": "02", "title": "Two", "outcome": "changed", "facts": told.get("facts", {})},
    ]
    failure = {"step": "02", "code": "system_error", "message": "no", "undone": []} if told.get("failed") else None
    return {"steps": steps, "failure": failure, "failed": bool(failure), "window_seconds": None}


@pytest.mark.parametrize("row", _table("of_run"), ids=_why)
def test_verdict_of_run(row: dict[str, Any]) -> None:
    plan = row.get("plan", {"blocked": False})
    approval = {"status": row["status"], "difference": []} if "status" in row else None
    parts = {part: _part(told) for part, told in row.get("parts", {}).items()}
    assert verdict.of_run(plan, approval, parts) == row["verdict"]


def test_tables_know_every_verdict_that_the_engine_gives() -> None:
    told = {row["verdict"] for name in ("of_evidence", "of_detection", "of_plan", "of_run") for row in _table(name)} - {
        None
    }
    assert told <= set(SCHEMAS["record"]["properties"]["verdict"]["enum"])
    assert set(verdict.CLEAN) <= told
    assert verdict.UNKNOWN not in verdict.CLEAN


RUN = {"change_id": "CHG-1", "time": "2026-01-02T03:04:05Z", "collection_version": "0.1.0", "catalog_digest": "c" * 64}
PLANNED = {"plan": plan_of(case_of("full")), "approval": {"status": "approved", "difference": []}}
CLEAN = {"before": True}


def _record(mode: str = "migrate", **results: Any) -> dict[str, Any]:
    record = runs.of_run("host", mode, RUN, results)
    assert problems("record", record) == []
    return record


def _done(**results: Any) -> dict[str, Any]:
    parts = {part: _part({}) for part in ("stage", "handover", "remove")}
    return _record(**{"planned": PLANNED, **parts, "collected": _collected(CLEAN), "proven": _proof("ok"), **results})


def test_record_of_a_whole_run() -> None:
    record = _done()
    assert (record["verdict"], record["failure"]) == ("removed_verified", None)
    assert set(record["outcomes"]) == {"stage", "handover", "remove"}
    assert record["plan"] == PLANNED["plan"]


@pytest.mark.parametrize(
    "proven",
    [
        {},
        {"failed": True, "msg": "no", "code": "module_failed"},
        {"unreachable": True, "msg": "gone"},
        {"skipped": True},
        _proof("unknown"),
    ],
    ids=["never begun", "failed", "unreachable", "skipped", "unknown"],
)
def test_protection_that_was_wanted_and_not_proven_is_unknown(proven: dict[str, Any]) -> None:
    assert _done(proven=proven)["verdict"] == "unknown"


@pytest.mark.parametrize(
    "collected", [{}, {"failed": True, "msg": "no"}, {"unreachable": True, "msg": "gone"}], ids=str
)
def test_second_collection_that_was_not_made_is_unknown(collected: dict[str, Any]) -> None:
    assert _done(collected=collected)["verdict"] == "unknown"


def test_product_that_was_to_go_besides_counts() -> None:
    case = case_of("full")
    case["goal"]["also_remove"] = ["kesl"]
    collected = _collected({"before": True, "findings": [["server", "running", "kesl"]]})
    record = _done(planned={**PLANNED, "plan": plan_of(case)}, collected=collected)
    assert record["verdict"] == "partially_removed"


def test_record_of_a_verification() -> None:
    record = _record("verify", collected=_collected(CLEAN), proven=_proof("ok"))
    assert (record["verdict"], record["failure"], record["plan"]) == ("removed_verified", None, None)


def test_verification_without_a_replacement() -> None:
    assert _record("verify", collected=_collected({}), proven={"skipped": True})["verdict"] == "never_present"


def test_first_failure_is_told() -> None:
    record = _record(planned=PLANNED, stage={**_part({"failed": True}), "code": "unit_not_started", "msg": "Starting"})
    assert record["failure"] == {"code": "unit_not_started", "message": "Starting"}
    assert record["verdict"] == "rolled_back"


def test_host_that_gave_no_result() -> None:
    record = runs.of_plan("host", None, RUN)
    assert (record["verdict"], record["failure"]["code"]) == ("unknown", "no_result")
    record = runs.of_plan("host", {"unreachable": True, "msg": "No route to host"}, RUN)
    assert record["failure"]["code"] == "unreachable"
    assert "No route to host" in record["failure"]["message"]
    assert problems("record", record) == []


@pytest.mark.parametrize(
    ("name", "word"), [("full", "planned"), ("clean", "never_present"), ("refused-for-many-reasons", "refused")]
)
def test_record_of_a_dry_run(name: str, word: str) -> None:
    record = runs.of_plan("host", {**PLANNED, "plan": plan_of(case_of(name))}, RUN)
    assert record["verdict"] == word
    assert problems("record", record) == []


def test_window_of_an_earlier_run_is_kept_where_this_one_had_none() -> None:
    earlier = [{"digest": "a", "window_seconds": 0.5}, {"digest": "b", "window_seconds": 0.25}, {"digest": "c"}]
    collected = {**_collected(CLEAN), "earlier_runs": earlier}
    assert _done(collected=collected)["window_seconds"] == 0.25
    handover = {**_part({}), "window_seconds": 0.125}
    assert _done(collected=collected, handover=handover)["window_seconds"] == 0.125


def test_reasons_name_what_is_left_unknown_and_not_proven() -> None:
    row = {"complete": False, "findings": [["product", "running", "kesl"]]}
    words = runs.reasons(_record("verify", collected=_collected(row), proven=_proof("bad")))
    assert words == "kesl is running (path:/opt/x); path:/opt/x: permission denied; real_time_marks: 2 marks."


def test_record_of_a_change_outlives_a_run_that_had_nothing_to_do() -> None:
    change = _done()
    nothing_to_do = {**PLANNED, "plan": plan_of(case_of("clean-without-replacement"))}
    idle = _record(planned=nothing_to_do, collected=_collected(CLEAN))
    kept = runs.kept(idle, change)
    assert problems("record", kept) == []
    assert (kept["plan"], kept["outcomes"]) == (change["plan"], change["outcomes"])
    assert kept["verification"] == idle["verification"]
    assert runs.kept(change, idle) == change
    assert runs.kept(idle, None) == idle
    assert runs.kept(idle, {**change, "host": "another"}) == idle


def test_a_proof_outlives_a_run_without_an_answer_and_keeps_its_time() -> None:
    idle = {**PLANNED, "plan": plan_of(case_of("clean-without-replacement"))}
    later = {**RUN, "time": "2026-02-02T03:04:05Z", "change_id": "CHG-2"}
    refused = {"failed": True, "code": "approval_missing", "msg": "Reading the approval: a.json: it is not there."}
    mute = runs.of_run("host", "migrate", later, {"planned": refused})
    # One was changed, the other was clean before: nothing was changed on it.
    for proven in (_done(), _record(planned=idle, collected=_collected({}))):
        kept = runs.kept(mute, proven)
        assert problems("record", kept) == []
        assert {**kept, "failure": None} == proven
        message = "At 2026-02-02T03:04:05Z: Migrating: host: Reading the approval: a.json: it is not there."
        assert kept["failure"] == {"code": "approval_missing", "message": message}
        assert not runs.succeeded(kept)
        assert runs.kept(mute, kept) == kept
        # Of another controller's record, the later answer counts, and not the later failure.
        newer = {**proven, "run": {**RUN, "time": "2026-01-20T03:04:05Z"}}
        assert records.newest([kept, newer]) == newer


def test_only_a_migration_of_which_nothing_is_lost_keeps_an_earlier_proof() -> None:
    for mode, code in (("verify", "unreachable"), ("migrate", "kept_lost")):
        proven = {**_done(), "mode": mode, "outcomes": {}}
        mute = runs.of_run("host", mode, RUN, {"planned": {"failed": True, "code": code, "msg": "no"}})
        assert runs.kept(mute, proven) == mute
