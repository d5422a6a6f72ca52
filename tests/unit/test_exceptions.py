"""What may stay, and what is accepted, until a day: read completely or not at all, and without effect once expired."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import exceptions_file
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval.drift import difference
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import exceptions, make
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import runs, verdict
from ansible_collections.avshift.endpoint.plugins.plugin_utils.times import end_of
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import VERSIONS, case_of, goal_of, planned, wanted_of
from schemas import problems
from support import CATALOG, REPOSITORY, collected

BEFORE, AFTER = "2027-01-31T23:59:59Z", "2027-02-01T00:00:00Z"
RUN = {"change_id": "", "time": BEFORE, **VERSIONS}
PRODUCTS = [product.id for product in CATALOG.products]
GRANTED = {"id": "EX-1", "hosts": ["db*"], "approver": "Jane Doe", "reason": "moves in May", "expires": "2027-01-31"}


def _parse(content: Any) -> list[dict[str, Any]]:
    return exceptions.parse(yaml.safe_dump(content).encode(), "exceptions.yml", PRODUCTS)


def _file(**granted: Any) -> dict[str, Any]:
    name = "exceptions" if "product" in granted else "waivers"
    return {"format_version": 1, name: [{**GRANTED, **granted}]}


def _plan(name: str, now: str, *granted: dict[str, Any]) -> dict[str, Any]:
    case = case_of(name)
    answer = collected(case)
    for found in answer["evidence"]:
        if found["id"] == "package_change:remove" and any("exceptions" in file for file in granted):
            # This is what the package manager reports when it is not asked to remove this one.
            changes = found["value"]["changes"]
            found["value"]["changes"] = [change for change in changes if change["name"] != "klnagent64"]
    mine = [found for file in granted for found in exceptions.of_host(_parse(file), "db1", now)]
    return planned(goal_of(case), answer, "db1", granted=mine)


def _check(plan: dict[str, Any], name: str) -> dict[str, Any] | None:
    return next((check for check in plan["preflight"] if check["id"] == name), None)


def test_an_excepted_product_stays_and_all_else_goes() -> None:
    plain, plan = _plan("full", BEFORE), _plan("full", BEFORE, _file(product="klnagent"))
    assert problems("plan", plan) == []
    assert plan["goal"]["excepted"] == ["klnagent"]
    assert not [step for step in plan["steps"] if "klnagent" in str(step["target"])]
    assert [step for step in plan["steps"] if step["title"] == "Remove kesl, kesl-gui"]
    assert [finding["id"] for finding in plan["findings"]] == [finding["id"] for finding in plain["findings"]]
    told = _check(plan, "excepted")
    assert told is not None
    assert told["diagnosis"] == "klnagent by EX-1 until 2027-01-31, approved by Jane Doe: moves in May"
    assert plan["carried"]["exceptions"] == [
        {**GRANTED, "product": "klnagent", "preflight": None, "status": "in_force"},
    ]


def test_a_host_is_not_asked_how_an_excepted_package_would_go() -> None:
    goal = goal_of(case_of("full"))
    granted = exceptions.of_host(_parse(_file(product="klnagent")), "db1", BEFORE)
    names = make.probes_for(wanted_of(goal, granted=granted))["package_change"]["remove"]
    assert "klnagent64" not in names
    assert "klnagent64" in make.probes_for(wanted_of(goal))["package_change"]["remove"]


def test_an_exception_for_all_leaves_the_host_as_it_is() -> None:
    plan = _plan("full", BEFORE, _file(product="all"))
    assert (plan["steps"], plan["blocked"]) == ([], False)
    assert (plan["goal"]["provider"], plan["goal"]["excepted"]) == ("none", ["all"])
    record = runs.of_plan("db1", {"plan": plan}, RUN)
    assert record["verdict"] == verdict.EXCEPTED
    assert problems("record", record) == []


@pytest.mark.parametrize("product", ["klnagent", "all"])
def test_an_exception_that_has_expired_counts_as_none_and_is_named(product: str) -> None:
    plain, plan = _plan("full", AFTER), _plan("full", AFTER, _file(product=product))
    assert plan["digest"] == plain["digest"]
    told = _check(plan, "exception_expired")
    assert told is not None
    assert "by EX-1 until 2027-01-31" in told["diagnosis"]
    assert plan["carried"]["exceptions"][0]["status"] == "expired"
    words = difference(_plan("full", BEFORE, _file(product=product)), plan)
    assert f"{product} was excepted, is no longer" in words


def test_a_digest_hangs_on_the_clock_only_where_something_expires() -> None:
    granted = _file(product="ksc64")
    assert _plan("full", BEFORE, granted)["digest"] == _plan("full", AFTER, granted)["digest"], "it is not there"
    granted = _file(product="kesl")
    times = ("2026-01-01T00:00:00Z", BEFORE, AFTER)
    first, last, over = (_plan("full", time, granted)["digest"] for time in times)
    assert first == last != over


def test_a_host_that_is_not_named_gets_nothing() -> None:
    assert exceptions.of_host(_parse(_file(product="all")), "web1", BEFORE) == []
    assert len(exceptions.of_host(_parse(_file(product="all", hosts=["web1", "web[2-9]"])), "web3", BEFORE)) == 1


def test_a_long_list_of_hosts_is_not_kept_by_each_of_them() -> None:
    granted = _parse(_file(product="all", hosts=[f"db{number}" for number in range(5000)]))
    assert exceptions.of_host(granted, "db7", BEFORE)[0]["hosts"] == ["db7"]
    assert exceptions.of_host(granted, "web7", BEFORE) == []


def test_a_waiver_accepts_its_result_until_it_is_over() -> None:
    waiver = _file(preflight="no_replacement")
    name = "removal-without-replacement"
    plain, accepted, over = _plan(name, BEFORE), _plan(name, BEFORE, waiver), _plan(name, AFTER, waiver)
    assert (plain["blocked"], accepted["blocked"], over["blocked"]) == (True, False, True)
    assert plain["digest"] == over["digest"] != accepted["digest"]
    told, gone = _check(accepted, "waived"), _check(over, "exception_expired")
    assert told is not None
    assert told["diagnosis"].startswith("no_replacement by EX-1 until 2027-01-31")
    assert _check(over, "waived") is None
    assert gone is not None
    assert "preflight no_replacement was accepted, is no longer" in difference(accepted, over)


def test_a_waiver_of_what_is_no_overridable_result_changes_nothing() -> None:
    for waived in ("keep_out", "disk_space", "no_such_result"):
        plan = _plan("refused-for-many-reasons", BEFORE, _file(preflight=waived))
        assert plan["digest"] == _plan("refused-for-many-reasons", BEFORE)["digest"]
        assert _check(plan, "waived") is None


def _collected(name: str, *removed: str) -> dict[str, Any]:
    found = [finding for finding in _plan(name, BEFORE)["findings"] if finding["id"] not in removed]
    told = {"evidence": [], "unknowns": [], "complete": True, "removed_before": list(removed), "earlier_runs": []}
    return {"findings": found, **told}


def test_a_host_with_nothing_but_what_is_excepted_is_excepted_and_not_clean() -> None:
    plan = _plan("full", BEFORE, _file(product="klnagent"))
    collected_now = _collected("full", "kesl", "kesl_gui")
    results = {"planned": {"plan": plan}, "collected": collected_now, "proven": {"checks": [], "result": "ok"}}
    record = runs.of_run("db1", "migrate", RUN, results)
    assert record["verdict"] == verdict.EXCEPTED
    assert record["verdict"] not in verdict.CLEAN
    assert record["exceptions"] == plan["carried"]["exceptions"]
    assert problems("record", record) == []
    still = {**results, "collected": _collected("full", "kesl_gui")}
    assert runs.of_run("db1", "migrate", RUN, still)["verdict"] == verdict.PARTIAL
    unproven = {**results, "proven": {"checks": [], "result": "bad"}}
    assert runs.of_run("db1", "migrate", RUN, unproven)["verdict"] == verdict.FAILED


@pytest.mark.parametrize(
    ("product", "now", "word"),
    [("all", BEFORE, verdict.EXCEPTED), ("all", AFTER, verdict.PARTIAL), ("klnagent", BEFORE, verdict.PARTIAL)],
)
def test_a_verification_knows_what_is_excepted(product: str, now: str, word: str) -> None:
    granted = exceptions.of_host(_parse(_file(product=product)), "db1", now)
    results = {"collected": _collected("full"), "proven": {"checks": [], "result": "bad"}}
    record = runs.of_run("db1", "verify", RUN, results, granted)
    assert record["verdict"] == word
    assert problems("record", record) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "expected"),
        ("- 1", "not a mapping"),
        ("", "not a mapping"),
        ("format_version: 2", '$.format_version: expected exactly 1, found "2"'),
        ("{format_version: 1, waiver: []}", 'expected no key "waiver"'),
        ("{format_version: 1, waivers: {}}", "$.waivers: expected an array"),
        ("{format_version: 1, format_version: 1}", "format_version stands twice"),
        ("{format_version: 1, exceptions: [1]}", "exceptions 1: expected an object"),
        ("{format_version: 1, exceptions: [{id: A}]}", "exceptions 1 (A): expected the key hosts"),
        (yaml.safe_dump(_file(product="kes")), "exceptions 1 (EX-1): the catalog has no product kes"),
        (
            yaml.safe_dump(_file(product="kesl", expires="soon")),
            "exceptions 1 (EX-1).expires: expected a day as YYYY-MM-DD",
        ),
        (
            yaml.safe_dump(_file(product="kesl", expires="2027-02-29")),
            "exceptions 1 (EX-1).expires: expected a day as YYYY-MM-DD",
        ),
        (
            yaml.safe_dump(_file(product="kesl", approver=" ")),
            "exceptions 1 (EX-1).approver: expected text that is not blank",
        ),
        (yaml.safe_dump(_file(product="kesl", hosts="db1")), "exceptions 1 (EX-1).hosts: expected an array"),
        (yaml.safe_dump(_file(product="kesl", until="2027")), 'exceptions 1 (EX-1): expected no key "until"'),
        (
            yaml.safe_dump({**_file(product="kesl"), **_file(preflight="x")}, default_flow_style=None),
            "waivers 1 (EX-1): its id is used twice",
        ),
        ("\0", "not allowed"),
    ],
    ids=lambda text: text[:40],
)
def test_a_file_with_anything_wrong_in_it_is_refused_as_a_whole(text: str, words: str) -> None:
    with pytest.raises(AvshiftError, match=r"Reading the exceptions file: exceptions\.yml") as caught:
        exceptions.parse(text.encode(), "exceptions.yml", PRODUCTS)
    assert (caught.value.code, words in str(caught.value)) == ("exceptions_wrong", True), str(caught.value)


def test_a_file_that_is_not_there_is_refused_and_none_is_needed() -> None:
    with pytest.raises(AvshiftError, match="Reading the exceptions file: /none") as caught:
        exceptions_file.of_host("/none", CATALOG, "db1", BEFORE)
    assert caught.value.code == "file_unreadable"
    assert exceptions_file.of_host(None, CATALOG, "db1", BEFORE) == []


TEXT = st.sampled_from(["a", " ", "", "kesl", "all", "2027-01-31", "2027-01-31T00:00:00Z", "2027-1-3"])
ENTRY = st.dictionaries(
    st.sampled_from(["id", "hosts", "product", "preflight", "approver", "reason", "expires", "x"]),
    st.one_of(TEXT, st.lists(TEXT, max_size=2)),
)
RIGHT = st.fixed_dictionaries(
    dict.fromkeys(("id", "product", "approver", "reason", "expires"), TEXT) | {"hosts": st.lists(TEXT, max_size=2)}
)


@settings(max_examples=200)
@given(st.lists(st.one_of(RIGHT, ENTRY), max_size=1), st.lists(ENTRY, max_size=1))
def test_what_is_read_is_what_the_schema_allows(staying: list[dict[str, Any]], waived: list[dict[str, Any]]) -> None:
    content = {"format_version": 1, "exceptions": staying, "waivers": waived}
    for entry in (*staying, *waived):
        if entry.get("product") not in ("kesl", "all", None):
            entry["product"] = "kesl"
    ids = [entry.get("id") for entry in (*staying, *waived)]
    fits = problems("exceptions", content) == [] and len(set(map(str, ids))) == len(ids)
    try:
        _parse(content)
    except AvshiftError:
        assert not fits
    else:
        assert fits


def test_the_example_in_the_documents_is_one() -> None:
    page = (REPOSITORY / "docs" / "approval.md").read_text(encoding="utf-8")
    example = page.partition("```yaml\n")[2].partition("```")[0]
    granted = exceptions.parse(example.encode(), "example", PRODUCTS)
    assert {bool(entry["product"]) for entry in granted} == {True, False}


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2027-01-31", "2027-01-31T23:59:59Z"),
        ("2028-02-29", "2028-02-29T23:59:59Z"),
        ("2027-01-31T12:00:00Z", "2027-01-31T12:00:00Z"),
        ("0000-01-01", None),
        ("2027-13-01", None),
        ("2027-00-01", None),
        ("2027-01-31T12:60:00Z", None),
        ("2027-01-31 12:00:00", None),
        ("２０２７-01-31", None),
        (None, None),
        (20270131, None),
    ],
)
def test_end_of_a_day_or_time(text: object, end: str | None) -> None:
    assert end_of(text) == end
