"""A host that talks to Kaspersky is never verified silently: it fails or gets a warning, and is a deviation."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.avshift.endpoint.plugins.action.migration_record import _told
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import runs, talking
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import facts, junit, markdown
from hostile_records import RUN
from reports import report_of
from schemas import problems

TALKING = {
    "id": "repository_of_vendor",
    "level": "error",
    "title": "Packages are downloaded from the vendor",
    "diagnosis": "/etc/apt/sources.list line 1: deb http://kaspersky.com/ x y",
    "remediation": "Remove it.",
}
QUIET = {**TALKING, "id": "rule_left_to_owner", "level": "info"}
KESL = {"id": "kesl", "class": "product", "state": "running", "reasons": ["process:x"], "name": "K", "version": "1"}
KESL = {**KESL, "confidence": "confirmed", "problems": [], "mode": ""}
EXEMPT = [{"id": "e", "product": "kesl", "status": "in_force", "hosts": "*", "approver": "a", "reason": "r"}]
EXEMPT[0]["expires"] = "2099-01-01"


def _record(
    mode: str = "verify", items: tuple[dict[str, str], ...] = (TALKING,), findings: tuple[dict[str, Any], ...] = ()
) -> dict[str, Any]:
    collected = {
        "findings": list(findings),
        "evidence": [],
        "unknowns": [],
        "complete": True,
        "removed_before": ["kesl"],
        "earlier_runs": [],
        "silence": {"result": "talks" if TALKING in items else "silent", "signs": list(items)},
    }
    results = {"collected": collected, "proven": {"result": "ok", "checks": []}}
    return runs.of_run("web1", mode, RUN, results, EXEMPT if findings else [])


def _judged(record: dict[str, Any], silent: bool) -> dict[str, Any]:
    return _told(record, "Verdict on web1", {}, silent)


def test_verification_of_a_host_that_talks_fails_and_says_by_what() -> None:
    record = _record()
    assert record["verdict"] == "removed_verified"
    told = _judged(record, silent=True)
    assert (told["success"], told["failed"]) == (False, True)
    assert "/etc/apt/sources.list line 1" in told["msg"]


def test_a_host_that_may_talk_is_warned_of_and_does_not_fail() -> None:
    told = _judged(_record(), silent=False)
    assert (told["success"], "failed" in told) == (True, False)
    assert "/etc/apt/sources.list line 1" in told["warnings"][0]


@pytest.mark.parametrize("items", [(), (QUIET,)], ids=["nothing", "a rule of the owner's"])
def test_a_silent_host_is_a_success_without_a_warning(items: tuple[dict[str, str], ...]) -> None:
    told = _judged(_record(items=items), silent=True)
    assert (told["success"], "warnings" in told, "failed" in told) == (True, False, False)


def test_a_product_that_an_exception_keeps_talks_by_agreement() -> None:
    record = _record(findings=(KESL,))
    assert (record["verdict"], talking.of(record)) == ("excepted", [])
    assert _judged(record, silent=True)["success"]


def test_a_waived_console_check_is_no_leave_to_talk() -> None:
    assert talking.of({**_record(), "verdict": "excepted"}) != []


@pytest.mark.parametrize("mode", ["migrate", "verify"])
def test_the_report_counts_it_as_a_deviation(mode: str) -> None:
    record = {**_record(), "mode": mode}
    assert problems("record", {**record, "mode": "verify"}) == []
    host = facts.of_record("a.json", record, ())
    assert [one["what"] for one in host["deviations"]] == ["silence"]
    assert "kaspersky.com" in host["deviations"][0]["actual"]


def test_documents_lead_with_it_and_ci_fails_for_it() -> None:
    with report_of([("a.json", _record(), "")]) as report:
        assert any("Connecting to Kaspersky, or configured to: 1 host" in line for line in markdown.lines(report))
        assert "Still connecting to the vendor" in "".join(markdown.text(report))
        suite = ElementTree.fromstring("".join(junit.text(report)).partition("\n")[2])
    assert (suite.get("failures"), suite.get("tests")) == ("1", "1")
    failure = suite.find(".//failure")
    assert failure is not None
    assert "/etc/apt/sources.list" in str(failure.get("message"))
