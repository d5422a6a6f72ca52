"""A host that only the replacement's console can confirm is pending until the console's answer, or an accepted
check.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import console, runs, verdict
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import facts, outcome
from hostile_records import RUN
from plans import case_of, plan_of
from schemas import problems

PENDING = verdict.PENDING_CONSOLE
OPEN = {"id": "detection:not_local", "result": "unknown", "detail": "only the console can tell"}
GOOD = {"id": "health:agent", "result": "ok", "detail": "healthy"}
UNSURE = {"id": "health:agent", "result": "unknown", "detail": "the answer has no State"}
BAD = {"id": "health:agent", "result": "bad", "detail": "degraded"}
NOW = "2099-01-01T00:00:00Z"
CLEAN = {
    "findings": [],
    "evidence": [],
    "unknowns": [],
    "complete": True,
    "removed_before": ["kesl"],
    "earlier_runs": [],
}
WAIVER = {
    "id": "w",
    "hosts": ["*"],
    "product": None,
    "preflight": "not_locally_verifiable",
    "approver": "a",
    "reason": "r",
}


def _file(**changed: Any) -> bytes:
    told = {"format_version": "1", "provider": "clamav", "time": RUN["time"], "source": "an export", "hosts": ["Web1"]}
    return json.dumps({**told, **changed}).encode()


def _seen(**changed: Any) -> console.Console:
    return console.parse(_file(**changed), "console.json", NOW)


def _record(
    *checks: dict[str, str],
    mode: str = "verify",
    findings: tuple[Any, ...] = (),
    provider: str = "clamav",
    **more: Any,
) -> dict[str, Any]:
    """Return the record of a host whose self-test had these checks."""
    results = [check["result"] for check in checks]
    worst = "bad" if "bad" in results else "unknown" if "unknown" in results else "ok"
    proven = {"provider": provider, "checks": list(checks), "result": worst}
    collected = {**CLEAN, "findings": list(findings)}
    told: dict[str, Any] = {"collected": collected, "proven": proven}
    if mode == "migrate":
        plan = plan_of(case_of("clean"), "web1")
        told["planned"] = {"plan": plan, "approval": None}
    return runs.of_run("web1", mode, RUN, told, **more)


@pytest.mark.parametrize(
    ("checks", "word"),
    [
        ([OPEN, GOOD], PENDING),
        ([OPEN], PENDING),
        ([GOOD], "removed_verified"),
        ([OPEN, UNSURE], "unknown"),
        ([OPEN, BAD], "failed"),
        ([], "removed_verified"),
    ],
)
def test_pending_is_only_what_the_console_alone_can_tell(checks: list[dict[str, str]], word: str) -> None:
    record = _record(*checks)
    assert record["verdict"] == word
    assert problems("record", record) == []
    assert runs.succeeded(record) is (word in (PENDING, "removed_verified"))


def test_pending_is_not_clean_and_hides_nothing_that_is_worse() -> None:
    assert PENDING not in verdict.CLEAN
    left = {"id": "kesl", "class": "product", "state": "residue_active", "reasons": []}
    assert _record(OPEN, findings=(left,))["verdict"] == "partially_removed"
    server = {"id": "ksc64", "class": "server", "state": "running", "reasons": []}
    assert _record(OPEN, findings=(server,))["verdict"] == "detected"


@pytest.mark.parametrize("mode", ["verify", "migrate"])
def test_the_console_closes_what_waits_for_it(mode: str) -> None:
    record = _record(OPEN, GOOD, mode=mode)
    closed = runs.closed(record, _seen())
    assert closed["verdict"] in verdict.CLEAN
    assert [check["result"] for check in closed["verification"]["proof"]["checks"]] == ["ok", "ok"]
    assert "an export" in closed["verification"]["proof"]["checks"][0]["detail"]
    assert closed["verdict"] == _record(OPEN, GOOD, mode=mode, console=_seen())["verdict"]
    assert record["verdict"] == PENDING
    assert facts.of_record("a.json", closed, ())["clean"]


EARLIER = "2020-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("changed", "checks"),
    [
        ({"hosts": ["web2"]}, [OPEN]),
        ({"time": EARLIER}, [OPEN]),
        ({}, [OPEN, UNSURE]),
        ({}, [OPEN, BAD]),
    ],
)
def test_the_console_closes_nothing_else(changed: dict[str, Any], checks: list[dict[str, str]]) -> None:
    record = _record(*checks)
    assert runs.closed(record, _seen(**changed))["verdict"] == record["verdict"]
    assert _record(*checks, console=_seen(**changed))["verdict"] == record["verdict"]


@pytest.mark.parametrize("mode", ["verify", "migrate"])
def test_another_provider_s_console_closes_nothing(mode: str) -> None:
    other = _seen(provider="sentinelone")
    record = _record(OPEN, mode=mode)
    assert record["verdict"] == PENDING
    assert runs.closed(record, other)["verdict"] == PENDING
    assert _record(OPEN, mode=mode, console=other)["verdict"] == PENDING


def test_where_nobody_says_which_provider_was_proven_no_console_is_its_own() -> None:
    """As in the verifications of earlier releases."""
    record = _record(OPEN)
    del record["verification"]["proof"]["provider"]
    assert runs.closed(record, _seen())["verdict"] == PENDING


@pytest.mark.parametrize(("status", "word"), [("in_force", "excepted"), ("expired", PENDING)])
def test_a_waiver_accepts_it_until_it_expires(status: str, word: str) -> None:
    granted = [{**WAIVER, "expires": "2026-12-31", "status": status}]
    assert _record(OPEN, granted=granted)["verdict"] == word
    assert _record(OPEN, UNSURE, granted=granted)["verdict"] == "unknown"


def test_what_the_plan_predicted_is_no_deviation() -> None:
    record = _record(OPEN, GOOD, mode="migrate")
    record["plan"]["preflight"].append({"id": "not_locally_verifiable", "level": "warning"})
    record["plan"]["findings"] = [{"id": "kesl", "class": "product", "state": "running"}]
    assert verdict.predicted(record["plan"]) == PENDING


def test_what_the_console_has_closed_since_is_no_deviation() -> None:
    record = _record(OPEN, GOOD, mode="migrate")
    said = {"verdict": PENDING, "window": True, "retained_files": 0, "retained_bytes": 0}
    did = outcome.actual(record)
    closed = runs.closed(record, _seen())
    assert [one for one in outcome.deviations(closed, said, did) if one["what"] == "verdict"] == []
    worse = outcome.deviations({**closed, "verdict": "partially_removed"}, said, did)
    assert [one["actual"] for one in worse if one["what"] == "verdict"] == ["partially_removed"]


EXEMPT = {"id": "cybertrace", "class": "exempt", "state": "running", "reasons": []}


@pytest.mark.parametrize("findings", [[], [EXEMPT]])
@pytest.mark.parametrize("excepted", [[], ["all"]])
def test_prediction_and_look_are_judged_alike(findings: list[dict[str, Any]], excepted: list[str]) -> None:
    """For an exempt product, an exception has nothing to keep."""
    plan = plan_of(case_of("clean-without-replacement"))
    plan = {**plan, "findings": findings, "goal": {**plan["goal"], "excepted": excepted}}
    collected = {**CLEAN, "findings": findings, "removed_before": []}
    assert verdict.predicted(plan) == verdict.of_evidence(collected, None, (), tuple(excepted)) == "never_present"


WRONG = {
    "no-yaml": (b"a: [", "console.json"),
    "list": (b"[]", r"\$: expected an object"),
    "no-time": (b"{format_version: 1, provider: x, source: y, hosts: [a]}", "the key time"),
    "time": (_file(time="yesterday"), r"\$.time"),
    "future": (_file(time="2100-01-01T00:00:00Z"), "in the future"),
    "hosts": (_file(hosts=[]), r"\$.hosts"),
    "key": (_file(clean=True), "clean"),
    "version": (_file(format_version="2"), "format_version"),
    "Latin-1": (_file(source="M\u00fcller").decode("unicode_escape").encode("latin-1"), "invalid"),
    "a key twice": (_file()[:-1] + b', "hosts": ["web1", "web2"]}', "hosts stands twice"),
    "a table of an export": (b"Hostname,Status\nweb1,protected\n", r"\$: expected an object"),
    "a time of another zone": (_file(time="2026-11-29T10:15:00+01:00"), r"\$.time"),
    "a day that is none": (_file(time="2026-13-29T10:15:00Z"), r"\$.time"),
    "hosts as text": (_file(hosts="web1, web2"), r"\$.hosts: expected an array"),
    "a host twice": (_file(hosts=["web1", "web1"]), "each item once"),
    "nothing": (b"", r"\$: expected an object"),
}
FORMS = {
    "with a mark of its order of bytes": b"\xef\xbb\xbf" + _file(),
    "in UTF-16, as a spreadsheet saves it": _file().decode().encode("utf-16"),
    "with the ends of lines of Windows": yaml.safe_dump(json.loads(_file())).replace("\n", "\r\n").encode(),
    "with blanks around a name": _file(hosts=["  WEB1 "]),
    "with one name spelt in two ways": _file(hosts=["web1", "WEB1"]),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_file_is_read_as_programs_save_it(name: str) -> None:
    assert runs.closed(_record(OPEN), console.parse(FORMS[name], "console.yml", NOW))["verdict"] in verdict.CLEAN


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_with_its_key(name: str) -> None:
    raw, said = WRONG[name]
    with pytest.raises(AvshiftError, match=said) as caught:
        console.parse(raw, "console.json", NOW)
    assert caught.value.code == "console_wrong"
