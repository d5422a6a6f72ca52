"""Every trap that detectors of Kaspersky on Windows fall into has a case or a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import REPOSITORY, load_yaml

FIXTURES, UNIT = REPOSITORY / "tests" / "fixtures", Path(__file__).parent
TRAPS: list[dict[str, Any]] = load_yaml(FIXTURES / "windows_traps.yml")


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap["trap"])
def test_trap(trap: dict[str, Any]) -> None:
    cases, tests = trap.get("cases", []), trap.get("tests", [])
    assert cases or tests
    assert [name for name in cases if "expect" not in load_yaml(FIXTURES / name)] == []
    for told in tests:
        file, _colons, name = told.partition("::")
        assert f"\ndef {name}(" in (UNIT / file).read_text(encoding="utf-8"), told


def test_traps_are_named_once() -> None:
    names = [trap["trap"] for trap in TRAPS]
    assert len(names) == len(set(names)) >= 18
