# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compare a host's plan with the one that was approved for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...module_utils.agreed.runs import BEGUN
from ..errors import AvshiftError
from ..fleet.document import plan_of
from ..plan.model import SHORT, Carried
from ..visible import visible
from .drift import accepted_otherwise, difference
from .resumption import unexplained

NOT_REQUIRED, APPROVED, RESUMED, NOTHING_TO_DO = "not_required", "approved", "resumed", "nothing_to_do"
NOT_APPROVED, DRIFTED, OTHER_MACHINE = "not_approved", "drifted", "other_machine"
REFUSED = (NOT_APPROVED, DRIFTED, OTHER_MACHINE)
OWN_CHANGE = "Leave avshift_change_id out, or have a plan with this number approved."
ALLOWED = (NOT_REQUIRED, APPROVED, RESUMED, NOTHING_TO_DO)


@dataclass(frozen=True)
class Grant:
    """What was approved: the plan of a fleet, for these of its hosts (None: all), and by whom, as records have it.

    ``time`` is when the approval was written, '' where the plan is its own. ``counts`` are (hosts approved, hosts
    planned) of a Grant that holds what concerns one host alone.
    """

    document: dict[str, Any]
    hosts: frozenset[str] | None = None
    by: dict[str, Any] = field(default_factory=dict)
    time: str = ""
    counts: tuple[int, int] | None = None

    def counted(self) -> tuple[int, int]:
        """Return how many hosts were approved one by one (0: the plan as a whole), and how many were planned."""
        return self.counts or (len(self.hosts or ()), len(self.document["hosts"]))


@dataclass(frozen=True)
class Approval:
    """Whether a plan may be carried out. ``plan`` is the one to carry out: a resumed run keeps the approved one."""

    status: str
    difference: tuple[str, ...]
    plan: dict[str, Any]
    by: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the approval as records have it, without the plan."""
        return {"status": self.status, "difference": list(self.difference), "by": self.by}


def judge(plan: dict[str, Any], grant: Grant | None, made_by: dict[str, str] | None = None) -> Approval:
    """Return whether the plan made now may be carried out under what was granted; None: no approval is needed.

    ``made_by`` are the current versions of collection and catalog, which are named if they are the reason for a drift.
    """
    if grant is None:
        return Approval(NOT_REQUIRED, (), plan)
    status, words, chosen = _judge(plan, grant, made_by or {})
    return Approval(status, tuple(words), chosen, grant.by)


def _judge(plan: dict[str, Any], grant: Grant, made_by: dict[str, str]) -> tuple[str, list[str], dict[str, Any]]:
    document, host = grant.document, plan["host"]
    planned = plan_of(document, host)
    approved = planned if grant.hosts is None or host in grant.hosts else None
    if approved is not None and (strange := _other_machine(approved, plan)):
        return (OTHER_MACHINE, [strange], plan) if _has_something_to_do(plan) else (NOTHING_TO_DO, [], plan)
    otherwise = accepted_otherwise(approved, plan) if approved else []
    if approved is not None and approved["digest"] == plan["digest"] and not otherwise:
        return APPROVED, [], plan
    begun = approved is not None and _was_begun(plan, approved["digest"])
    beyond = unexplained(approved, plan) if begun and approved else []
    if begun and approved and not beyond:
        return RESUMED, [], approved
    if not begun and not _has_something_to_do(plan):
        return NOTHING_TO_DO, [], plan
    if approved is None:
        return NOT_APPROVED, [_left_out(grant) if planned else "the approved plan does not name this host"], plan
    if beyond:
        return DRIFTED, [f"its run was interrupted, and more has changed than that: {beyond[0]}", *beyond[1:]], plan
    words = [
        f"the {name.replace('_', ' ')} was {document.get(name)}, is now {now}"
        for name, now in made_by.items()
        if document.get(name) != now
    ]
    return DRIFTED, [*words, *difference(approved, plan), *otherwise], plan


def _left_out(grant: Grant) -> str:
    count, total = grant.counted()
    end = "" if grant.by.get("valid_until") else ", which does not expire,"
    return (
        f"the approval of {grant.by.get('approver')}{end} is for {count} of the plan's {total} hosts, "
        "and not for this one"
    )


def warnings(grant: Grant | None) -> list[str]:
    """Return what users of a grant have to know about it: that its approval does not expire."""
    if grant is None or not grant.by.get("approver") or grant.by.get("valid_until"):
        return []
    return [
        f"The approval of {visible(grant.by['approver'])} does not expire: it is valid for every run of its "
        "plan. Approve again with avshift_approve_until to set an expiry date."
    ]


def change_of(planned: object, given: str) -> str:
    """Return the number of the change that a run is: the plan's own, where it has one. AvshiftError if the number
    ``given`` for the run is another: the host's log and record would not name what was approved.
    """
    if given and planned and given != planned:
        cause = f"the plan is for the change {planned}"
        raise AvshiftError("plan_of_other_change", "Reading the approved plan", f"change {given}", cause, OWN_CHANGE)
    return str(planned or given)


def _was_begun(plan: dict[str, Any], digest: str) -> bool:
    """Return True if a run of the approved plan was interrupted here: it made the changes since then itself."""
    runs = Carried.of(plan).earlier_runs
    return any(run["digest"] == digest[:SHORT] and run.get("status") == BEGUN for run in runs)


def _has_something_to_do(plan: dict[str, Any]) -> bool:
    return bool(plan["steps"] or plan["blocked"])


def _other_machine(approved: dict[str, Any], plan: dict[str, Any]) -> str:
    """Return in words that a plan was approved for another machine of this name; '' where it was for this one, or where
    the approved plan names no machine: then the name alone binds it.
    """
    was, now = Carried.of(approved).machine, Carried.of(plan).machine
    if not was or was == now:
        return ""
    if not now:
        return f"the plan was approved for the machine {was[:SHORT]}, and this one does not report which one it is"
    return f"the plan was approved for the machine {was[:SHORT]}, and this is {now[:SHORT]}"
