"""Wherever the disk has no room or no inodes left, the record says how far a run came, nothing is lost, and the next
run, with room, completes it.
"""

from __future__ import annotations

from typing import Any

import pytest
from conftest import FULL
from fidelity import effects
from fidelity.fidelity import judge
from fidelity.observation import Observation, changes
from interruption import engine, runs
from interruption.boundaries import Boundary, before_removal, of_each_kind, writing
from interruption.engine import Case
from interruption.machine import Machine, failure_of
from interruption.runs import Uncut

Seen = tuple[Observation, set[str]]
DONE, BEGUN, TAKEN_BACK = "changed", ("changed", "failed"), "rolled_back"
# The lab's own files, and what a run notes about itself.
NOT_LOOKED_AT = "/run/"
NOT_THE_HOSTS = ("/filler-of-the-lab", "/var/lib/avshift")


def _filled(machine: Machine, uncut: Uncut, boundary: Boundary) -> list[str]:
    """Return what is wrong after the disk was full from the start of a step and then had room again."""
    plan, steps = runs.begun(machine)
    keep, before = uncut.to_keep(machine), machine.observe()
    done = machine.carry_out(steps, boundary)
    wrong = [f"lost with the disk full: {path}" for path in machine.call("lost", sums=keep, archived=False)]
    if failure_of(done) is not None:
        record = engine.recorded(plan, done["parts"])
        wrong += _not_said(plan, uncut.retained, record, before, machine.observe())
        machine.call("free")
        # A run that was rolled back to its first step has ended: the next one needs a new plan and approval.
        machine.resume(machine.plan() if record["outcomes"]["stage"][0]["outcome"] == "undone" else plan)
    else:
        machine.call("free")
    wrong += [f"not in a whole archive: {path}" for path in machine.call("lost", sums=keep, archived=True)]
    return wrong + uncut.differences(machine)


def _not_said(
    plan: dict[str, Any], retained: list[str], record: dict[str, Any], before: Seen, after: Seen
) -> list[str]:
    """Return what a failed run did that its record does not report, and what its record reports that it did not do.

    A product writes to what is to be archived, which is looked at as such.
    """
    written = (*NOT_THE_HOSTS, *retained)
    told = [step for steps in record["outcomes"].values() for step in steps]
    outcomes = {step["id"]: step["outcome"] for step in told}
    # Of what could not be taken back, for which the record says why, some may be gone.
    in_part = {step["id"] for step in told if "not_undone" in step["facts"]}
    seen = [effect for effect in effects.of_plan(plan) if not effect.what.startswith(NOT_LOOKED_AT)]
    begun = [effect for effect in seen if outcomes.get(effect.step) in BEGUN]
    done = [str(effect) for effect in begun if outcomes[effect.step] == DONE and effect.step not in in_part]
    verdict = judge(before[0], after[0], begun)
    wrong = [f"not reported: {one}" for one in verdict.unexplained if not one.startswith(written)]
    wrong += [f"reported, but not done: {one}" for one in verdict.not_happened if one in done]
    touched = [str(one) for one in changes(before[0], after[0]) if not one.path.startswith(written)]
    stopped = before[1] - after[1]
    if record["verdict"] != (expected := _expected(list(record["outcomes"])[-1], touched, stopped)):
        wrong.append(f"the verdict is {record['verdict']}, not {expected}: {record['failure']} {outcomes} {touched}")
    return wrong


def _expected(part: str, touched: list[str], stopped: set[str]) -> str:
    """Return the verdict of a run that failed in a part: what is staged stays where only handover was rolled back."""
    is_back = not stopped and {"stage": not touched, "handover": True, "remove": False}[part]
    return TAKEN_BACK if is_back else "failed"


@pytest.mark.parametrize("lacks", ["room", "inodes"] if FULL else ["room"])
def test_a_full_disk_stops_a_run_that_can_be_run_again(case: Case, lacks: str) -> None:
    if case.replaced and lacks == "inodes":
        pytest.skip("what packages leave of an installation that was taken back is compared by the scenario handover")
    uncut = runs.uncut(case, power=False)
    those = writing(uncut.seen, lacks)
    those = before_removal(those) if case.replaced else those
    those = those if FULL else of_each_kind(those)
    assert those
    assert runs.tried(case, f"no-{lacks}", those, lambda machine, boundary: _filled(machine, uncut, boundary)) == {}
