# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make a host's record from the results of a run's tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from ...module_utils.agreed.runs import BUSY
from ..apart import LOST
from ..errors import NOT_BEGUN, UNREACHABLE
from ..plan.exceptions import in_force
from ..plan.model import ALL, PARTS, Carried
from . import journal, preview, talking, verdict
from .console import Console, since
from .records import answered, collected_in, compose

# The goal of a run that only installs a replacement.
STAYS = "as it is"


def of_plan(host: str, planned: dict[str, Any] | None, run: dict[str, Any]) -> dict[str, Any]:
    """Return the record of a dry run. ``planned`` is a result of migration_plan; None or a failed one gives unknown.

    That of a host that is looked at and not changed holds its forecast and no plan.
    """
    plan, forecast = (planned or {}).get("plan"), (planned or {}).get("foretold")
    if forecast is not None:
        marked = preview.of(forecast["platform"])
        return compose(host, "plan", run, preview.word(forecast), forecast=forecast, preview=marked)
    if plan is None:
        return compose(host, "plan", run, verdict.UNKNOWN, failure=failure_of(planned))
    told = {"approval": (planned or {}).get("approval"), "exceptions": list(Carried.of(plan).exceptions)}
    return compose(host, "plan", run, _foreseen(plan), plan=plan, **told)


def _foreseen(plan: dict[str, Any]) -> str:
    """Return the verdict of a dry run on a host with a plan."""
    runs, excepted = Carried.of(plan).earlier_runs, plan["goal"]["excepted"]
    return verdict.of_dry_run(plan["blocked"], plan["findings"], runs, excepted)


def of_detection(host: str, collected: dict[str, Any] | None, run: dict[str, Any]) -> dict[str, Any]:
    """Return the record of a detection. A missing or failed result of kaspersky_info gives unknown."""
    whole = _whole(collected, "findings")
    if whole is None:
        return compose(host, "detect", run, verdict.UNKNOWN, failure=failure_of(collected))
    word = verdict.of_detection(whole)
    seen = {"collected": whole, "proof": None}
    platform = (collected or {}).get("preview")
    if platform:
        return compose(host, "detect", run, preview.word(whole), verification=seen, preview=preview.of(platform))
    return compose(host, "detect", run, word, verification=seen)


def of_preview(
    host: str, mode: str, run: dict[str, Any], results: dict[str, dict[str, Any]], before: Iterable[dict[str, Any]]
) -> dict[str, Any]:
    """Return the record of a host that is looked at and not changed: of a verification, or of a run that left it out.

    ``before`` are earlier records of it.
    """
    looked = results.get("collected") or {}
    platform = str(looked.get("preview") or (results.get("planned") or {}).get("platform") or "")
    found, whole = preview.found_before(before), _whole(looked, "findings")
    return compose(
        host,
        mode,
        run,
        preview.word(whole, found),
        verification=None if whole is None else {"collected": whole, "proof": None},
        preview=preview.of(platform, found),
        failure=_first_failure(results),
    )


def not_started(host: str, run: dict[str, Any], why: str) -> dict[str, Any]:
    """Return the record of a host that a migration did not reach. It is unchanged, whatever its state."""
    message = f"Migrating: {host}: it was not started: {why}. Fix what stopped the run, and run again."
    return compose(host, "migrate", run, verdict.UNKNOWN, failure={"code": NOT_BEGUN, "message": message})


def of_run(
    host: str,
    mode: str,
    run: dict[str, Any],
    results: dict[str, dict[str, Any]],
    granted: Sequence[dict[str, Any]] = (),
    dry_run: bool = False,
    console: Console | None = None,
) -> dict[str, Any]:
    """Return the record of a run or a verification. One of a dry run says what a real one would come to.

    ``results`` are the results of its tasks by planned, stage, handover, remove, collected and ``proven``; one that was
    skipped, never begun or failed is there as such, or not at all. ``granted`` are the host's exceptions and accepted
    checks, as exceptions.of_host gives them; those of a plan are the ones it was made under. ``console`` is what the
    replacement's console says of hosts.
    """
    planned = results.get("planned") or {}
    plan = planned.get("plan")
    granted = list(Carried.of(plan).exceptions if plan else granted)
    parts = {part: results[part] for part in PARTS if "steps" in (results.get(part) or {})}
    collected, proven = _whole(results.get("collected"), "findings"), _whole(results.get("proven"), "checks")
    if console is not None and proven is not None:
        proven = console.confirmed(proven, host, _provider(plan, proven), since(mode, run["time"]))
    word = _without_a_look(planned, parts, dry_run) if mode == "migrate" else None
    if word is None:
        word = _proven_verdict(plan, collected, proven, results.get("proven") or {}, granted)
    outcomes = journal.completed({part: result["steps"] for part, result in parts.items()}, plan, collected)
    return compose(
        host,
        mode,
        run,
        verdict.until_reboot(word, chain.from_iterable(outcomes.values()), collected or {}),
        plan=plan,
        approval=planned.get("approval"),
        outcomes=outcomes,
        window_seconds=_window(outcomes, parts, collected),
        verification=None if collected is None else {"collected": collected, "proof": proven},
        exceptions=granted,
        failure=_first_failure(results),
    )


def kept(record: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    """Return a record with what an earlier one says about the change, if nothing was changed this time.

    That is so where nothing was left to be changed. Where a migration got no answer of the host, all of the earlier
    record stays, with its time, and only the failure is new: what was verified does not become unknown by that.
    """
    if before is None or before["host"] != record["host"]:
        return record
    # The connection may have failed before the outcomes arrived: the host's journal has them.
    outcomes = journal.completed(before["outcomes"], before["plan"], collected_in(record))
    failure, plan = record["failure"] or failure_of(None) or {}, record["plan"]
    is_mute = record["mode"] == before["mode"] == "migrate" and not answered(record) and failure["code"] != LOST
    if is_mute and answered(before):
        return {**before, "failure": _dated(failure, record)}
    if (plan["steps"] or plan["blocked"]) if plan is not None else record["mode"] != "migrate":
        return record
    if not outcomes:
        return record
    change = {name: before[name] for name in ("plan", "approval", "window_seconds")}
    change["outcomes"] = outcomes
    if change["window_seconds"] is None:
        change["window_seconds"] = _window(outcomes, {}, collected_in(record))
    steps = chain.from_iterable(outcomes.values())
    return {**record, **change, "verdict": verdict.until_reboot(record["verdict"], steps, collected_in(record))}


def _dated(failure: dict[str, str], record: dict[str, Any]) -> dict[str, str]:
    """Return a failure that says when it was, for a record of another time."""
    told, host = failure["message"], record["host"]
    told = told if f": {host}: " in told else f"Migrating: {host}: {told}"
    return {**failure, "message": f"At {record['run']['time']}: {told}"}


def _window(
    outcomes: dict[str, list[dict[str, Any]]], parts: dict[str, dict[str, Any]], collected: dict[str, Any] | None
) -> float | None:
    """Return the unprotected window of this run, or else that of the last one in the host's journal.

    None too where it could not be measured: an older one does not stand for it.
    """
    runs = list((collected or {}).get("earlier_runs", ()))
    if journal.is_unknown(list(chain.from_iterable(outcomes.values()))) or (runs and runs[-1].get(journal.UNKNOWN)):
        return None
    windows: list[float | None] = [run.get("window_seconds") for run in runs]
    windows += [(parts.get(part) or {}).get("window_seconds") for part in PARTS[1:]]
    return next((window for window in reversed(windows) if window is not None), None)


def _without_a_look(planned: dict[str, Any], parts: dict[str, dict[str, Any]], dry_run: bool) -> str | None:
    """Return the verdict of a migration that ended before its second look, or of a dry run; None for any other."""
    word = verdict.of_run(planned.get("plan"), planned.get("approval"), parts)
    return _foreseen(planned["plan"]) if word is None and dry_run else word


def _proven_verdict(
    plan: dict[str, Any] | None,
    collected: dict[str, Any] | None,
    proven: dict[str, Any] | None,
    told: dict[str, Any],
    granted: Sequence[dict[str, Any]],
) -> str:
    """Return the verdict from the last look. If protection was wanted but not verified, it is unknown."""
    if collected is None:
        return verdict.UNKNOWN
    excepted = in_force(granted, "product")
    none = told.get("skipped") or ALL in excepted
    wanted: dict[str, Any] = {"provider": "none" if none else "one", "also_remove": [], "excepted": excepted}
    goal = plan["goal"] if plan is not None else wanted
    proof = (proven or {"result": "unknown"}) if goal["provider"] != "none" else None
    if goal.get("kaspersky") == STAYS and proof is not None and proof["result"] == "ok":
        return verdict.of_detection(collected)
    word = verdict.of_evidence(collected, proof, tuple(goal["also_remove"]), tuple(goal["excepted"]))
    if word == verdict.PENDING_CONSOLE and verdict.NOT_LOCAL in in_force(granted, "preflight"):
        return verdict.EXCEPTED
    return word


def _provider(plan: dict[str, Any] | None, proof: dict[str, Any]) -> str | None:
    """Return the replacement that was tested, or that a plan brings; None where neither says."""
    told = proof.get("provider") or (plan["goal"]["provider"] if plan else None)
    return None if told is None else str(told)


def closed(record: dict[str, Any], console: Console | None) -> dict[str, Any]:
    """Return a record with the console's answer for its host, if that was all that it waited for."""
    if console is None or record["verdict"] != verdict.PENDING_CONSOLE:
        return record
    plan, (collected, proof) = record["plan"], (record["verification"][key] for key in ("collected", "proof"))
    asked = since(record["mode"], record["run"]["time"])
    proof = console.confirmed(proof, record["host"], _provider(plan, proof), asked)
    word = _proven_verdict(plan, collected, proof, {}, record["exceptions"])
    steps = chain.from_iterable(record["outcomes"].values())
    verification = {**record["verification"], "proof": proof}
    return {**record, "verdict": verdict.until_reboot(word, steps, collected), "verification": verification}


def _first_failure(results: dict[str, dict[str, Any]]) -> dict[str, str] | None:
    """Return the failure of the first task that had one; a task that was never begun has none."""
    begun = [results[name] for name in ("planned", *PARTS, "collected", "proven") if results.get(name)]
    return next((failure for result in begun if (failure := failure_of(result))), None)


def failure_of(result: dict[str, Any] | None) -> dict[str, str] | None:
    """Return {code, message} of a result that is failed, unreachable or of a host that is only looked at; else None."""
    if result is None:
        return {"code": "no_result", "message": "the run gave no result for this host"}
    if result.get("forecast"):
        return {"code": str(result["forecast"]), "message": str(result.get("msg", ""))}
    if result.get("unreachable"):
        return {"code": UNREACHABLE, "message": str(result.get("msg", "no connection"))}
    if result.get("failed"):
        # If the task's timeout ended before the collection's own code could report it, Ansible does.
        code = "timed_out" if result.get("timedout") else "failed"
        return {"code": str(result.get("code", code)), "message": str(result.get("msg", ""))}
    return None


def is_of_another(record: dict[str, Any], results: dict[str, dict[str, Any]]) -> bool:
    """Return True if another run was at work on the host, and this one changed nothing on it."""
    is_busy = (record["failure"] or {}).get("code") == BUSY
    return is_busy and not any((results.get(part) or {}).get("steps") for part in PARTS)


def is_forecast(results: dict[str, dict[str, Any]]) -> bool:
    """Return True for a host that is only looked at: it counts for no ring, no threshold and no exit code."""
    return bool((results.get("planned") or {}).get("forecast") or (results.get("collected") or {}).get("preview"))


def succeeded(record: dict[str, Any]) -> bool:
    """Return True if a host went well: nothing failed, and it is clean, or excepted, or would be changed.

    ``record`` is that of a run, a verification or a dry run.
    """
    well = [*verdict.CLEAN, verdict.EXCEPTED, verdict.PLANNED, verdict.PENDING_CONSOLE]
    if record["plan"] and record["plan"]["goal"].get("kaspersky") == STAYS:
        well.append(verdict.DETECTED)
    return record["failure"] is None and record["verdict"] in well and not preview.is_one(record)


def reasons(record: dict[str, Any]) -> str:
    """Return in words what a verification did not find as it should be."""
    heard = [f"it connects to the vendor, or is configured to: {told}" for told in talking.of(record)]
    collected, proof = collected_in(record), (record["verification"] or {}).get("proof") or {}
    found = collected.get("findings") or (record["plan"] or {}).get("findings", ())
    words = [f"{finding['id']} is {finding['state']} ({', '.join(finding['reasons'])})" for finding in found]
    words += [f"{unknown['id']}: {unknown['cause']}" for unknown in collected.get("unknowns", ())]
    steps = chain.from_iterable(record["outcomes"].values())
    words += [f"reboot required: {left}" for left in verdict.waiting(steps, collected)]
    words += [f"{check['id']}: {check['detail']}" for check in proof.get("checks", ()) if check["result"] != "ok"]
    return "; ".join([*words, *heard]) + "."


def _whole(result: dict[str, Any] | None, key: str) -> dict[str, Any] | None:
    if result is None or key not in result:
        return None
    return {name: value for name, value in result.items() if name in KEPT}


KEPT = (
    "platform",
    "findings",
    "evidence",
    "unknowns",
    "limits",
    "silence",
    "complete",
    "removed_before",
    "earlier_runs",
    "provider",
    "checks",
    "result",
)
