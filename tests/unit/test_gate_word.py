"""A ring's permission counts only if it is whole, for this ring, and valid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import gate_word

UNSIGNED: dict[str, Any] = {"require_signature": False, "allowed_signers": None, "signer": None}
WORD: dict[str, Any] = {
    "format_version": 1,
    "kind": gate_word.KIND,
    "plan_digest": "d",
    "ring": "pilot",
    "approver": "jane",
    "reason": "CHG1",
    "time": "2026-05-01T00:00:00Z",
    "valid_until": "2030-06-01T00:00:00Z",
}


def _missing(folder: Path, **changed: Any) -> str:
    plan = str(folder / "plan.json")
    gate_word.path_of(plan, "pilot").write_text(json.dumps({**WORD, **changed}), encoding="utf-8")
    return gate_word.missing(plan, "d", "pilot", UNSIGNED, "2030-01-01T00:00:00Z")


@pytest.mark.parametrize("end", [WORD["valid_until"], None])
def test_a_word_that_is_whole_counts(tmp_path: Path, end: str | None) -> None:
    assert _missing(tmp_path, valid_until=end) == ""


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        *(
            ("valid_until", end, "until when")
            for end in ("2026-6-1", "2026-06-31T00:00:00Z", "2026-06-01T00:00:00+02:00", 20260601, False, "")
        ),
        ("valid_until", "2029-12-31T23:59:59Z", "it was valid until"),
        ("time", None, "when it was written"),
        ("time", "2031-01-01T00:00:00Z", "a clock is wrong"),
        ("format_version", 99, "format version 99"),
        ("format_version", True, "format version True"),
        ("approver", None, "who approved it"),
        ("reason", " ", "who approved it, and why"),
        ("ring", "rest", "for another plan or ring"),
    ],
)
def test_a_word_that_is_not_whole_does_not_count(tmp_path: Path, key: str, value: Any, words: str) -> None:
    assert words in _missing(tmp_path, **{key: value})
