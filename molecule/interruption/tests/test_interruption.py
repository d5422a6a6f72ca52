"""Wherever a run is interrupted, the next one ends in the same state as an uninterrupted one, and nothing archived is
lost.
"""

from __future__ import annotations

import pytest
from conftest import FULL
from interruption import runs
from interruption.boundaries import Boundary, before_removal, boundaries, sample
from interruption.engine import Case
from interruption.machine import Machine
from interruption.runs import Uncut

HOW = ("kill", "power") if FULL else ("kill",)


def _cut(machine: Machine, uncut: Uncut, how: str, boundary: Boundary) -> list[str]:
    """Return what is wrong after a run was interrupted at a boundary, and run again."""
    plan, steps = runs.begun(machine)
    keep = uncut.to_keep(machine)
    if how == "kill":
        machine.kill_at(steps, boundary)
    else:
        machine.lose_power_at(steps, boundary)
    wrong = [f"lost when it was interrupted: {path}" for path in machine.call("lost", sums=keep, archived=False)]
    if how == "power":
        wrong += _not_one(machine, boundary) if machine.case.replaced else []
        # What was started by hand does not run after a restart: a run that had not begun needs a new plan.
        plan = plan if machine.call("begun") else machine.plan()
    machine.resume(plan)
    wrong += [f"not in a whole archive: {path}" for path in machine.call("lost", sums=keep, archived=True)]
    return wrong + uncut.differences(machine)


def _not_one(machine: Machine, boundary: Boundary) -> list[str]:
    """Return what is wrong if not exactly one scanner came up with the machine."""
    found = machine.call("scanners")
    # The new one is made to start at boot a moment before the old one is not any more: better both than none.
    most = 2 if boundary["step"].split("-")[1] == "handover" else 1
    return [] if 1 <= len(found) <= most else [f"after the restart these scan: {', '.join(found) or 'none'}"]


def _boundaries(case: Case, uncut: Uncut) -> list[Boundary]:
    those = boundaries(uncut.seen) if FULL else sample(uncut.seen)
    assert {one["step"] for one in those} == {step["step"] for step in uncut.seen} != set()
    return before_removal(those) if case.replaced else those


@pytest.mark.parametrize("how", HOW)
def test_every_interruption_ends_in_the_same_state(case: Case, how: str) -> None:
    uncut = runs.uncut(case, how == "power")
    those = _boundaries(case, uncut)
    assert runs.tried(case, how, those, lambda machine, boundary: _cut(machine, uncut, how, boundary)) == {}
