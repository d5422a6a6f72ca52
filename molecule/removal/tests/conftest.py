"""Each test is made for each host. What happens to the hosts happens once, before the first test."""

from __future__ import annotations

import json
from typing import Any

import pytest
from integration import expectations, removals
from integration.expectations import Expectation
from integration.removals import Runs

HOSTS = expectations.wanted()


@pytest.fixture(scope="session")
def runs() -> Runs:
    """The whole fleet has been planned, previewed, migrated and verified."""
    return removals.run(HOSTS)


@pytest.fixture(params=HOSTS)
def name(request: pytest.FixtureRequest) -> str:
    """The host's name in the lab."""
    return str(request.param)


@pytest.fixture
def expected(name: str) -> Expectation:
    """What the host has to end in."""
    return expectations.load(name)


@pytest.fixture
def plan(name: str, runs: Runs) -> dict[str, Any]:
    """The host's plan."""
    content = json.loads(removals.PLAN.read_text(encoding="utf-8"))
    assert name in content["hosts"], content["not_planned"].get(name)
    entry = content["hosts"][name]
    shared: dict[str, Any] = content["classes"][entry["digest"]]
    return {**shared, "preflight": [*shared["preflight"], *entry["preflight"].values()]}
