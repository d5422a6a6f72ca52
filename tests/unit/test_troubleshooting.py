"""docs/troubleshooting.md has an entry for every code that a message can have, and no entry without a code."""

from __future__ import annotations

import re

import pytest
from codes import all_codes
from support import REPOSITORY

PAGE = (REPOSITORY / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
ENTRY = re.compile(r"^\| `([a-z_]+)` \| (.+) \| (.+) \|$", re.MULTILINE)
ENTRIES = ENTRY.findall(PAGE)


def test_every_code_has_its_entry_and_no_entry_is_without_a_code() -> None:
    told = [code for code, _cause, _remedy in ENTRIES]
    assert sorted(told) == sorted(set(told))
    assert set(told) == all_codes()


@pytest.mark.parametrize("code", ["signers_unreadable", "home_hangs", "unit_condition", "plan_drifted", "root_needed"])
def test_a_code_is_seen_however_it_is_given(code: str) -> None:
    assert code in all_codes()


@pytest.mark.parametrize(("code", "cause", "remedy"), ENTRIES, ids=[entry[0] for entry in ENTRIES])
def test_an_entry_is_sentences_of_a_cause_and_of_what_to_do(code: str, cause: str, remedy: str) -> None:
    assert len(cause.split()) >= 4
    assert len(remedy.split()) >= 2
    assert cause.endswith(".")
    assert remedy.endswith(".")
