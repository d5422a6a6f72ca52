"""Where a run can be cut off: generated from a run that was not, which tells what each step does."""

from __future__ import annotations

from typing import Any

Boundary = dict[str, Any]
# A command that takes longer is also cut off at half its time.
LONG_SECONDS = 0.3


def boundaries(seen: list[dict[str, Any]]) -> list[Boundary]:
    """Return every step's beginning, its first, middle and last call that can change something, and its end.

    ``seen`` are {step, calls, children: {number of the call: seconds}} of the steps that were done.
    """
    return [boundary for step in seen for boundary in _of_step(step)]


def sample(seen: list[dict[str, Any]]) -> list[Boundary]:
    """Return of every step what is in its middle, or where it has none, its end."""
    return [_sampled([one for one in _of_step(step) if one["at"] != "begin"]) for step in seen]


def _sampled(those: list[Boundary]) -> Boundary:
    waiting = [one for one in those if one["wait"]]
    return waiting[-1] if waiting else those[(len(those) - 1) // 2]


def _of_step(step: dict[str, Any]) -> list[Boundary]:
    calls = step["calls"]
    middle = [_at(step, "call", call) for call in sorted({1, (calls + 1) // 2, calls}) if 0 < call <= calls]
    for call, seconds in sorted(step["children"].items()):
        if seconds > LONG_SECONDS:
            middle.append(_at(step, "call", int(call), round(seconds / 2, 1)))
    return [_at(step, "begin"), *middle, _at(step, "end")]


def _at(step: dict[str, Any], at: str, call: int = 0, wait: float = 0) -> Boundary:
    return {"step": step["step"], "at": at, "call": call, "wait": wait}


def told(boundary: Boundary) -> str:
    """Return a boundary in words."""
    at = {"begin": "at its beginning", "end": "at its end"}.get(boundary["at"], f"in call {boundary['call']}")
    return f"{boundary['step']}, {at}" + (f", {boundary['wait']} s after it began" if boundary["wait"] else "")
