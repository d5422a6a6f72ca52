"""Wherever a run is cut off, the next one ends in the state of one that was not, and nothing retained is lost."""

from __future__ import annotations

import json
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import pytest
from integration import lab
from interruption import engine
from interruption.boundaries import Boundary, boundaries, sample, told
from interruption.machine import Machine
from interruption.states import Look, differences

FULL = os.environ.get("AVSHIFT_INTERRUPTION_SET") == "full"
HOSTS = ("agent", "leftovers", "full") if FULL else ("agent",)
HOW = ("kill", "power") if FULL else ("kill",)
LOGS = re.compile(r"/log/|\.log$")
FLEETS = [f"{os.environ['AVSHIFT_LAB_FLEET']}-{number}" for number in range(os.cpu_count() or 1)]


@dataclass(frozen=True)
class Uncut:
    """A run that nobody cut off: its plan and steps, what each did, what was to be retained, and how it ended."""

    plan: dict[str, Any]
    seen: list[dict[str, Any]]
    retained: list[str]
    rewritten: set[str]
    after: Look


def _retained(steps: list[dict[str, Any]]) -> list[str]:
    return [path for step in steps if step["kind"] == "retain" for path in step["target"]["paths"]]


def _rewritten(machine: Machine, paths: list[str]) -> set[str]:
    """Return which of the files to be retained the product itself writes anew when the machine starts."""
    before = machine.call("originals", paths=paths)
    machine.power_cycle()
    after = machine.call("originals", paths=paths)
    return {path for path, digest in before.items() if path in after and after[path] != digest}


def _uncut(machine: Machine, how: str) -> Uncut:
    machine.fresh()
    plan = machine.plan()
    steps = engine.carried_out(machine.host, plan, plan)
    assert not plan["blocked"], plan["preflight"]
    rewritten: set[str] = set()
    if how == "power":
        rewritten = _rewritten(machine, _retained(steps))
        machine.fresh()
    done = machine.call("apply", steps=steps, boundary=None, power=False)
    assert done["failure"] is None
    if how == "power":
        machine.power_cycle()
    return Uncut(plan, done["seen"], _retained(steps), rewritten, machine.call("look", since=machine.made))


def _to_keep(machine: Machine, uncut: Uncut) -> dict[str, str]:
    """Return {path: sum} of what must not be lost; of what a product goes on writing there is no sum."""
    sums: dict[str, str] = machine.call("originals", paths=uncut.retained)
    assert sums or not uncut.retained
    return {path: "" if LOGS.search(path) or path in uncut.rewritten else digest for path, digest in sums.items()}


def _cut(machine: Machine, uncut: Uncut, how: str, boundary: Boundary) -> list[str]:
    """Return what is wrong after a run was cut off at a boundary, and run again."""
    machine.fresh()
    plan = machine.plan()
    steps = engine.carried_out(machine.host, plan, plan)
    keep = _to_keep(machine, uncut)
    if how == "kill":
        machine.kill_at(steps, boundary)
    else:
        machine.lose_power_at(steps, boundary)
    wrong = [f"lost when it was cut off: {path}" for path in machine.call("lost", sums=keep, archived=False)]
    machine.resume(plan)
    wrong += [f"not in a whole archive: {path}" for path in machine.call("lost", sums=keep, archived=True)]
    return wrong + differences(uncut.after, machine.call("look", since=machine.made))


def _tried(machines: SimpleQueue[Machine], uncut: Uncut, how: str, boundary: Boundary) -> dict[str, Any]:
    machine, begun = machines.get(), time.monotonic()
    try:
        wrong = _cut(machine, uncut, how, boundary)
    except AssertionError as error:
        wrong = [str(error)]
    finally:
        machines.put(machine)
    return {"boundary": told(boundary), "seconds": round(time.monotonic() - begun, 1), "wrong": wrong}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("host", HOSTS)
def test_every_interruption_ends_in_the_same_state(host: str, how: str) -> None:
    machines: SimpleQueue[Machine] = SimpleQueue()
    for fleet in FLEETS:
        machines.put(Machine(fleet, host))
    try:
        uncut = _uncut(first := machines.get(), how)
        machines.put(first)
        those = boundaries(uncut.seen) if FULL else sample(uncut.seen)
        with ThreadPoolExecutor(len(FLEETS)) as pool:
            tried = list(pool.map(lambda boundary: _tried(machines, uncut, how, boundary), those))
    finally:
        for fleet in FLEETS:
            Machine(fleet, host).down()
    lab.EVIDENCE.mkdir(parents=True, exist_ok=True)
    (lab.EVIDENCE / f"{host}-{how}.json").write_text(json.dumps(tried, indent=1), encoding="utf-8")
    assert len(tried) >= len(uncut.seen) > 0
    assert {one["boundary"]: one["wrong"] for one in tried if one["wrong"]} == {}
