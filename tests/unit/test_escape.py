"""Nothing that a host reports has a meaning in a document."""

from __future__ import annotations

import csv
import io
import re
import unicodedata

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.carry_out.diff import of_step
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.escape import (
    CELL_LIMIT,
    FORMULA,
    cell,
    fenced,
    in_csv,
    visible,
)
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.plan.changes import diff
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.table import table
from ansible_collections.avshift.endpoint.plugins.plugin_utils.visible import all_visible
from hypothesis import example, given
from hypothesis import strategies as st

PIECES = ["`", "```", "~~~", "\n", "\r", "\r\n", "\u2028", "\x85", "\x0b", "\\", "|", "<b>", "&lt;", "*", "_", "[x](y)"]
PIECES += ["\u202e", "\x1b[31m", "\udcff", "#", "!", "$", "    ", "\t", "x", "----", "+++", "@@", "\ufeff"]
HOSTILE = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
ESCAPED = re.compile(r"\\[!-/:-@\[-`{-~]")
ENTITY = re.compile(r"&(?:amp|lt|gt);|<!-- -->")


def _hidden(text: str) -> list[str]:
    return [char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")]


@given(HOSTILE)
@example("\\|")
@example("\\\\|")
def test_cell_has_no_markup_and_no_line_end(text: str) -> None:
    made = cell(text)
    assert _hidden(made) == []
    assert not re.search(r"[|`*_\[\]#<>&~!]", ENTITY.sub("", ESCAPED.sub("", made)))


LINKS = ["http:", "//", "www", "www.", "a", ".b", "@", " ", "_", "HTTPS://evil.example", "me@evil.example", "@team"]


@given(st.lists(st.sampled_from([*PIECES, *LINKS]), max_size=12).map("".join))
@example("https://evil.example www.evil.example @team a@_b.example")
def test_no_text_becomes_a_link_or_calls_anyone(text: str) -> None:
    assert not re.search(r"://|www\.|@(?!<!-- -->)\S", cell(text), re.IGNORECASE)


@given(HOSTILE)
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    harmless = re.sub(r"(/|w)+", r"\1", re.sub(r"[^A-Za-vx-z0-9 w/.:,äöü-]", "", text))[:CELL_LIMIT]
    assert cell(harmless) == harmless


CELLS = st.one_of(HOSTILE, st.lists(st.sampled_from([*';;,"\t =-@＝', "=1+1", "x", "\r\n"]), max_size=9).map("".join))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@given(rows=st.lists(st.lists(CELLS, min_size=2, max_size=3), min_size=1, max_size=3))
@example(rows=[["y;=1+1;z", 'a,b;"=1"']])
def test_no_cell_of_a_table_is_a_formula_whatever_separates_cells(separator: str, rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([in_csv(value, CELL_LIMIT) for value in row] for row in rows)
    read = csv.reader(io.StringIO(text.getvalue(), newline=""), delimiter=separator)
    assert [value for row in read for value in row if value.lstrip().startswith(FORMULA)] == []


@given(HOSTILE, st.integers(1, 40))
def test_visible_text_is_no_longer_than_its_limit(text: str, limit: int) -> None:
    made = visible(text, limit)
    assert len(made) <= limit + 1
    assert _hidden(made) == []
    assert made.endswith("…") or len(text) <= limit


@given(HOSTILE)
@example("```\n# heading\n```")
@example("    ````\n\t~~~")
@example("`" * 60)
def test_nothing_ends_a_fence(text: str) -> None:
    lines = fenced(text, "diff").split("\n")
    fence = lines[0][: -len("diff")]
    assert set(fence) == {"`"}
    assert lines[-1] == fence
    assert len(fence) >= 3
    for line in lines[1:-1]:
        assert not line.strip(" \t").startswith(fence)
        assert [char for char in _hidden(line) if char != "\t"] == []


def test_long_text_is_cut_where_one_sees_it() -> None:
    assert len(cell("x" * 10_000)) == CELL_LIMIT + 1
    assert "…" in fenced("x" * 30_000)
    assert of_step(_step("x" * 30_000, ""))["before"].endswith("(shortened here)\n")


def _step(before: str, after: str) -> dict[str, str]:
    return {"id": "01", "title": "Write it", "before": before, "after": after}


@given(
    st.lists(st.sampled_from(["a", "-- b", "++ c", "@@ d", "-", "+", "--", " e"])),
    st.lists(st.sampled_from(["a", "f"])),
)
def test_diff_shows_every_line_that_goes_and_comes(before: list[str], after: list[str]) -> None:
    shown = diff(_step("\n".join(before), "\n".join(after))).splitlines()
    gone = [line for line in before if line not in after]
    come = [line for line in after if line not in before]
    assert [line for line in gone if f"-{line}" not in shown] == []
    assert [line for line in come if f"+{line}" not in shown] == []


@given(st.lists(st.lists(HOSTILE, min_size=2, max_size=2), max_size=5))
def test_table_of_a_terminal_has_one_line_a_row(rows: list[list[object]]) -> None:
    lines = table(["host", "verdict"], rows)
    assert len(lines) == len(rows) + 2
    assert [char for line in lines for char in _hidden(line)] == []


@pytest.mark.parametrize("mark", list("\u034f\u115f\u1160\u180b\u2800\u3164\ufe00\ufe0f\uffa0\U000e0100\U000e01ef"))
def test_two_names_that_look_alike_by_what_is_not_drawn_are_told_apart(mark: str) -> None:
    assert visible(f"web{mark}1") == f"web{mark.encode('unicode_escape').decode()}1"
    assert cell(f"web{mark}1") != cell("web1")
    assert visible("wëb1 ✔ 日本") == "wëb1 ✔ 日本"


@pytest.mark.parametrize("text", ["\x1b]0;title\x07", "a\u202eb", "\udcff", "line\nline"])
def test_what_is_hidden_is_shown_as_an_escape(text: str) -> None:
    assert visible(text).isascii()
    assert "\\" in visible(text)


def test_every_text_of_a_result_is_made_visible() -> None:
    told = {"checks": ({"detail": "a\x9b31m\u202eb\tc\nd"},), "seconds": 1.5, "x\x1b": None}
    assert all_visible(told) == {
        "checks": [{"detail": "a\\x9b31m\\u202eb\tc\nd"}],
        "seconds": 1.5,
        "x\\x1b": None,
    }
