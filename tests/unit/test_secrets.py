"""A secret that steps receive is in no result."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.masks import OWN_WORDS, hide, masked
from ansible_collections.avshift.endpoint.plugins.module_utils.posix.running.commands import Finished
from hypothesis import given
from hypothesis import strategies as st

SECRET = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1).filter(lambda text: text not in "(secret)")


@given(SECRET, st.text(), st.text())
def test_no_text_of_a_result_holds_a_secret(secret: str, before: str, after: str) -> None:
    result = {"msg": before + secret + after, "outcomes": [{"facts": {"printed": [secret, (secret + after,)]}}]}
    cleaned = masked(result, [secret])
    texts = [cleaned["msg"].replace("(secret)", "\0"), *_texts(cleaned["outcomes"])]
    assert [text for text in texts if secret in text.replace("(secret)", "\0")] == []


def _texts(content: Any) -> list[str]:
    if isinstance(content, dict):
        return [text for value in content.values() for text in _texts(value)]
    if isinstance(content, list):
        return [text for value in content for text in _texts(value)]
    return [content]


@pytest.mark.parametrize("name", OWN_WORDS)
def test_words_on_which_others_go_on_stay_whatever_the_secret_is(name: str) -> None:
    assert masked({"failure": {name: "changed", "message": "changed"}}, ["changed"]) == {
        "failure": {name: "changed", "message": "(secret)"}
    }


def test_longer_secret_is_masked_whole_though_it_holds_another() -> None:
    assert masked(["abcdef abc"], ["abc", "abcdef"]) == ["(secret) (secret)"]
    assert masked(["abc"], ["", "x"]) == ["abc"]


LONG = "correct-horse-battery-staple-42"


@pytest.mark.parametrize("secret", [LONG, '{\n  "tenantkey": "4f1c",\n  "of": "site"\n}'])
def test_text_that_is_cut_holds_no_part_of_a_secret(secret: str) -> None:
    try:
        hide([secret])
        said = Finished(1, "", "".join(f"line {number}: pw={secret}\n" for number in range(40))).said()
    finally:
        hide([])
    for part in (secret[-9:], "tenantkey", "4f1c", "horse"):
        assert part not in said


def test_lines_of_a_secret_are_masked_wherever_they_stand() -> None:
    secret = '{\n  "tenantkey": "4f1c"\n}'
    assert masked({"printed": ["before", '  "tenantkey": "4f1c"', "}"]}, [secret])["printed"] == [
        "before",
        "  (secret)",
        "}",
    ]
    assert "4f1c" not in str(masked([repr(secret), json.dumps(secret), repr(json.dumps(secret))], [secret]))
