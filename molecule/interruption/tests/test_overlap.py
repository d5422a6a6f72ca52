"""Interrupted while two scanners stand beside each other: what protects until the next run, and how that one ends.

For each place expected/overlap.yml states beforehand who is there after SIGKILL and after a loss of power, and for how
long a process may read the test file: nowhere but where neither stood when the run was killed.
"""

from __future__ import annotations

import os
import time
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from conftest import FULL
from integration.observer import REFUSED, Span
from interruption import runs
from interruption.boundaries import Boundary, in_overlap
from interruption.engine import Case
from interruption.machine import Machine
from interruption.runs import Uncut

STATED: dict[str, dict[str, Any]] = yaml.safe_load(
    (Path(__file__).resolve().parents[1] / "expected/overlap.yml").read_text(encoding="utf-8")
)
PLACES = os.environ.get("AVSHIFT_OVERLAP_PLACES", "").split() or list(STATED)
SETTLING, STAYING = 60, 3
CASE = Case("full", replaced=True)

pytestmark = pytest.mark.skipif(not FULL, reason="it takes half an hour: AVSHIFT_INTERRUPTION_SET=full")


def _cut(machine: Machine, uncut: Uncut, how: str, boundary: Boundary) -> list[str]:
    """Return what is wrong until the next run, and after it."""
    plan, steps = runs.begun(machine)
    if how == "kill":
        machine.observer("start")
        machine.kill_at(steps, boundary)
    else:
        machine.lose_power_at(steps, boundary)
    wrong = _others(machine, STATED[boundary["place"]][how])
    if how == "kill":
        # A little longer: processes that were about to end have then ended.
        time.sleep(STAYING)
        wrong += _read(machine.observer("stop"), STATED[boundary["place"]].get("open", 0))
    machine.resume(plan)
    return wrong + uncut.differences(machine)


def _read(spans: list[Span], most: float) -> list[str]:
    """Return which reads were not refused; of those that may have been, which for longer than so many seconds."""
    read = [span for span in spans if span.outcome != REFUSED]
    last = {span.folder: span.outcome for span in sorted(spans, key=lambda span: span.last)}
    wrong = [f"it was not refused: {span}" for span in read if not most or span.last - span.first > most]
    return wrong + [f"it is not refused in the end: {folder}" for folder, what in last.items() if what != REFUSED]


def _others(machine: Machine, expected: list[str]) -> list[str]:
    """Return what is wrong if others scan than are expected, once that has settled."""
    deadline = time.monotonic() + SETTLING
    while (found := _scanning(machine)) != sorted(expected) and time.monotonic() < deadline:
        time.sleep(0.5)
    return [] if found == sorted(expected) else [f"these scan: {found}, not {expected}"]


def _scanning(machine: Machine) -> list[str]:
    return sorted(PurePosixPath(path).name for path in machine.call("scanners"))


@pytest.mark.parametrize("how", ["kill", "power"])
def test_until_the_next_run_the_host_is_protected_and_that_one_ends_it(how: str) -> None:
    uncut = runs.uncut(CASE, how == "power")
    those = in_overlap(PLACES)
    assert runs.tried(CASE, f"overlap-{how}", those, lambda machine, one: _cut(machine, uncut, how, one)) == {}
