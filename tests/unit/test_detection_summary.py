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
    assert detection.of_host(_record("a", [])) == "nothing of Kaspersky's"
    assert detection.of_host(_record("a", UNREAD)) == "1 things could not be checked"
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
    assert detection.summary([]) == ["Nothing of Kaspersky's was found.", "", "0 hosts: no hosts"]


def test_hostile_names_do_no_harm() -> None:
    record = _record("a\x1b[2Jb", [{"path": "/opt/kaspersky/\x1b]0;x\x07\n"}])
    assert "\x1b" not in "".join([detection.of_host(record), *detection.summary([record])])


def test_long_lists_of_what_is_not_known_are_cut_off() -> None:
    unread = [{"path": f"/opt/kaspersky/p{number}", "unknown": "no"} for number in range(20)]
    assert "… and 5 more, in the records" in detection.summary([_record("a", unread)])
