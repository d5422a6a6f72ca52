# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The verdict on a host: what the second collection shows, or why it shows nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...module_utils.agreed import runs as agreed_runs
from .. import platforms
from ..approval.judge import REFUSED as NOT_ALLOWED
from ..catalog.model import REMOVED_BY_DEFAULT
from ..plan.model import ALL, Carried

NEVER_PRESENT = "never_present"
CLEAN = (NEVER_PRESENT, "removed_verified", "removed_with_inert_residue")
REFUSED, FAILED, UNKNOWN, PARTIAL, PLANNED, DETECTED = (
    "refused",
    "failed",
    "unknown",
    "partially_removed",
    "planned",
    "detected",
)
# A rolled-back run has the same word in the host's journal.
ROLLED_BACK = agreed_runs.ROLLED_BACK
PENDING_REBOOT = "removed_pending_reboot"
# Everything is verified except what only the replacement's console shows: neither clean nor a failure.
PENDING_CONSOLE = "removed_console_check_pending"
# How the ID of a check ends that no host can answer itself, and the preflight result that says so beforehand.
FOR_THE_CONSOLE, NOT_LOCAL = ":not_local", "not_locally_verifiable"
# Neither clean nor a failure: an approver is responsible for it until a given day.
EXCEPTED = "excepted"
VERDICTS = (
    *CLEAN,
    *(PENDING_REBOOT, PENDING_CONSOLE, PARTIAL, ROLLED_BACK, REFUSED, EXCEPTED, PLANNED, DETECTED, FAILED, UNKNOWN),
)
COUNTED = (*REMOVED_BY_DEFAULT, "unrecognised")
# Classes that stay unless they are named: if one is there, its host is not clean.
STAYING = ("server", "gateway", "embedded")


def of_evidence(
    collected: dict[str, Any],
    proof: dict[str, Any] | None,
    also: tuple[str, ...] = (),
    excepted: tuple[str, ...] = (),
) -> str:
    """Return the verdict that a collection and the replacement's self-test support.

    ``collected`` is a result of kaspersky_info; ``proof`` one of antivirus_selftest, or None where no replacement is
    wanted. ``also`` are ids of products of other classes that were to go, ``excepted`` of those that stay for now, or
    all.
    """
    if not collected["complete"]:
        return UNKNOWN
    found = [finding for finding in collected["findings"] if not _is_excepted(finding, excepted)]
    left = [finding for finding in found if finding["class"] in COUNTED or finding["id"] in also]
    if any(finding["state"] != "residue_inert" for finding in left):
        return PARTIAL
    pending = proof is not None and is_pending(proof)
    if proof is not None and proof["result"] != "ok" and not pending:
        return FAILED if proof["result"] == "bad" else UNKNOWN
    if any(finding["class"] in STAYING for finding in found):
        return DETECTED
    if len(found) < len(collected["findings"]):
        return EXCEPTED
    if left and not collected["removed_before"]:
        return PARTIAL
    if pending:
        return PENDING_CONSOLE
    if left:
        return "removed_with_inert_residue"
    return "removed_verified" if collected["removed_before"] else NEVER_PRESENT


def is_for_the_console(check: dict[str, Any]) -> bool:
    """Return True for a self-test's check that only the replacement's console can answer."""
    return bool(check["result"] == "unknown" and check["id"].endswith(FOR_THE_CONSOLE))


def is_pending(proof: dict[str, Any]) -> bool:
    """Return True if a self-test is complete except for what only the replacement's console can answer."""
    open_checks = [check for check in proof.get("checks", ()) if check["result"] != "ok"]
    return bool(open_checks) and all(map(is_for_the_console, open_checks))


def _is_excepted(finding: dict[str, Any], excepted: Iterable[str]) -> bool:
    return finding["class"] in (*COUNTED, *STAYING) and (finding["id"] in excepted or ALL in excepted)


def until_reboot(word: str, outcomes: Iterable[dict[str, Any]], collected: dict[str, Any]) -> str:
    """Return a verdict, or that it has to wait for a reboot: a step left what only a restart ends.

    That alone confirms no product, so that nothing else would show it; but it is there until then.
    """
    return PENDING_REBOOT if word in CLEAN and waiting(outcomes, collected) else word


def waiting(outcomes: Iterable[dict[str, Any]], collected: dict[str, Any]) -> list[str]:
    """Return what steps could not end and a later look still saw: it waits for a restart."""
    platform = platforms.named(str(collected.get("platform", "")))
    return platform.waiting((outcome["facts"] for outcome in outcomes), collected.get("evidence", ()))


def of_detection(collected: dict[str, Any]) -> str:
    """Return the verdict of a detection. What was seen is there, whatever else could not be checked.

    ``collected`` is a result of kaspersky_info.
    """
    if any(finding["class"] in (*COUNTED, *STAYING) for finding in collected["findings"]):
        return DETECTED
    if not collected["complete"]:
        return UNKNOWN
    return "removed_verified" if collected["removed_before"] else NEVER_PRESENT


def of_plan(findings: list[dict[str, Any]], runs: Iterable[dict[str, Any]], excepted: Iterable[str] = ()) -> str:
    """Return a dry run's verdict: planned where something of Kaspersky is to go, else what is so now."""
    found = [finding for finding in findings if not _is_excepted(finding, excepted)]
    if any(finding["class"] in REMOVED_BY_DEFAULT for finding in found):
        return PLANNED
    if any(finding["class"] in (*COUNTED, *STAYING) for finding in found):
        return DETECTED
    if len(found) < len(findings):
        return EXCEPTED
    return "removed_verified" if agreed_runs.removed(runs) else NEVER_PRESENT


def predicted(plan: dict[str, Any]) -> str:
    """Return the verdict that a plan leads to, judged like the look after the change."""
    if plan["blocked"]:
        return REFUSED
    goal, runs = plan["goal"], Carried.of(plan).earlier_runs
    also, excepted = tuple(goal["also_remove"]), tuple(goal["excepted"])
    staying = [finding for finding in plan["findings"] if _stays(finding, also, excepted)]
    collected = {
        "complete": True,
        "findings": staying,
        "removed_before": len(staying) < len(plan["findings"]) or bool(agreed_runs.removed(runs)),
    }
    return of_evidence(collected, _predicted_proof(plan), also, excepted)


def _stays(finding: dict[str, Any], also: tuple[str, ...], excepted: tuple[str, ...]) -> bool:
    goes = finding["class"] in REMOVED_BY_DEFAULT or finding["id"] in also
    return not goes or _is_excepted(finding, excepted)


def _predicted_proof(plan: dict[str, Any]) -> dict[str, Any] | None:
    """Return the expected result of the replacement's self-test, as far as the plan knows; None without a
    replacement.
    """
    if plan["goal"]["provider"] == "none":
        return None
    only_console = any(check["id"] == NOT_LOCAL for check in plan["preflight"])
    checks = [{"id": FOR_THE_CONSOLE, "result": "unknown"}] if only_console else []
    return {"result": "unknown" if only_console else "ok", "checks": checks}


def of_dry_run(
    blocked: bool, findings: list[dict[str, Any]], runs: Iterable[dict[str, Any]], excepted: Iterable[str] = ()
) -> str:
    """Return a dry run's verdict on a host with a plan: refused where its preflight stops it."""
    return REFUSED if blocked else of_plan(findings, runs, excepted)


def of_run(
    plan: dict[str, Any] | None, approval: dict[str, Any] | None, parts: dict[str, dict[str, Any]]
) -> str | None:
    """Return the verdict of a run that did not get as far as a second collection; None if it did.

    ``parts`` are {part: result of migration_apply} of those that were begun.
    """
    if plan is None:
        return UNKNOWN
    if plan["blocked"] or (approval is not None and approval["status"] in NOT_ALLOWED):
        return REFUSED
    failures = [part for part, result in parts.items() if result.get("failure")]
    if not failures:
        return None
    part = failures[0]
    return ROLLED_BACK if _was_taken_back(part, parts[part]) else FAILED


def _was_taken_back(part: str, result: dict[str, Any]) -> bool:
    """Return True if nothing of the run is left but what was staged. Of a removal only the steps before the first loss
    can be taken back, and only where nothing took the old protection's place.
    """
    outcomes = result["steps"]
    if any("not_undone" in outcome.get("facts", {}) for outcome in outcomes):
        return False
    if part == "stage":
        return True
    is_back = [outcome["facts"].get("old_is_back") for outcome in outcomes if "old_is_back" in outcome["facts"]]
    return bool(is_back and is_back[-1])
