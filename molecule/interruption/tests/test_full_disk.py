"""Wherever the disk fills, the record says how far a run came, nothing is lost, and with room the next ends it."""

from __future__ import annotations

from typing import Any

from conftest import FULL
from fidelity import effects
from fidelity.fidelity import judge
from fidelity.observation import Observation, changes
from interruption import engine, runs
from interruption.boundaries import Boundary, of_each_kind, writing
from interruption.engine import Case
from interruption.machine import Machine, failure_of
from interruption.runs import Uncut

DONE, BEGUN, TAKEN_BACK = ("changed",), ("changed", "failed"), "rolled_back"
# The lab's own, and what a run says of itself.
NOT_THE_HOSTS = ("/filler-of-the-lab", "/var/lib/avshift")


def _filled(machine: Machine, uncut: Uncut, boundary: Boundary) -> list[str]:
    """Return what is wrong after the disk was full from a step's beginning on, and then was not."""
    machine.fresh()
    keep, before = uncut.to_keep(machine), machine.observe()
    done = machine.carry_out(uncut.steps, boundary)
    wrong = [f"lost with the disk full: {path}" for path in machine.call("lost", sums=keep, archived=False)]
    approved = uncut.plan
    if failure_of(done) is not None:
        record = engine.recorded(uncut.plan, done["parts"])
        wrong += _not_said(uncut, record, before, machine.observe())
        machine.call("free")
        approved = machine.plan() if record["verdict"] == TAKEN_BACK else approved
        machine.resume(approved)
    else:
        machine.call("free")
    wrong += [f"not in a whole archive: {path}" for path in machine.call("lost", sums=keep, archived=True)]
    return wrong + uncut.differences(machine)


def _not_said(uncut: Uncut, record: dict[str, Any], before: Observation, after: Observation) -> list[str]:
    """Return what a failed run did that its record does not tell of, and what its record tells that it did not do."""
    outcomes = {step["id"]: step["outcome"] for steps in record["outcomes"].values() for step in steps}
    planned = effects.of_plan(uncut.plan)
    begun = [effect for effect in planned if outcomes.get(effect.step) in BEGUN]
    verdict = judge(before, after, begun)
    wrong = [f"not told: {one}" for one in verdict.unexplained if not one.startswith(_written_meanwhile(uncut))]
    for effect in begun:
        if outcomes[effect.step] in DONE and str(effect) in verdict.not_happened:
            wrong.append(f"told, but not done: {effect}")
    touched = [str(one) for one in changes(before, after) if not one.path.startswith(_written_meanwhile(uncut))]
    if record["verdict"] != (expected := TAKEN_BACK if not touched else "failed"):
        wrong.append(f"the verdict is {record['verdict']}, not {expected}: {record['failure']} {outcomes} {touched}")
    return wrong


def _written_meanwhile(uncut: Uncut) -> tuple[str, ...]:
    """Return what changes anyhow: a product writes to what is to be retained, which is looked at as such."""
    return (*NOT_THE_HOSTS, *uncut.retained)


def test_a_full_disk_stops_a_run_that_can_be_run_again(case: Case) -> None:
    uncut = runs.uncut(case, power=False)
    those = writing(uncut.seen) if FULL else of_each_kind(writing(uncut.seen))
    assert those
    assert runs.tried(case, "disk", those, lambda machine, boundary: _filled(machine, uncut, boundary)) == {}
