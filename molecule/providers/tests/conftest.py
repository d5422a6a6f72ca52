"""Each test runs once per host. Everything is done to the hosts once, before the first test."""

from __future__ import annotations

import json
from typing import Any

import pytest
from integration import lab, providers, stories
from integration.providers import Expectation

HOSTS = providers.wanted()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of hosts that were not brought up: Molecule names every file, so that none is ignored."""
    absent = {f"test_{story}" for story in stories.HOSTS if story not in stories.wanted()}
    absent |= set() if HOSTS else {"test_providers", "test_beside"}
    config.hook.pytest_deselected(items=[item for item in items if item.path.stem in absent])
    items[:] = [item for item in items if item.path.stem not in absent]


@pytest.fixture(scope="session")
def runs() -> dict[str, Any]:
    """The whole fleet has been planned, previewed, migrated twice and verified."""
    return providers.run(HOSTS)


@pytest.fixture(params=HOSTS)
def name(request: pytest.FixtureRequest) -> str:
    """The host's name in the lab."""
    return str(request.param)


@pytest.fixture
def expected(name: str) -> Expectation:
    """The host's expected final state."""
    return providers.load(name)


@pytest.fixture
def record(name: str, runs: dict[str, Any]) -> dict[str, Any]:
    """The record of the host's migration."""
    path = lab.EVIDENCE / f"avshift/records/{name}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
