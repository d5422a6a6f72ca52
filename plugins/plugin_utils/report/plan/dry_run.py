# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what the hosts of a dry run registered to the fleet's documents; a plan that cannot be shown is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import AvshiftError
from ...fleet import document
from ...record import records, runs
from ...schema import answers
from ...visible import visible
from . import files, lines

# A host's registered result by its name; None if it registered nothing.
Results = Mapping[str, "dict[str, Any] | None"]
Keep = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Frame:
    """What a plan's document says besides its hosts: its run, policies, how hosts get into rings, the replacements.

    In ``folder`` are the records that the hosts' own tasks have written.
    """

    run: dict[str, str]
    policy: str
    divide: document.Divide
    providers: dict[str, Any]
    needs_approval: bool
    folder: str


@dataclass(frozen=True)
class Made:
    """The documents by name, what to show on a terminal, the digest of the plan, and {host: why it is left out}."""

    files: dict[str, str]
    lines: list[str]
    digest: str
    left_out: dict[str, str]


def made(results: Results, hosts: list[str], frame: Frame, keep: Keep) -> Made:
    """Return the documents of a dry run on ``hosts``; ``keep`` is given the record of each that wrote none itself.

    A host without a plan, or with one that cannot be shown, is in the documents with the reason and nothing else.
    """
    left_out: dict[str, str] = {}
    whole = _composed(results, hosts, frame, keep, left_out)
    try:
        told, shown = files(whole), lines(whole)
    # One host's unreadable plan must not prevent the plans of all others.
    except Exception:
        left_out = {**left_out, **_untellable(results, hosts, frame)}
        whole = _composed(results, hosts, frame, keep, left_out)
        told, shown = files(whole), lines(whole)
    return Made(told, shown, whole["digest"], left_out)


def _composed(results: Results, hosts: list[str], frame: Frame, keep: Keep, left_out: dict[str, str]) -> dict[str, Any]:
    """Return the document of some hosts; those that are left out, or get left out, are named in it with why."""
    run = frame.run
    forecasts: dict[str, dict[str, Any]] = {}
    versions = {name: run[name] for name in ("collection_version", "catalog_digest")}
    return document.compose(
        _plans(results, hosts, frame, keep, left_out, forecasts),
        left_out,
        {**versions, "policy": frame.policy},
        frame.divide,
        run["change_id"],
        frame.providers,
        frame.needs_approval,
        forecasts,
    )


def _plans(
    results: Results,
    hosts: list[str],
    frame: Frame,
    keep: Keep,
    left_out: dict[str, str],
    forecasts: dict[str, dict[str, Any]],
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Have each host's record kept and yield its plan; put down its forecast, or why there is neither.

    Records are read one after the other, so that not all plans are in memory at once.
    """
    well_formed: set[str] = set()
    for host in sorted(hosts):
        planned = results.get(host)
        written = _written(host, planned, frame)
        record = written or runs.of_plan(host, planned, frame.run)
        if written is None or written["failure"]:
            keep(record)
        if host in left_out:
            continue
        if record.get("forecast") is not None:
            _put(host, record["forecast"], forecasts, left_out)
        elif record["plan"] is None:
            left_out[host] = record["failure"]["message"]
        elif problem := answers.problem_of_plan(record["plan"], well_formed):
            left_out[host] = str(answers.invalid(host, problem))
        else:
            yield host, record["plan"]


def _written(host: str, planned: dict[str, Any] | None, frame: Frame) -> dict[str, Any] | None:
    """Return the record that a host's task has written in this run; None where it has written none.

    One that is no longer as it was written is a failure: a record of another run does not enter this plan.
    """
    told = (planned or {}).get("record")
    if not told:
        return None
    path = records.path_of(frame.folder, host)
    record, problem = records.read_one(path, told["sha256"])
    if record is not None:
        return record
    lost = AvshiftError(
        "record_lost", "Reading the plan's record", str(path), problem, "Plan again, one run at a time."
    )
    return runs.of_plan(host, {"failed": True, "code": lost.code, "msg": str(lost)}, frame.run)


def _put(host: str, forecast: dict[str, Any], forecasts: dict[str, dict[str, Any]], left_out: dict[str, str]) -> None:
    """Note a host's forecast, or why it is not accepted."""
    problem = answers.problem_of_forecast(forecast)
    if problem:
        left_out[host] = str(answers.invalid(host, problem))
    else:
        forecasts[host] = forecast


def _untellable(results: Results, hosts: list[str], frame: Frame) -> dict[str, str]:
    """Return which hosts' plans cannot be shown, and why; each is checked alone."""
    found = {}
    for host in hosts:
        try:
            files(_composed(results, [host], frame, lambda _record: None, {}))
        except Exception as error:
            cause = f"its plan cannot be shown ({type(error).__name__}: {error})"
            found[host] = str(answers.invalid(host, visible(cause)))
    return found
