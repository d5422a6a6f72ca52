"""Predicted results are shown beside actual ones, and hosts with one plan are one class."""

from __future__ import annotations

import copy
import functools
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import quick, records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import compare
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import facts, folder, html
from hostile_records import RUN
from hypothesis import given
from hypothesis import strategies as st
from plans import case_of, plan_of
from reports import content_of, report_of
from schemas import problems

KEPT = {"archive": "/var/lib/avshift/retained/a.tar.gz", "files": 100, "bytes": 5000}


def ran(
    case: str,
    host: str = "host",
    verdict: str = "removed_verified",
    odd: dict[str, str] | None = None,
    window: float | None = 0.0,
    kept: dict[str, Any] | None = None,
    left: bool = False,
) -> dict[str, Any]:
    """Return the record of a run of a case's plan, all of whose steps were changed except ``odd`` {kind: outcome}."""
    plan = plan_of(case_of(case), host)
    parts: dict[str, dict[str, Any]] = {part: {"steps": []} for part in runs.PARTS}
    for step in plan["steps"]:
        word = (odd or {}).get(step["kind"], "changed")
        told = {"id": step["id"], "title": step["title"], "outcome": word, "facts": {}, "seconds": 0.5}
        parts[step["part"]]["steps"] += [told] if word != "not_begun" else []
    parts["handover"]["window_seconds"] = window
    collected = {
        "findings": plan["findings"] if left else [],
        "evidence": [],
        "unknowns": [],
        "complete": True,
        "removed_before": ["kesl"],
        "earlier_runs": [{"digest": "a", "retained": KEPT if kept is None else kept}],
    }
    planned = {"plan": plan, "approval": {"status": "approved", "difference": []}}
    record = runs.of_run(host, "migrate", RUN, {"planned": planned, **parts, "collected": collected})
    return {**record, "verdict": verdict}


def _host(record: dict[str, Any]) -> dict[str, Any]:
    assert problems("record", record) == []
    return facts.of_record("a.json", record, ())


def test_run_as_it_was_planned_has_no_deviation() -> None:
    host = _host(ran("full"))
    said, did = host["predicted"], host["actual"]
    assert (said["verdict"], said["window"], host["deviations"], host["not_fine"]) == (
        "removed_verified",
        False,
        [],
        [],
    )
    assert did["steps"] == {"changed": said["steps"]}
    assert did["seconds"] == said["steps"] * 0.5
    assert (did["window_seconds"], did["retained_files"], did["retained_bytes"]) == (0.0, 100, 5000)
    assert host["found"] != []
    assert host["left"] == []


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"verdict": "failed"}, ("verdict", "removed_verified", "failed")),
        ({"odd": {"retain": "failed"}}, ("step", "changed", "failed")),
        ({"odd": {"finish": "not_begun"}}, ("steps", "all of them", "1 were not started")),
        ({"kept": {**KEPT, "files": 1}}, ("archived data", "files", "1 file")),
        ({"case": "leftovers", "window": 0.3}, ("window", "none", "0.300 s")),
        ({"window": 0.3}, ("window", "none", "0.300 s")),
    ],
    ids=str,
)
def test_deviation_is_told_with_what_was_predicted(changed: dict[str, Any], wanted: tuple[str, str, str]) -> None:
    (told,) = _host(ran(**{"case": "full", **changed}))["deviations"]
    assert told["what"].startswith(wanted[0])
    assert told["predicted"].endswith(wanted[1])
    assert told["actual"] == wanted[2]


SINCE = "2026-11-22T11:57:02.809Z"


@pytest.mark.parametrize(
    ("ended", "is_open"), [({}, True), ({"unprotected_until": None}, True), ({"unprotected_until": SINCE}, False)]
)
def test_window_that_is_still_open_is_told_first_of_all(ended: dict[str, Any], is_open: bool) -> None:
    record = ran("full", verdict="failed", window=None)
    (step,) = [step for step in record["outcomes"]["handover"] if step["id"].endswith("handover")]
    step["facts"] = {"unprotected_from": SINCE, **ended}
    read = [("a.json", record, ""), ("b.json", ran("agent", "b", window=None), "")]
    content = content_of(read)
    assert problems("report", content) == []
    told = [host for host in content["hosts"] if host["actual"]["unprotected_since"]]
    assert len(told) == content["totals"]["unprotected"] == is_open
    assert ("without a scanner" in html.facts(content)[1][2]) is is_open
    said = [{"what": "window", "predicted": "closed", "actual": f"open since {SINCE}"}]
    assert [one for host in told for one in host["deviations"] if one["what"] == "window"] == said * is_open


def test_no_window_is_called_measured_where_no_replacement_took_over() -> None:
    short, sentence = html.facts(content_of([("a.json", ran("agent", window=None), "")]))[1][1:]
    assert short == "none measured" and "Measured" not in sentence


def test_steps_that_were_done_before_deviate_from_nothing() -> None:
    host = _host(ran("full", odd={"file": "already", "prove_on_demand": "proved"}))
    assert host["deviations"] == []
    assert set(host["actual"]["steps"]) == {"changed", "already", "proved"}


def test_drift_is_told_in_its_own_words_and_refusal_that_was_planned_is_none() -> None:
    plan = plan_of(case_of("full"))
    drifted = {"plan": plan, "approval": {"status": "drifted", "difference": ["kesl: version was 1, is 2"]}}
    host = _host(runs.of_run("host", "migrate", RUN, {"planned": drifted}))
    assert host["deviations"][0] == {
        "what": "plan",
        "predicted": "as it was approved",
        "actual": "kesl: version was 1, is 2",
    }
    assert host["deviations"][1] == {"what": "verdict", "predicted": "removed_verified", "actual": "refused"}
    blocked = {"plan": plan_of(case_of("refused-for-many-reasons")), "approval": None}
    refused = _host(runs.of_run("host", "migrate", RUN, {"planned": blocked}))
    assert (refused["predicted"]["verdict"], refused["deviations"]) == ("refused", [])
    assert "keep_out" in refused["reason"]


def test_failure_of_a_later_run_is_told_of_a_clean_host_too() -> None:
    mute = runs.of_run("host", "migrate", RUN, {"planned": {"unreachable": True, "msg": "no route"}})
    host = _host(runs.kept(mute, ran("full")))
    assert (host["verdict"], host["clean"], host["left"]) == ("removed_verified", True, [])
    told = f"unreachable: At {RUN['time']}: Migrating: host: no route"
    assert host["deviations"] == [{"what": "last run", "predicted": "no failure", "actual": told}]
    back = facts.of_record("a.json", runs.kept(mute, ran("full", verdict="rolled_back")), ())
    assert (back["reason"], [one["what"] for one in back["deviations"]]) == (told, ["verdict"])


def test_dry_run_predicts_and_nothing_was_done() -> None:
    host = _host(runs.of_plan("host", {"plan": plan_of(case_of("full"))}, RUN))
    assert (host["actual"], host["deviations"], host["left"]) == (None, [], None)
    assert host["predicted"]["retained_files"] > 0


def test_product_that_stays_by_an_exception_is_predicted_to_stay() -> None:
    for excepted in (["klnagent"], ["all"]):
        record = ran("agent", verdict="excepted")
        record["plan"]["goal"]["excepted"] = excepted
        host = facts.of_record("a.json", record, ())
        assert (host["predicted"]["verdict"], host["clean"]) == ("excepted", False)
        assert "verdict" not in {told["what"] for told in host["deviations"]}


def test_hosts_with_one_plan_are_one_class_with_each_step_once() -> None:
    made = [ran("full", f"full{n}") for n in range(3)] + [ran("clean", "clean", "never_present", window=None)]
    made.append(ran("full", "odd", "failed", {"retain": "failed", "finish": "not_begun"}, 1.5))
    content = content_of([(f"{record['host']}.json", record, "") for record in made])
    assert problems("report", content) == []
    first, second = content["classes"]
    assert (first["hosts"], first["clean"], first["deviating"], second["hosts"]) == (4, 3, 1, 1)
    assert (first["id"], first["longest_window_seconds"]) == (made[0]["plan"]["digest"], 1.5)
    assert [step["id"] for step in first["steps"]] == [step["id"] for step in made[0]["plan"]["steps"]]
    outcomes = {step["kind"]: step["outcomes"] for step in first["steps"]}
    assert outcomes["retain"] == {"changed": 3, "failed": 1}
    assert outcomes["finish"] == {"changed": 3, "not_begun": 1}
    assert outcomes["announce"] == {"changed": 4}
    assert {host["class"] for host in content["hosts"]} == {first["id"], second["id"]}


def test_totals_are_those_of_the_hosts() -> None:
    failed = ran("full", "b", "failed", window=0.3, left=True)
    made = [ran("full", "a"), failed, ran("clean", "c", "never_present", window=None)]
    totals = (content := content_of([(f"{record['host']}.json", record, "") for record in made]))["totals"]
    assert (totals["hosts"], totals["clean"], totals["deviating"]) == (3, 2, 1)
    assert (totals["longest_window_seconds"], totals["retained_files"]) == (0.3, 300)
    assert totals["change_ids"] == {"CHG-1": 3}
    kesl = next(found for found in content["products"] if found["id"] == "kesl")
    assert (kesl["before"], kesl["after"]) == (2, 1)


def test_host_with_two_records_is_named() -> None:
    content = content_of([("a.json", ran("full"), ""), ("copy.json", ran("full"), "")])
    assert content["totals"]["named_twice"] == ["host"]
    assert [host["file"] for host in content["hosts"]] == ["a.json", "copy.json"]


def test_no_room_for_what_is_known_of_hosts_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records.write(tmp_path / "records/a.json", ran("full"))
    monkeypatch.setattr(tempfile, "TemporaryFile", functools.partial(open, "/dev/full", "w+b"))
    with pytest.raises(AvshiftError, match="No space left on device") as refused:
        folder.make(str(tmp_path / "records"), str(tmp_path / "report"), ())
    assert refused.value.code == "not_written"
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize(
    "time", ["", "yesterday", "2026-02-30T00:00:00Z", "2026-01-02T24:00:00Z", "2026-01-02T03:04:05Z\n"]
)
def test_record_of_no_day_that_there_is_is_damaged(time: str) -> None:
    record = ran("full")
    content = content_of([("a.json", {**record, "run": {**record["run"], "time": time}}, "")])
    assert (content["hosts"], len(content["damaged"])) == ([], 1)


@pytest.mark.parametrize(
    "odd",
    [{"failure": {"code": {}, "message": "x"}}, {"failure": {"code": "x", "message": None}}, {"retained": 5}],
)
@pytest.mark.parametrize("mode", ["migrate", "verify"])
def test_what_every_document_shows_has_its_form_or_the_record_is_damaged(mode: str, odd: dict[str, Any]) -> None:
    record = {**copy.deepcopy(ran("full", "odd")), "mode": mode, **odd}
    if "retained" in odd:
        record["verification"]["collected"]["earlier_runs"] = [odd]
    with report_of([("a.json", record, ""), ("b.json", ran("full"), "")]) as report:
        for text in folder.TEXTS.values():
            "".join(text(report))
        assert [one["file"] for one in report.head["damaged"]] == ["a.json"]
        assert report.head["totals"]["hosts"] == 1


@pytest.mark.parametrize("retained", [None, {"archive": "/x", "files": 5.0, "bytes": 9.0}])
def test_what_an_answer_may_hold_is_no_damage_in_its_record(retained: dict[str, Any] | None) -> None:
    record = copy.deepcopy(ran("full"))
    record["verification"]["collected"]["earlier_runs"] = [{"retained": retained}]
    content = content_of([("a.json", record, "")])
    assert (content["damaged"], content["totals"]["retained_files"]) == ([], 5 if retained else 0)
    compared = compare.compose([("a", record, "")], [("a", record, "")])
    assert (compared["damaged"], compared["same"]) == ({"earlier": [], "later": []}, 1)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), True, "0.3", 10**30, 1e30])
def test_record_with_a_window_that_is_no_number_is_damaged(number: Any) -> None:
    content = content_of([("a.json", {**ran("full"), "window_seconds": number}, ""), ("b.json", ran("full"), "")])
    assert [found["file"] for found in content["damaged"]] == ["a.json"]
    assert (content["totals"]["hosts"], content["classes"][0]["hosts"]) == (1, 1)


STEPS = '\n  "steps": [\n'
# Surrogates too, which JSON can hold and orjson refuses.
TEXT = st.text(max_size=4) | st.sampled_from(["\udcff", "\ud800x"])
SMALL = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["plan", "steps", "x"]), inner, max_size=3)
    ),
)


@given(SMALL, st.sampled_from([1, 2, None]), st.sampled_from([quick.orjson, None]))
def test_quick_parser_gives_what_json_gives(content: Any, indent: int | None, fast: Any) -> None:
    """With orjson and without it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quick, "orjson", fast)
        _is_parsed_as_by_json(content, indent)


def _is_parsed_as_by_json(content: Any, indent: int | None) -> None:
    for whole in (content, {"plan": content}, {"plan": {"steps": [content]}, "x": {"steps": [1]}}):
        text = json.dumps(whole, indent=indent, sort_keys=True)
        assert quick.parse(text.encode("utf-8", "surrogatepass")) == json.loads(text)


@pytest.mark.parametrize("cut", [1, 300, 5000, 20_000])
def test_quick_parser_refuses_what_json_refuses(cut: int) -> None:
    text = json.dumps(ran("full"), indent=1, sort_keys=True)
    assert STEPS in text
    assert quick.parse(text.encode("utf-8", "surrogatepass")) == json.loads(text)
    for damaged in (text[:-cut], text.replace(STEPS, STEPS + ",", 1), text.replace(STEPS, STEPS + "]", 1)):
        with pytest.raises(ValueError):
            quick.parse(damaged.encode())


def test_quick_parser_takes_no_other_steps_for_those_of_the_plan() -> None:
    twice = '{\n "a": {\n  "steps": [\n   1\n  ]\n },\n "plan": {\n  "steps": [\n   2\n  ]\n }\n}'
    marked = '{\n "plan": {\n  "steps": [\n   1\n  ],\n  "steps": "' + quick.MARK + '"\n }\n}'
    for text in (twice, marked, twice.replace('"plan"', '"b"')):
        assert quick.parse(text.encode("utf-8", "surrogatepass")) == json.loads(text)
