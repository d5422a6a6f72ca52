"""An uninterrupted run, and those that are compared with it, several at once."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from queue import SimpleQueue
from typing import Any, TextIO

from integration import lab

from interruption import engine
from interruption.boundaries import Boundary, words
from interruption.engine import Case
from interruption.machine import Machine, failure_of
from interruption.states import Look, differences

FLEETS = [f"{os.environ['AVSHIFT_LAB_FLEET']}-{number}" for number in range((os.cpu_count() or 1) + 1)]
LOGS = re.compile(r"/log/|\.log$")


@dataclass(frozen=True)
class Uncut:
    """An uninterrupted run: what each step did, what was to be archived, and how it ended."""

    seen: list[dict[str, Any]]
    retained: list[str]
    rewritten: frozenset[str]
    after: Look

    def differences(self, machine: Machine) -> list[str]:
        """Return the differences of an interrupted machine from an uninterrupted one."""
        return differences(self.after, machine.call("look", since=machine.made))

    def to_keep(self, machine: Machine) -> dict[str, str]:
        """Return {path: sum} of what must not be lost; files that a product keeps writing have no sum."""
        sums: dict[str, str] = machine.call("originals", paths=self.retained)
        assert sums or not self.retained
        return {path: "" if LOGS.search(path) or path in self.rewritten else digest for path, digest in sums.items()}


@cache
def uncut(case: Case, power: bool) -> Uncut:
    """Return an uninterrupted run; with ``power`` the machine was restarted after it."""
    with machines(case, 1) as queue:
        return _uncut(queue.get(), power)


def _uncut(machine: Machine, power: bool) -> Uncut:
    _plan, steps = begun(machine)
    retained = [path for step in steps if step["kind"] == "retain" for path in step["target"]["paths"]]
    rewritten: set[str] = set()
    if power:
        rewritten = _rewritten(machine, retained)
        _plan, steps = begun(machine)
    before = machine.call("originals", paths=retained)
    done = machine.carry_out(steps)
    assert failure_of(done) is None, failure_of(done)
    # What the product rewrites when it is stopped.
    rewritten.update(machine.call("lost", sums=before, archived=True))
    assert not (lost := machine.call("lost", sums=dict.fromkeys(before, ""), archived=True)), lost
    if power:
        machine.power_cycle()
    return Uncut(done["seen"], retained, frozenset(rewritten), machine.call("look", since=machine.made))


def begun(machine: Machine) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the plan of a new machine, and the steps that are carried out."""
    machine.fresh()
    plan = machine.plan()
    assert not plan["blocked"], plan["preflight"]
    return plan, engine.carried_out(plan, plan)


def _rewritten(machine: Machine, paths: list[str]) -> set[str]:
    """Return which of the files to archive the product itself rewrites when the machine starts."""
    before = machine.call("originals", paths=paths)
    machine.power_cycle()
    after = machine.call("originals", paths=paths)
    return {path for path, digest in before.items() if path in after and after[path] != digest}


@contextmanager
def machines(case: Case, number: int) -> Iterator[SimpleQueue[Machine]]:
    """Lend machines, and remove them at the end."""
    lent = [Machine(fleet, case) for fleet in FLEETS[:number]]
    queue: SimpleQueue[Machine] = SimpleQueue()
    for machine in lent:
        queue.put(machine)
    try:
        yield queue
    finally:
        for machine in lent:
            machine.down()


def tried(
    case: Case, how: str, those: list[Boundary], attempt: Callable[[Machine, Boundary], list[str]]
) -> dict[str, list[str]]:
    """Return {boundary as a text: what was wrong} for those with an error; each one is kept as a line of evidence."""
    lab.EVIDENCE.mkdir(parents=True, exist_ok=True)
    with (
        machines(case, len(FLEETS)) as queue,
        ThreadPoolExecutor(len(FLEETS)) as pool,
        (lab.EVIDENCE / f"{case}-{how}.jsonl").open("w", buffering=1, encoding="utf-8") as kept,
    ):
        results = list(pool.map(lambda boundary: _tried(queue, boundary, attempt, kept), those))
    return {boundary: wrong for boundary, wrong in results if wrong}


def _tried(
    queue: SimpleQueue[Machine],
    boundary: Boundary,
    attempt: Callable[[Machine, Boundary], list[str]],
    kept: TextIO,
) -> tuple[str, list[str]]:
    machine, begun = queue.get(), time.monotonic()
    try:
        wrong = attempt(machine, boundary)
    except AssertionError as error:
        wrong = [str(error)]
    finally:
        queue.put(machine)
    told = {"boundary": words(boundary), "seconds": round(time.monotonic() - begun, 1), "wrong": wrong}
    kept.write(json.dumps(told) + "\n")
    return words(boundary), wrong
