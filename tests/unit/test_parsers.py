"""Outputs under tests/fixtures are understood as the file beside them says, and no text makes a parser fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsers import PARSERS
from support import FIXTURES, cases, load_yaml, name_of

WORDS = ["Package: ", "Status: ", "Version", ":", "=", "[", "]", "Inst ", "Purg ", "(", "fanotify ", "mask:", "ino:"]
WORDS += ["Name: ", "Value:", ",", "x", "0", "30000", " ", "\t", "\n", "²", "٣", "\udcff", "\x00", "\x85", "\u2028"]
LINES = st.lists(
    st.one_of(st.text(st.characters(), max_size=40), st.lists(st.sampled_from(WORDS)).map("".join)), max_size=12
)


def _plain(content: Any) -> Any:
    """Return content without tuples, as YAML has it."""
    return json.loads(json.dumps(content))


def test_every_parser_has_outputs() -> None:
    assert {path.name for path in (FIXTURES / "outputs").iterdir()} == set(PARSERS)


@pytest.mark.parametrize("path", cases("outputs", "*.txt"), ids=name_of)
def test_output_is_understood_as_expected(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert _plain(PARSERS[path.parent.name](lines)) == load_yaml(path.with_suffix(".yml"))


@given(LINES)
def test_groups_are_well_formed(lines: list[str]) -> None:
    for name, gid, members in PARSERS["accounts"](lines):
        assert name
        assert gid >= 0
        assert all(members)


@pytest.mark.parametrize("number", ["²", "٣", "１", "", " 5", "-5", "+5", "1_0"])
def test_group_number_of_other_than_digits_is_no_group(number: str) -> None:
    assert PARSERS["accounts"]([f"kesladmin:x:{number}:"]) == []


@given(LINES)
def test_answers_are_well_formed(lines: list[str]) -> None:
    for name, value in PARSERS["debconf"](lines):
        assert name == name.strip()
        assert value == value.strip()


@given(LINES)
def test_stanzas_are_well_formed(lines: list[str]) -> None:
    for stanza in PARSERS["dpkg_status"](lines):
        assert "name" in stanza
        assert set(stanza) <= {"name", "architecture", "version", "status"}


@given(LINES)
def test_release_is_well_formed(lines: list[str]) -> None:
    for key, value in PARSERS["host"](lines).items():
        assert key == key.strip()
        assert isinstance(value, str)


@given(LINES)
def test_sections_lose_no_line(lines: list[str]) -> None:
    found = PARSERS["ini_sections"](lines)
    assert [line for _name, block in found for line in block] == lines
    for name, block in found[1:]:
        assert block[0].strip() == f"[{name}]"


@given(LINES)
def test_marks_are_well_formed(lines: list[str]) -> None:
    for target, mask in PARSERS["interception"](lines):
        assert target.startswith(("ino:", "mnt_id:", "sdev:"))
        assert isinstance(mask, int)


@given(LINES)
def test_mount_points_are_well_formed(lines: list[str]) -> None:
    assert len(PARSERS["mounts"](lines)) == sum(line.count(" ") > 3 for line in lines)


@given(LINES)
def test_changes_are_well_formed(lines: list[str]) -> None:
    for action, name, old, new in PARSERS["package_changes"](lines):
        assert action in ("Inst", "Remv", "Purg")
        assert name.strip() == name != ""
        assert isinstance(old, str)
        assert isinstance(new, str)


@given(LINES)
def test_properties_are_well_formed(lines: list[str]) -> None:
    for unit in PARSERS["systemd"](lines):
        assert unit
        assert all("=" not in key for key in unit)
