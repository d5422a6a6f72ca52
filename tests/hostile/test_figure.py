"""docs/security.md says how many attacks are tried and held, with the number that the tests print."""

from __future__ import annotations

import os

import count
import pytest


@pytest.mark.skipif(
    os.environ.get("AVSHIFT_CONTROLLER") == "inside",
    reason="attacks whose libraries are on PyPI alone are not collected here",
)
def test_the_page_tells_the_figure_that_the_tests_print() -> None:
    assert count.on_page() == count.figure(), "write it anew: make hostile-count"


def test_there_are_as_many_attacks_as_were_asked_for() -> None:
    assert count.counted("quick") >= 120
