"""Which kind of failure it is if a module did not answer, whatever was printed around it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport import cause, failures
from hypothesis import given
from hypothesis import strategies as st
from support import REPOSITORY

CASES = yaml.safe_load((REPOSITORY / "tests/fixtures/failures.yml").read_text(encoding="utf-8"))
LINES = st.lists(st.text(max_size=80), max_size=6).map("\n".join)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_failure(case: dict[str, Any]) -> None:
    found = failures.of(case["given"])
    assert (found.code, found.text) == (case["code"], case["text"])
    assert found.remedy.endswith(".")


@given(st.dictionaries(st.sampled_from(["module_stdout", "module_stderr", "msg"]), LINES), st.integers(-20, 300))
def test_whatever_was_said_there_is_one_short_line(said: dict[str, str], code: int) -> None:
    found = failures.of({**said, "rc": code})
    assert found.text
    assert len(found.text.splitlines()) == 1
    assert len(found.text) < cause.LONGEST + 50
