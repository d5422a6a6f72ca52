# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host's own journal says about a plan's parts: the connection may fail before their outcomes arrive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...module_utils.agreed.outcomes import ALREADY, BEFORE, CHANGED, FAILED, PROVED, UNDONE, UNTOUCHED
from ..plan.model import PARTS

OUTCOMES = (CHANGED, PROVED, ALREADY, FAILED, UNDONE, UNTOUCHED)
UNKNOWN = "window_unknown"


def completed(
    outcomes: dict[str, list[dict[str, Any]]], plan: dict[str, Any] | None, collected: dict[str, Any] | None
) -> dict[str, list[dict[str, Any]]]:
    """Return the outcomes of a run by part, with those of the same plan that only the host's journal has.

    A part without any outcome gets the journal's; a step that was done already by then gets its first outcome.
    """
    noted = dict(_noted(plan, collected)) if plan is not None else {}
    filled: dict[str, list[dict[str, Any]]] = {}
    for part in PARTS:
        mine, told = outcomes.get(part), noted.get(part, {})
        if mine:
            filled[part] = [_first(one, told) for one in mine]
        elif told:
            filled[part] = list(told.values())
    return filled


def _first(mine: dict[str, Any], told: dict[str, dict[str, Any]]) -> dict[str, Any]:
    noted = told.get(mine["id"])
    return noted if noted and mine["outcome"] == ALREADY and noted["outcome"] in BEFORE else mine


def _noted(plan: dict[str, Any], collected: dict[str, Any] | None) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    """Yield (part, {id: outcome}) as far as the journal, which comes from the host, has that form."""
    runs = [run for run in (collected or {}).get("earlier_runs", ()) if run.get("digest") == plan["digest"]]
    results = runs[-1].get("results") if runs else None
    titles = {step["id"]: (step["part"], step["title"]) for step in plan["steps"]}
    for part, told in results.items() if isinstance(results, dict) else ():
        listed = told.get("outcomes") if isinstance(told, dict) else None
        found = [_outcome(one, titles, part) for one in listed] if isinstance(listed, list) else []
        if part in PARTS and found and None not in found:
            yield part, {one["id"]: one for one in found if one is not None}


def _outcome(told: Any, titles: dict[str, tuple[str, str]], part: str) -> dict[str, Any] | None:
    """Return an outcome as a record has it; None if it does not belong to the plan's part."""
    if not isinstance(told, dict) or not isinstance(told.get("facts"), dict) or told.get("outcome") not in OUTCOMES:
        return None
    name, seconds = told.get("id"), told.get("seconds", 0)
    if not isinstance(name, str) or titles.get(name, ("", ""))[0] != part:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < float("inf"):
        return None
    mine = {"id": name, "title": titles[name][1], "outcome": told["outcome"], "facts": told["facts"]}
    return {**mine, "seconds": seconds} if "seconds" in told else mine


def is_unknown(outcomes: list[dict[str, Any]]) -> bool:
    """Return True if the last window in the outcomes could not be measured with a monotonic clock."""
    windows = [
        one["facts"] for one in outcomes if one["facts"].get(UNKNOWN) or one["facts"].get("window_seconds") is not None
    ]
    return bool(windows) and bool(windows[-1].get(UNKNOWN))
