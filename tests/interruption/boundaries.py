"""Where a run can be interrupted: derived from an uninterrupted one, which shows what each step does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Boundary = dict[str, Any]
# A command that takes longer is also interrupted at half its time.
LONG_SECONDS = 0.3
BEFORE_REMOVAL = ("stage", "handover")


def boundaries(seen: list[dict[str, Any]]) -> list[Boundary]:
    """Return every step's beginning, its first, middle and last call that can change something, and its end.

    ``seen`` are {step, calls, children: {number of the call: seconds}} of the steps that were done. Identical moments
    are listed once: the end of a step and the beginning of the next, between which a run only looks, and a step's end
    and its last call, unless that has started a program, which continues.
    """
    first = [_at(step, "begin") for step in seen[:1]]
    return first + [boundary for step in seen for boundary in _of_step(step)]


def sample(seen: list[dict[str, Any]]) -> list[Boundary]:
    """Return the middle of every step or, if it has none, its end."""
    return [_sampled(_of_step(step)) for step in seen]


def writing(seen: list[dict[str, Any]], lacks: str) -> list[Boundary]:
    """Return the beginning of every step that can change something, at which the disk has no room or no inodes."""
    return [_at(step, f"no {lacks}") for step in seen if step["calls"]]


def of_each_kind(those: list[Boundary]) -> list[Boundary]:
    """Return the first one of every kind of step."""
    return list({one["step"].split("-", 2)[2]: one for one in reversed(those)}.values())[::-1]


def before_removal(those: list[Boundary]) -> list[Boundary]:
    """Return those of the steps that install a replacement; removal is interrupted on the same host without one."""
    return [one for one in those if one["step"].split("-")[1] in BEFORE_REMOVAL]


def in_overlap(places: Iterable[str]) -> list[Boundary]:
    """Return those of a handover's named places."""
    return [{**_at({"step": "handover"}, "in"), "place": place} for place in places]


def _sampled(those: list[Boundary]) -> Boundary:
    waiting = [one for one in those if one["wait"]]
    return waiting[-1] if waiting else those[(len(those) - 1) // 2]


def _of_step(step: dict[str, Any]) -> list[Boundary]:
    calls, children = step["calls"], step["children"]
    numbers = sorted({1, (calls + 1) // 2, calls})
    those = [_at(step, "call", call) for call in numbers if call > 0 and (call < calls or str(call) in children)]
    for call, seconds in sorted(children.items()):
        if seconds > LONG_SECONDS:
            those.append(_at(step, "call", int(call), round(seconds / 2, 1)))
    return [*those, _at(step, "end")]


def _at(step: dict[str, Any], at: str, call: int = 0, wait: float = 0) -> Boundary:
    return {"step": step["step"], "at": at, "call": call, "wait": wait}


WORDS = {
    "begin": "at its beginning",
    "end": "at its end",
    "no room": "the disk full at its beginning",
    "no inodes": "no inode free at its beginning",
}


def words(boundary: Boundary) -> str:
    """Return a boundary as a text."""
    if "place" in boundary:
        return f"{boundary['step']}, after {boundary['place']}"
    at = WORDS.get(boundary["at"], f"in call {boundary['call']}")
    return f"{boundary['step']}, {at}" + (f", {boundary['wait']} s after it began" if boundary["wait"] else "")
