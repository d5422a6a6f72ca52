"""Two runs are compared host by host; what is the same is counted, and what cannot be read is named."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import compare
from hypothesis import given
from hypothesis import strategies as st
from plans import VERSIONS, case_of, plan_of

RUN = {"change_id": "", "time": "2026-01-02T03:04:05Z", **VERSIONS}
PLANNED = runs.of_plan("full", {"plan": plan_of(case_of("full"), "full")}, RUN)
CLEAN = runs.of_plan("clean", {"plan": plan_of(case_of("clean"), "clean")}, RUN)


def _migrated() -> dict[str, Any]:
    """Return the record of the host full after its migration."""
    looked = {
        "findings": [],
        "evidence": [],
        "unknowns": [],
        "complete": True,
        "removed_before": ["kesl"],
        "earlier_runs": [{"window_seconds": 0.25, "retained": {"files": 7, "bytes": 9}}],
    }
    results = {"planned": {"plan": PLANNED["plan"]}, "collected": looked, "proven": {"checks": [], "result": "ok"}}
    return runs.of_run("full", "migrate", {**RUN, "time": "2026-02-02T03:04:05Z"}, results)


def _compared(earlier: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    return compare.compose(*([(name, found, "") for name, found in sorted(side.items())] for side in (earlier, later)))


def test_a_host_that_was_migrated() -> None:
    content = _compared({"full": PLANNED, "clean": CLEAN}, {"full": _migrated(), "clean": CLEAN})
    assert content["changed"] == [
        {
            "host": "full",
            "verdict": "removed_verified",
            "changes": [
                "verdict was planned, is now removed_verified",
                "kesl was found, is no longer",
                "kesl_gui was found, is no longer",
                "klnagent was found, is no longer",
                "self-test was none, is now ok",
                "unprotected window was -, is now 0.250 s",
                "files archived was 0, is now 7",
            ],
        }
    ]
    assert content["moved"] == [{"was": "planned", "now": "removed_verified", "hosts": 1}]
    assert (content["same"], content["new"], content["gone"]) == (1, [], [])
    told = compare.files(content)["comparison.md"]
    assert "1 host changed, 1 the same, 0 new, 0 gone; 1 clean before, 2 now." in told
    assert "kesl was found, is no longer" in told
    assert "| planned | removed\\_verified | 1 |" in told
    assert compare.lines(content)[-1].startswith("1 host changed")


def test_a_product_that_was_updated_and_what_was_granted() -> None:
    later = copy.deepcopy(PLANNED)
    later["plan"]["findings"][0].update(version="12.2.0", state="installed")
    later["plan"]["findings"][1]["version"] = ""
    granted = {"product": "kesl", "preflight": None, "approver": "Jane", "reason": "r", "expires": "2027-01-31"}
    later["exceptions"] = [{"id": "EX-1", "hosts": ["*"], **granted, "status": "in_force"}]
    later["run"]["catalog_digest"] = "d" * 64
    later["plan"]["preflight"].append({"id": "disk_space", "level": "error", "accepted": False})
    [changed] = _compared({"full": PLANNED}, {"full": later})["changed"]
    assert changed["changes"] == [
        "kesl was 12.1.0-1297, is now 12.2.0",
        "kesl was running, is now installed",
        "kesl_gui was 12.1.0-1297, is now not known",
        "catalog was cccccccccccc, is now dddddddddddd",
        "preflight disk_space now blocks it",
        "exception EX-1 was not there, is now in_force",
    ]
    [back] = _compared({"full": later}, {"full": PLANNED})["changed"]
    assert "preflight disk_space no longer blocks it" in back["changes"]


def test_what_changes_with_every_run_is_no_change() -> None:
    later = copy.deepcopy(PLANNED)
    later["run"]["time"] = "2027-01-01T00:00:00Z"
    later["plan"]["shown"]["processes"] = {}
    later["plan"]["shown"]["free_bytes"] = 1
    assert _compared({"full": PLANNED}, {"full": later})["same"] == 1


def test_hosts_that_came_and_went() -> None:
    content = _compared({"clean": CLEAN}, {"full": PLANNED})
    assert content["new"] == [{"host": "full", "verdict": "planned"}]
    assert content["gone"] == [{"host": "clean", "verdict": "never_present"}]
    assert "## Hosts that are new: 1" in compare.files(content)["comparison.md"]


@pytest.mark.parametrize("broken", [{"plan": [1]}, {"verification": 1}, {"run": {}}, {"window_seconds": "x"}])
def test_a_record_that_cannot_be_read_is_named_and_is_neither_new_nor_gone(broken: dict[str, Any]) -> None:
    for sides in (
        ({"full": PLANNED}, {"full": {**PLANNED, **broken}}),
        ({"full": {**PLANNED, **broken}}, {"full": PLANNED}),
    ):
        content = _compared(*sides)
        found = content["damaged"]["earlier"] + content["damaged"]["later"]
        assert [damaged["file"] for damaged in found] == ["full"]
        assert (content["new"], content["gone"], content["changed"], content["same"]) == ([], [], [], 0)
        assert "1 record could not be read" in compare.lines(content)[-1]
    content = compare.compose([("a.json", None, "it is no JSON")], [])
    assert content["damaged"]["earlier"] == [{"file": "a.json", "problem": "it is no JSON"}]


def test_folders_are_read_as_records_are_written(tmp_path: Path) -> None:
    for side, found in (("was", (PLANNED, CLEAN)), ("now", (_migrated(), CLEAN))):
        for record in found:
            records.write(records.path_of(str(tmp_path / side), record["host"]), record)
    content = compare.compose(*(records.read(str(tmp_path / side)) for side in ("was", "now")))
    assert [found["host"] for found in content["changed"]] == ["full"]


@given(st.sets(st.text("abc%.", min_size=1, max_size=3)), st.sets(st.text("abc%.", min_size=1, max_size=3)))
def test_every_host_is_counted_once_and_read_once(was: set[str], now: set[str]) -> None:
    asked: list[str] = []

    def read(hosts: set[str]) -> Iterator[compare.Read]:
        for host in sorted(hosts):
            asked.append(host)
            yield host, {**CLEAN, "host": host}, ""

    content = compare.compose(read(was), read(now))
    assert content["same"] == len(was & now)
    assert {found["host"] for found in content["new"]} == now - was
    assert {found["host"] for found in content["gone"]} == was - now
    assert len(asked) == len(was) + len(now)


def test_hostile_names_do_no_harm_in_the_document_for_people() -> None:
    evil = "<script>|\n# x \u202e"
    content = _compared({}, {"a": {**CLEAN, "host": evil}})
    told = compare.files(content)["comparison.md"]
    assert not {"<script>", "\n# x", "\u202e"} & {part for part in ("<script>", "\n# x", "\u202e") if part in told}


def test_the_document_for_people_has_an_end() -> None:
    later = {f"h{number:05}": {**CLEAN, "host": f"h{number:05}"} for number in range(compare.MOST_SHOWN + 5)}
    content = _compared({}, later)
    assert "- and 5 more, which are in comparison.json" in compare.files(content)["comparison.md"]
    assert len(content["new"]) == compare.MOST_SHOWN + 5
