# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hold a host to the plan that was approved for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .document import plan_of
from .model import SHORT

NOT_REQUIRED, APPROVED, RESUMED, NOTHING_TO_DO = "not_required", "approved", "resumed", "nothing_to_do"
NOT_APPROVED, DRIFTED = "not_approved", "drifted"
ALLOWED = (NOT_REQUIRED, APPROVED, RESUMED, NOTHING_TO_DO)


@dataclass(frozen=True)
class Approval:
    """Whether a plan may be carried out. ``plan`` is the one to carry out: a resumed run keeps the approved one."""

    status: str
    difference: tuple[str, ...]
    plan: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return the approval as records have it, without the plan."""
        return {"status": self.status, "difference": list(self.difference)}


def judge(plan: dict[str, Any], document: dict[str, Any] | None, made_by: dict[str, str] | None = None) -> Approval:
    """Return whether the plan made now may be carried out under the approved document; None: none is needed.

    ``made_by`` are the versions of collection and catalog now, to be named where they are the reason of a drift.
    """
    if document is None:
        return Approval(NOT_REQUIRED, (), plan)
    approved = plan_of(document, plan["host"])
    if approved is not None and approved["digest"] == plan["digest"]:
        return Approval(APPROVED, (), plan)
    if approved is not None and _was_begun(plan, approved["digest"]) and not _is_kept_out(plan):
        return Approval(RESUMED, (), approved)
    if not plan["steps"] and not plan["blocked"]:
        return Approval(NOTHING_TO_DO, (), plan)
    if approved is None:
        return Approval(NOT_APPROVED, ("the approved plan does not name this host",), plan)
    words = [
        f"the {name.replace('_', ' ')} was {document.get(name)}, is now {now}"
        for name, now in (made_by or {}).items()
        if document.get(name) != now
    ]
    return Approval(DRIFTED, (*words, *difference(approved, plan)), plan)


def _was_begun(plan: dict[str, Any], digest: str) -> bool:
    """Return True if a run of the approved plan was cut off here: what has changed since is its own doing."""
    runs = plan["shown"]["earlier_runs"]
    return any(run["digest"] == digest[:SHORT] and run.get("status") == "begun" for run in runs)


def _is_kept_out(plan: dict[str, Any]) -> bool:
    """Return True if something stops the host that a run which was cut off cannot have brought about itself."""
    return any(
        check["id"] in ("keep_out", "evidence_unknown") and check["level"] == "error" for check in plan["preflight"]
    )


def difference(approved: dict[str, Any], current: dict[str, Any]) -> list[str]:
    """Return in words what differs between two plans of one host."""
    words = [
        *_system_words(approved, current),
        *_goal_words(approved, current),
        *_finding_words(approved, current),
        *_unknown_words(approved, current),
        *_preflight_words(approved, current),
        *_step_words(approved, current),
    ]
    return words or ["the plans differ in what has no words yet; compare their text"]


def _system_words(approved: dict[str, Any], current: dict[str, Any]) -> list[str]:
    was, now = (" ".join(str(value) for value in plan["system"].values()) for plan in (approved, current))
    return [f"the system was {was}, is now {now}"] if was != now else []


def _unknown_words(approved: dict[str, Any], current: dict[str, Any]) -> list[str]:
    was, now = set(approved["unknowns"]), set(current["unknowns"])
    words = [f"could be checked and no longer can: {unknown}" for unknown in sorted(now - was)]
    return words + [f"could not be checked and now can: {unknown}" for unknown in sorted(was - now)]


def _goal_words(approved: dict[str, Any], current: dict[str, Any]) -> list[str]:
    words = []
    for key in sorted(set(approved["goal"]) | set(current["goal"])):
        was, now = approved["goal"].get(key), current["goal"].get(key)
        if was != now:
            words.append(f"the goal's {key} was {was}, is now {now}")
    return words


def _finding_words(approved: dict[str, Any], current: dict[str, Any]) -> list[str]:
    was = {finding["id"]: finding for finding in approved["findings"]}
    now = {finding["id"]: finding for finding in current["findings"]}
    words = [f"{name} was found, is no longer" for name in was if name not in now]
    words += [f"{name} was not found, is now ({now[name]['state']})" for name in now if name not in was]
    for name in was:
        for key in ("version", "state", "confidence", "class"):
            if name in now and was[name][key] != now[name][key]:
                words.append(
                    f"{name}: {key} was {was[name][key] or 'not known'}, is now {now[name][key] or 'not known'}"
                )
        if name in now and was[name]["reasons"] != now[name]["reasons"]:
            words += _reason_words(name, set(was[name]["reasons"]), set(now[name]["reasons"]))
    return words


def _reason_words(name: str, was: set[str], now: set[str]) -> list[str]:
    gone = [f"{name}: {reason} was seen, is no longer" for reason in sorted(was - now)]
    return gone + [f"{name}: {reason} was not seen, is now" for reason in sorted(now - was)]


def _preflight_words(approved: dict[str, Any], current: dict[str, Any]) -> list[str]:
    was = {check["id"]: check["level"] for check in approved["preflight"]}
    now = {check["id"]: check["level"] for check in current["preflight"]}
    if was == now and approved["blocked"] != current["blocked"]:
        return ["what was accepted of the preflight is another set of ids now"]
    changed = [name for name in sorted(set(was) | set(now)) if was.get(name) != now.get(name)]
    return [
        f"preflight {name}: was {was.get(name, 'not there')}, is now {now.get(name, 'not there')}" for name in changed
    ]


def _step_words(approved: dict[str, Any], current: dict[str, Any]) -> list[str]:
    was = {step["title"]: step for step in approved["steps"]}
    now = {step["title"]: step for step in current["steps"]}
    words = [f"step no longer needed: {title}" for title in was if title not in now]
    words += [f"step is new: {title}" for title in now if title not in was]
    words += [
        f"step differs: {title}" for title in was if title in now and _essence(was[title]) != _essence(now[title])
    ]
    if not words and approved["steps"] != current["steps"]:
        words.append("the steps are the same in another order")
    return words


def _essence(step: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in step.items() if key != "id"}
