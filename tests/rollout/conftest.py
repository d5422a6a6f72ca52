"""Settings of these tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from cores import cores, place_of
from importable import make_importable

make_importable()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with every core if it asks for one."""
    for name in {"core", "each_core"} & set(metafunc.fixturenames):
        metafunc.parametrize(name, cores(most=name != "core"), indirect=True)


@pytest.fixture
def core(request: pytest.FixtureRequest) -> Path | None:
    """Where the programs of an ansible-core are."""
    return place_of(request.param)


@pytest.fixture
def each_core(request: pytest.FixtureRequest) -> Path | None:
    """Where the programs of the oldest and the newest ansible-core are."""
    return place_of(request.param)
