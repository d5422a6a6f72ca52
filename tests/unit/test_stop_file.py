"""Anything with the name of a stop file stops, and its content is shown and never evaluated."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import stop_file

NOW = "2026-05-12T10:00:00Z"
KIND = {"kind": stop_file.KIND}


def test_without_one_hosts_are_started(tmp_path: Path) -> None:
    for path in (None, "", str(tmp_path / "STOP"), "no-such-folder/STOP"):
        assert stop_file.why(path) == ""
        stop_file.refuse(path, "web1")


def test_one_that_was_written_says_who_and_why(tmp_path: Path) -> None:
    path = tmp_path / "STOP"
    path.write_text(stop_file.text("jane", "mail is slow", NOW), encoding="utf-8")
    assert stop_file.why(str(path)) == f"{path} is there: jane stopped the rollout at {NOW}: mail is slow"
    with pytest.raises(AvshiftError) as caught:
        stop_file.refuse(str(path), "web1")
    assert caught.value.code == "not_begun"
    assert str(caught.value).startswith(f"Migrating: web1: it was not started: {path} is there")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "x",
        "[1]",
        "null",
        '"text"',
        json.dumps({"by": "jane"}),
        "[" * 100_000,
        "\0",
        "{" * 9,
        json.dumps({"kind": 1}),
    ],
)
def test_any_other_content_stops_too(tmp_path: Path, content: str) -> None:
    path = tmp_path / "STOP"
    path.write_text(content, encoding="utf-8")
    assert stop_file.why(str(path)) == f"{path} is there"


@pytest.mark.parametrize("told", [{"by": "a\x1b[2Jb"}, {"by": 5, "reason": ["x"]}, {"reason": "y" * 10_000}])
def test_what_it_says_cannot_write_over_a_terminal_or_fill_it(tmp_path: Path, told: dict[str, Any]) -> None:
    path = tmp_path / "STOP"
    path.write_text(json.dumps({**KIND, **told}), encoding="utf-8")
    said = stop_file.why(str(path))
    assert said.startswith(f"{path} is there: ")
    assert said.isprintable()
    assert len(said) < len(str(path)) + 700


@pytest.mark.parametrize("kind", ["folder", "pipe", "dangling link", "huge"])
def test_anything_else_of_its_name_stops_without_blocking(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "STOP"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "dangling link":
        path.symlink_to(tmp_path / "none")
    else:
        path.write_bytes(b" " * (stop_file.MOST_BYTES + 1))
    assert stop_file.why(str(path)) == f"{path} is there"


@pytest.mark.parametrize("name", ["x" * 300, "share-not-mounted/STOP", "a-file/STOP"])
def test_where_it_cannot_be_seen_no_host_is_started(tmp_path: Path, name: str) -> None:
    (tmp_path / "a-file").touch()
    path = tmp_path / name
    assert stop_file.why(str(path)).startswith(f"it cannot be seen whether {path} is there (")


@pytest.mark.parametrize(
    ("by", "reason", "name"), [(" ", "why", "avshift_stop_by"), ("jane", "", "avshift_stop_reason")]
)
def test_no_rollout_is_stopped_without_a_name_and_a_reason(by: str, reason: str, name: str) -> None:
    with pytest.raises(AvshiftError, match=f"{name}: it is empty"):
        stop_file.text(by, reason, NOW)
