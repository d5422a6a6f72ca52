"""Records are written completely, read if they are complete, and named if they are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from hypothesis import given
from hypothesis import strategies as st
from plans import VERSIONS, case_of, plan_of
from reports import content_of
from schemas import problems

RUN = {"change_id": "", "time": "2026-01-02T03:04:05Z", **VERSIONS}
RECORD = runs.of_plan("full", {"plan": plan_of(case_of("full"), "full")}, RUN)


def _read(folder: Path) -> list[tuple[str, dict[str, Any] | None, str]]:
    return list(records.read(str(folder)))


def test_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    records.write(records.path_of(str(tmp_path / "new" / "folder"), "full"), RECORD)
    assert _read(tmp_path / "new" / "folder") == [("full.json", RECORD, "")]
    assert problems("record", RECORD) == []


def test_writing_leaves_no_draft(tmp_path: Path) -> None:
    for _time in range(2):
        records.write(tmp_path / "full.json", RECORD)
    assert [path.name for path in tmp_path.iterdir()] == ["full.json"]


def test_writing_where_it_cannot_be_done_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for path in (tmp_path / "file" / "full.json", tmp_path / ("x" * 300)):
        with pytest.raises(AvshiftError) as caught:
            records.write(path, RECORD)
        assert caught.value.code == "not_written"


@given(st.text(min_size=1, max_size=60))
def test_record_of_any_host_is_one_file_of_its_own_in_the_folder(host: str) -> None:
    path = records.path_of("/records", host)
    assert path.parent == Path("/records")
    assert path.name.endswith(".json")
    assert records.path_of("/records", host + "x") != path


@pytest.mark.parametrize("long", ["x" * 300, "a~b" * 100])
def test_no_host_is_called_as_the_file_of_another(long: str) -> None:
    path = records.path_of("/records", long)
    namesake = records.path_of("/records", unquote(path.stem))
    assert namesake != path
    assert records.path_of("/records", unquote(namesake.stem)) not in (path, namesake)
    # What only has the mark in it keeps the name that its records have.
    assert records.path_of("/records", f"db~{'0' * 64}").stem == f"db~{'0' * 64}"


WHOLE = json.dumps(RECORD)
UNREADABLE = {
    "empty": "",
    "cut-off": WHOLE[: len(WHOLE) // 2],
    "binary": "\udcff\udcfe",
    "nested": "[" * 100_000,
    "list": "[]",
    "foreign": '{"kind": "avshift.endpoint plan", "format_version": 1}',
    "newer": json.dumps({**RECORD, "format_version": 2}),
    "of-no-version": json.dumps({**RECORD, "format_version": "1"}),
    "of-version-true": json.dumps({**RECORD, "format_version": True}),
}


@pytest.mark.parametrize("name", sorted(UNREADABLE))
def test_record_that_cannot_be_read_is_named_and_the_others_are_read(name: str, tmp_path: Path) -> None:
    records.write(tmp_path / "whole.json", RECORD)
    (tmp_path / f"{name}.json").write_text(UNREADABLE[name], encoding="utf-8", errors="surrogateescape")
    found = {file: (record, problem) for file, record, problem in _read(tmp_path)}
    assert found["whole.json"] == (RECORD, "")
    assert found[f"{name}.json"][0] is None
    assert found[f"{name}.json"][1]


def test_folder_and_dead_link_of_a_record_s_name_are_named(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "link.json").symlink_to("nowhere")
    assert [(name, record, bool(problem)) for name, record, problem in _read(tmp_path)] == [
        ("folder.json", None, True),
        ("link.json", None, True),
    ]


def test_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(AvshiftError, match="no such folder") as caught:
        _read(tmp_path / "none")
    assert caught.value.code == "records_missing"


ODD: list[dict[str, Any]] = [{key: None} for key in ("run", "outcomes", "host")]
ODD += [
    {"plan": {"findings": 1}},
    {"outcomes": {"stage": [{}]}},
    {"window_seconds": "long"},
    {"verification": {"collected": {"earlier_runs": [{"retained": {}}]}, "proof": None}},
    {"verification": {"collected": {"earlier_runs": [7]}, "proof": {"result": "ok"}}},
]


@pytest.mark.parametrize("changed", ODD, ids=str)
def test_one_odd_record_does_not_keep_the_fleet_from_its_report(changed: dict[str, Any], tmp_path: Path) -> None:
    records.write(tmp_path / "odd.json", {**RECORD, **changed})
    records.write(tmp_path / "whole.json", RECORD)
    content = content_of(records.read(str(tmp_path)))
    assert [host["host"] for host in content["hosts"]] == ["full"]
    assert [found["file"] for found in content["damaged"]] == ["odd.json"]


def test_record_without_one_of_its_keys_is_damaged(tmp_path: Path) -> None:
    for key in RECORD:
        records.write(tmp_path / f"{key}.json", {name: value for name, value in RECORD.items() if name != key})
    content = content_of(records.read(str(tmp_path)))
    assert [found["file"] for found in content["damaged"]] == sorted(f"{key}.json" for key in RECORD)
