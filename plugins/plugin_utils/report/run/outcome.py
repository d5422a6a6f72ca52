# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host's plan predicted, what its run did, and where the two differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Any

from ... import platforms
from ...errors import NOT_BEGUN
from ...plan.model import Carried
from ...record import preview, talking, verdict
from ...record.journal import is_unknown
from ...record.records import collected_in
from ...schema.answers import counted, measured
from .. import words

# Outcomes of a step that match the plan.
FINE = ("changed", "proved", "already")


def outcomes(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the outcomes of a run's steps, in the order of its parts."""
    return list(chain.from_iterable(record["outcomes"].values()))


def retained(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return {archive, files, bytes} of each archive in the host's journal."""
    kept = [run["retained"] for run in collected_in(record).get("earlier_runs", ()) if run.get("retained")]
    if not all(isinstance(archive, dict) for archive in kept):
        raise TypeError("an archive in the journal has another form")
    return kept


def predicted(plan: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a plan's predicted result; None without a plan."""
    if plan is None:
        return None
    kind = platforms.of_plan(plan).kind
    retains = any(kind(step["kind"]).retains for step in plan["steps"])
    kept = Carried.of(plan).retained.values() if retains else ()
    return {
        "verdict": verdict.predicted(plan),
        "steps": len(plan["steps"]),
        "window": any(handover.opens_window() for handover in platforms.handovers(plan)),
        "retained_files": sum(counted(part["files"]) for part in kept),
        "retained_bytes": sum(counted(part["bytes"]) for part in kept),
    }


def actual(record: dict[str, Any]) -> dict[str, Any] | None:
    """Return what a run did; None of a record without a run."""
    if record["mode"] != "migrate":
        return None
    done, kept = outcomes(record), retained(record)
    ended = Counter([outcome["outcome"] for outcome in done])
    missing = len((record["plan"] or {}).get("steps", ())) - len(done)
    return {
        "steps": {**dict(sorted(ended.items())), **({NOT_BEGUN: missing} if missing > 0 else {})},
        "seconds": round(sum([measured(outcome.get("seconds", 0)) for outcome in done]), 3),
        "window_seconds": None if record["window_seconds"] is None else measured(record["window_seconds"]),
        "window_unknown": is_unknown(done),
        "unprotected_since": _unprotected_since(done),
        "retained_files": sum(counted(run["files"]) for run in kept),
        "retained_bytes": sum(counted(run["bytes"]) for run in kept),
    }


def _unprotected_since(done: list[dict[str, Any]]) -> str | None:
    """Return since when a host may be unprotected; None where something is, or nothing was stopped."""
    windows = [outcome["facts"] for outcome in done if outcome["facts"].get("unprotected_from")]
    return str(windows[-1]["unprotected_from"]) if windows and not windows[-1].get("unprotected_until") else None


def not_fine(record: dict[str, Any]) -> list[dict[str, str]]:
    """Return {id, title, outcome} of each step whose outcome does not match the plan."""
    return [
        {key: str(outcome[key]) for key in ("id", "title", "outcome")}
        for outcome in outcomes(record)
        if outcome["outcome"] not in FINE and record["mode"] == "migrate"
    ]


def deviations(record: dict[str, Any], said: dict[str, Any] | None, did: dict[str, Any] | None) -> list[dict[str, str]]:
    """Return {what, predicted, actual} in words of all in which a run was not what its plan said.

    That nothing talks to the vendor any more is what each migration says: a verification can differ from that too.
    """
    heard = [*_of_a_later_run(record), *talking.deviation(record)]
    if said is None or did is None:
        return heard
    found = [_difference(difference) for difference in (record["approval"] or {}).get("difference", ())]
    if said["verdict"] != record["verdict"] and not _was_closed(said["verdict"], record["verdict"]):
        found.append({"what": "verdict", "predicted": said["verdict"], "actual": record["verdict"]})
    return [*found, *_of_steps(record, did), *_of_window(record, said, did), *_of_data(said, did), *heard]


def _of_a_later_run(record: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the failure of a host that is clean: it was verified before, and the last run got no answer."""
    failure = record["failure"]
    if failure and record["verdict"] in verdict.CLEAN and not preview.is_one(record):
        yield {"what": "last run", "predicted": "no failure", "actual": f"{failure['code']}: {failure['message']}"}


def _was_closed(said: str, is_now: str) -> bool:
    """Return True for a host that waited for its console as planned, and that the console has answered for since."""
    return said == verdict.PENDING_CONSOLE and is_now in verdict.CLEAN


def _difference(words_of: str) -> dict[str, str]:
    return {"what": "plan", "predicted": "as it was approved", "actual": str(words_of)}


def _of_steps(record: dict[str, Any], did: dict[str, Any]) -> Iterator[dict[str, str]]:
    for step in not_fine(record) if {*did["steps"]} - {*FINE, NOT_BEGUN} else ():
        yield {"what": f"step {step['id']}", "predicted": "changed", "actual": step["outcome"]}
    if did["steps"].get(NOT_BEGUN) and not record["plan"]["blocked"]:
        yield {"what": "steps", "predicted": "all of them", "actual": f"{did['steps'][NOT_BEGUN]} were not started"}


def _of_window(record: dict[str, Any], said: dict[str, Any], did: dict[str, Any]) -> Iterator[dict[str, str]]:
    if did["unprotected_since"] and any(handover.starts for handover in platforms.handovers(record["plan"])):
        yield {"what": "window", "predicted": "closed", "actual": words.window_of(did)}
    if did["window_seconds"] and not said["window"]:
        yield {"what": "window", "predicted": "none", "actual": words.window(did["window_seconds"])}


def _of_data(said: dict[str, Any], did: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Yield what differs in the archived data. Logs grow: more of them is no difference."""
    if did["retained_files"] < said["retained_files"]:
        yield {
            "what": "archived data",
            "predicted": words.counted(said["retained_files"], "file"),
            "actual": words.counted(did["retained_files"], "file"),
        }
