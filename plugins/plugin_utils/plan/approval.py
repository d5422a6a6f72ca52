# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hold a host to the plan that was approved for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .differences import difference
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
