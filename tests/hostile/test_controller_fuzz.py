"""Any JSON, and valid answers with one field broken, against plan, diff, report, comparison and summary."""

from __future__ import annotations

import copy
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.carry_out import parts
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer as told
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import compare, detection, plan, progress
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import folder
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout.progress import seen_of
from ansible_collections.avshift.endpoint.plugins.plugin_utils.schema import answers
from attacks import attack
from hostile_records import RUN, record_with
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lying_hosts import honest
from plans import VERSIONS, case_of, goal_of, plan_of, planned
from support import CATALOG

FULL = os.environ.get("AVSHIFT_HOSTILE_SET") == "full"
# For answers with a broken field; the others have fewer.
CASES = 10_000 if FULL else 150
FEWER = 2_000 if FULL else 60
RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
THREAT = "a host answers with JSON of any form"
HOLDS = "it is planned, or fails by name; the others' documents are written"
GOAL = goal_of(case_of("full"))
GOOD = plan_of(case_of("agent"), "honest")
NUMBERS = st.sampled_from([0, -1, 2**63, 2**64, 10**400, 0.5, float("inf"), float("nan"), -0.0, 1e308])
SCALARS = st.none() | st.booleans() | NUMBERS | st.integers() | st.text(max_size=20)
ANY = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
APPLIED = {
    "changed": True,
    "outcomes": [
        {"id": step["id"], "outcome": "changed", "facts": {"window_seconds": 0.5}, "seconds": 1.0}
        for step in plan_of(case_of("full"))["steps"][:6]
    ],
    "pending": [step["id"] for step in plan_of(case_of("full"))["steps"]],
    "failure": {"step": "01-stage-announce", "code": "x_y", "message": "m", "undone": ["01-stage-announce"]},
}
PROVEN = {"checks": [{"id": "real_time", "result": "ok", "detail": "x"}], "result": "ok"}


def _places(content: Any) -> Iterator[tuple[Any, Any]]:
    for key in list(content) if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ():
        yield content, key
        yield from _places(content[key])


def _broken(content: dict[str, Any], number: int, how: str, value: Any) -> dict[str, Any]:
    """Return a copy in which one field is missing, changed, duplicated, or has one more."""
    changed = copy.deepcopy(content)
    places = list(_places(changed))
    place, key = places[number % len(places)]
    if how == "gone":
        del place[key]
    elif how == "more" and isinstance(place[key], dict):
        place[key]["more"] = value
    elif how == "more" and isinstance(place[key], list):
        place[key].append(copy.deepcopy(place[key][0]) if place[key] else value)
    else:
        place[key] = value
    return changed


HOW = st.sampled_from(["gone", "other", "other", "more"])
PLACE = st.integers(0, 10**6)


def _checked(call: str, result: Any) -> dict[str, Any] | None:
    """Return an answer as validation lets it in; None for one that it refuses by the host's name."""
    try:
        return answers.checked(call, result if isinstance(result, dict) else {"collected": result}, "liar")
    except AvshiftError as error:
        assert error.code == "answer_invalid"
        assert "liar" in str(error)
        assert str(error).isascii() or str(error).isprintable()
        return None


def _must_be_tellable(collected: dict[str, Any]) -> None:
    """Plan the host beside an honest one, and make every document of both."""
    made, problem = {}, ""
    try:
        made = planned(GOAL, copy.deepcopy(collected), "liar")
    except answers.UNFIT as error:
        # The action reports it by the host's name; test_controller_answers has such an answer.
        problem = repr(error)
    problem = problem or answers.problem_of_plan(made, set())
    both = [("honest", GOOD), *([] if problem else [("liar", made)])]
    whole = document.compose(both, {"liar": problem} if problem else {}, VERSIONS)
    files = plan.files(whole)
    assert "honest" in json.loads(files["plan.json"])["hosts"]
    assert all("honest" in files[name] for name in ("plan.html", "plan.md", "plan.csv"))
    assert plan.lines(whole)
    found = [runs.of_detection("liar", told(platforms.evidence(collected), CATALOG), RUN)]
    assert detection.summary(found)[-1].startswith("1 host: ")
    assert detection.of_host(found[0])


@attack("fuzz-broken-field", threat=THREAT, holds=HOLDS)
@settings(max_examples=CASES, suppress_health_check=RELAXED)
@given(number=PLACE, how=HOW, value=ANY)
def test_a_look_with_a_broken_field_costs_that_host_alone(number: int, how: str, value: Any) -> None:
    checked = _checked("collect", _broken(honest(), number, how, value))
    if checked is not None:
        _must_be_tellable(checked["collected"])


@attack("fuzz-any-json", threat=THREAT, holds=HOLDS)
@pytest.mark.parametrize("call", ["collect", "apply", "prove"])
@settings(max_examples=FEWER, suppress_health_check=RELAXED)
@given(content=ANY)
def test_any_json_is_refused(call: str, content: Any) -> None:
    assert _checked(call, content) is None
    assert _checked(call, dict.fromkeys(answers.KEYS[call], content)) is None


@attack("fuzz-applied", threat="a host says anything of what it did", holds="a record is written, and read by a report")
@settings(max_examples=FEWER, suppress_health_check=RELAXED)
@given(number=PLACE, how=HOW, value=ANY, proof=st.booleans())
def test_what_a_host_says_it_did_is_recorded_or_refused(number: int, how: str, value: Any, proof: bool) -> None:
    applied = _checked("apply", APPLIED if proof else _broken(APPLIED, number, how, value))
    proven = _checked("prove", _broken(PROVEN, number, how, value) if proof else PROVEN)
    if applied is None or proven is None:
        return
    whole = plan_of(case_of("full"))
    done = parts.result(whole["steps"], "all", applied)
    planned = {"plan": whole, "approval": {"status": "approved", "difference": [], "by": None}}
    results = {"planned": planned, "stage": done, "proven": proven}
    record = runs.of_run("liar", "migrate", RUN, results)
    good = runs.of_plan("honest", {"plan": GOOD}, RUN)
    with tempfile.TemporaryDirectory() as home:
        for name, one in (("liar", record), ("honest", good)):
            records.write(Path(home) / "records" / f"{name}.json", one)
        made = folder.make(f"{home}/records", f"{home}/report", ())
        assert made.totals["hosts"] + len(json.loads((Path(home) / "report/report.json").read_text())["damaged"]) == 2
        assert compare.lines(compare.compose(records.read(f"{home}/records"), records.read(f"{home}/records")))


def _with_numbers(value: Any) -> Iterator[dict[str, Any]]:
    """Yield a record for each place of a number in one, and for its window, with another number there."""
    whole = {**record_with(""), "window_seconds": 0.5}
    whole["plan"]["steps"] = whole["plan"]["steps"][:1]
    for number, (place, key) in enumerate(list(_places(whole))):
        before = place[key]
        if isinstance(before, (int, float)) and not isinstance(before, bool):
            place[key] = value
            yield copy.deepcopy({**whole, "host": f"liar{number}"})
            place[key] = before


@attack(
    "number-in-a-record",
    threat="a machine that writes its own record puts any number there",
    holds="its record is damaged by name; every other one is reported and compared",
)
@pytest.mark.parametrize(
    "value", [10**400, -(10**400), 1e300, float("inf"), float("nan"), -1], ids=lambda value: f"{value}"[:6]
)
def test_no_number_in_a_record_costs_the_others(tmp_path: Path, value: float) -> None:
    broken = list(_with_numbers(value))
    assert len(broken) > 20
    for record in [{**record_with(""), "host": "honest"}, *broken]:
        records.write(records.path_of(str(tmp_path / "records"), record["host"]), record)
    made = folder.make(str(tmp_path / "records"), str(tmp_path / "report"), ())
    report = json.loads((tmp_path / "report/report.json").read_text(encoding="utf-8"))
    assert "honest" in [host["host"] for host in report["hosts"]]
    assert made.totals["hosts"] + len(report["damaged"]) == len(broken) + 1
    compared = compare.compose(records.read(str(tmp_path / "records")), records.read(str(tmp_path / "records")))
    assert max(map(len, [*compare.lines(compared), *compare.files(compared).values()])) < 100_000
    tally = progress.Tally(len(broken))
    for record in broken:
        seen = seen_of(record["host"], record)
        tally.add(seen.host, {"verdict": seen.verdict, "window_seconds": seen.window})
    assert len(tally.text()) < 200
