"""Each test is made for each case: a host, with a replacement or without one."""

from __future__ import annotations

import os

import pytest
from interruption.engine import Case

FULL = os.environ.get("AVSHIFT_INTERRUPTION_SET") == "full"
CASES = [Case("agent")]
if FULL:
    CASES += [Case("leftovers"), Case("full"), Case("full", replaced=True)]
NAMED = os.environ.get("AVSHIFT_INTERRUPTION_CASES", "").split()


@pytest.fixture(params=[case for case in CASES if not NAMED or str(case) in NAMED], ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    """The case."""
    found: Case = request.param
    return found
