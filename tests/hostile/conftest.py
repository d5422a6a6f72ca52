"""Run the attacks, and print at the end how many were tried and how many held."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import settings
from importable import make_importable

FULL = os.environ.get("AVSHIFT_HOSTILE_SET") == "full"

make_importable()
settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add an option that selects attacks by name."""
    parser.addoption("--attack", action="append", default=[], metavar="NAME", help="try this attack alone")


def pytest_configure(config: pytest.Config) -> None:
    """Describe the marker."""
    config.addinivalue_line("markers", "attack(name, threat, holds, long): see tests/hostile/attacks.py")


def told(item: pytest.Item) -> dict[str, Any] | None:
    """Return the test's attack, None if it is not an attack."""
    marker = item.get_closest_marker("attack")
    return None if marker is None else dict(marker.kwargs)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave long attacks to the full set, and skip all but those that were named."""
    wanted = config.getoption("--attack")
    kept, left = [], []
    for item in items:
        one = told(item)
        named = not wanted or (one is not None and one["name"] in wanted)
        (kept if named and (FULL or wanted or not (one and one["long"])) else left).append(item)
    config.hook.pytest_deselected(items=left)
    items[:] = kept


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Note on the test's report that it was an attack."""
    report = (yield).get_result()
    if told(item) is not None:
        report.user_properties.append(("attack", report.outcome))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print how many attacks were tried and how many held, or, if nothing is run, how many there are."""
    if config.option.collectonly:
        session = terminalreporter._session
        terminalreporter.write_line(f"attacks: {sum(told(item) is not None for item in session.items)} collected")
        return
    tests: dict[str, bool] = {}
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.stats.get(outcome, []):
            if any(key == "attack" for key, _value in getattr(report, "user_properties", [])):
                tests[report.nodeid] = tests.get(report.nodeid, True) and outcome == "passed"
    terminalreporter.write_line(f"attacks: {len(tests)} tried, {sum(tests.values())} held")
