"""The record of a detection, the line of a host, and the summary of a fleet."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import detection
from schemas import problems
from support import CATALOG, evidence

RUN = {"change_id": "", "time": "2026-01-01T00:00:00Z", "collection_version": "0.1.0", "catalog_digest": "0" * 64}
KESL = [{"package": "kesl", "version": "12.1.0-1297"}, {"path": "/opt/kaspersky/kesl/libexec/kesl", "type": "file"}]
SERVER = [{"package": "ksc64", "version": "15.1.0-11795"}, {"path": "/opt/kaspersky/ksc64"}]
UNREAD = [{"path": "/opt/kaspersky/kesl", "unknown": "permission denied"}]
UNREAD_MENTION = [{"mention": "/etc/postfix", "unknown": "permission denied"}]
GONE = [{"journal": "/var/lib/avshift/journal.json", "runs": [{"digest": "a", "status": "done", "products": ["kesl"]}]}]


def _record(host: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    record = runs.of_detection(host, answer(evidence({"evidence": items}), CATALOG), RUN)
    assert problems("record", record) == []
    return record


@pytest.mark.parametrize(
    ("items", "verdict"),
    [
        ([], "never_present"),
        (KESL, "detected"),
        (SERVER, "detected"),
        (UNREAD, "unknown"),
        ([*KESL, {"path": "/opt/kaspersky/klnagent64", "unknown": "permission denied"}], "detected"),
        (UNREAD_MENTION, "never_present"),
        (KESL + UNREAD_MENTION, "detected"),
        (GONE, "removed_verified"),
        (GONE + UNREAD, "unknown"),
    ],
)
def test_verdict_of_looking(items: list[dict[str, Any]], verdict: str) -> None:
    assert _record("host", items)["verdict"] == verdict


@pytest.mark.parametrize("result", [None, {}, {"unreachable": True, "msg": "gone"}, {"failed": True, "msg": "no"}])
def test_host_without_an_answer_is_unknown(result: dict[str, Any] | None) -> None:
    assert runs.of_detection("host", result, RUN)["verdict"] == "unknown"


def test_line_of_a_host_tells_what_is_there_and_how_much_is_not_known() -> None:
    assert detection.of_host(_record("a", KESL)) == "kesl 12.1.0-1297 installed"
    assert detection.of_host(_record("a", [])) == "no Kaspersky software"
    assert detection.of_host(_record("a", UNREAD)) == "1 thing could not be checked"
    cut_off = [{**KESL[0], "status": "install ok half-configured"}, KESL[1]]
    assert detection.of_host(_record("a", cut_off)) == "kesl 12.1.0-1297 broken (package_state)"


def test_summary_counts_every_host_once_a_line() -> None:
    records = [_record(f"kesl-{number}", KESL) for number in range(5)] + [_record("clean", []), _record("x", UNREAD)]
    records.append(runs.of_detection("gone", {"unreachable": True, "msg": "no route"}, RUN))
    lines = detection.summary(records)
    assert [line.split() for line in lines if line.startswith("kesl ")] == [
        ["kesl", "12.1.0-1297", "installed", "confirmed", "5", "kesl-0,", "kesl-1,", "kesl-2,", "…"]
    ]
    assert any(line.startswith("path:/opt/kaspersky/kesl ") and line.endswith(" x") for line in lines)
    assert any(line.startswith("the whole host ") and line.endswith(" gone") for line in lines)
    assert lines[-1] == "8 hosts: 5 detected, 1 never_present, 2 unknown"


def test_summary_of_nothing() -> None:
    assert detection.summary([])[-1] == "0 hosts: no hosts"
    assert "No Kaspersky software was found." not in detection.summary([])


SILENT = {
    "sudo": {"failed": True, "msg": "Task failed: Missing sudo password"},
    "gone": {"unreachable": True, "msg": "Reaching the host: gone: no route to host. See that it is up."},
    "old": {
        "failed": True,
        "code": "python_missing",
        "msg": "Checking the host: old: it has no python3. Install it.",
    },
    "mute": None,
}


def _silent(host: str) -> dict[str, Any]:
    return runs.of_detection(host, SILENT[host], RUN)


def test_a_run_in_which_no_host_answered_says_nothing_of_what_is_there() -> None:
    lines = detection.summary([_silent(host) for host in SILENT])
    assert lines[0] == "0 of 4 hosts answered, 0 of them could be checked completely."
    assert not [line for line in lines if "was found" in line]
    assert "It is not known whether Kaspersky is there: no host could be checked completely." in lines


def test_the_reason_is_the_cause_and_names_no_host() -> None:
    lines = detection.summary([_silent(host) for host in SILENT])
    told = {line.split("  ")[-1]: line for line in lines if line.startswith("the whole host")}
    assert "Missing sudo password " in told["sudo"]
    assert "no route to host " in told["gone"]
    assert "python_missing: it has no python3 " in told["old"]
    assert "no_result" in told["mute"]


@pytest.mark.parametrize(
    ("records", "looked_at", "nothing"),
    [
        ([_record("a", [])], "1 of 1 hosts answered, 1 of them", "No Kaspersky software was found."),
        ([_record("a", []), _record("b", UNREAD)], "2 of 2 hosts answered, 1 of them", "on the 1 that could"),
        ([_record("a", []), _silent("gone")], "1 of 2 hosts answered, 1 of them", "on the 1 that could"),
        ([_record("b", UNREAD), _silent("gone")], "1 of 2 hosts answered, 0 of them", "is not known"),
    ],
)
def test_summary_leads_with_how_many_were_looked_at(
    records: list[dict[str, Any]], looked_at: str, nothing: str
) -> None:
    lines = detection.summary(records)
    assert lines[0].startswith(looked_at)
    assert nothing in lines[2]


def test_hostile_names_do_no_harm() -> None:
    record = _record("a\x1b[2Jb", [{"path": "/opt/kaspersky/\x1b]0;x\x07\n"}])
    assert "\x1b" not in "".join([detection.of_host(record), *detection.summary([record])])


def test_long_lists_of_what_is_not_known_are_cut_off() -> None:
    unread = [{"path": f"/opt/kaspersky/p{number}", "unknown": "no"} for number in range(20)]
    assert "… and 5 more, in the records" in detection.summary([_record("a", unread)])
