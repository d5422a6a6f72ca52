"""Each test runs once per case: a host, with or without a replacement."""

from __future__ import annotations

import os

import pytest
from interruption.engine import Case

FULL = os.environ.get("AVSHIFT_INTERRUPTION_SET") == "full"
CASES = [Case("agent"), Case("leftovers"), Case("full"), Case("full", replaced=True)]
OF_THE_SET = CASES if FULL else CASES[:1]
NAMED = os.environ.get("AVSHIFT_INTERRUPTION_CASES", "").split() or [str(case) for case in OF_THE_SET]


@pytest.fixture(params=[case for case in CASES if str(case) in NAMED], ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    """The case."""
    found: Case = request.param
    return found
