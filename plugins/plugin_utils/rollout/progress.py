# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host's record says about its progress in a rollout."""

from __future__ import annotations

from typing import Any

from ...module_utils.agreed import outcomes
from .. import times
from ..errors import FORECAST_ONLY, NOT_BEGUN, UNREACHABLE
from ..record import runs
from ..record.verdict import UNKNOWN
from ..schema.answers import UNFIT, measured
from ..visible import visible
from . import gates
from .gates import Seen

MIGRATION = "migrate"


def seen_of(host: str, record: dict[str, Any] | None, approved: str = "", digest: str = "") -> Seen:
    """Return what a record says. One that cannot be read, or has another form, is that of a host that failed.

    With ``approved``, the digest of the host's approved plan, or ``digest``, that of the whole plan, a host is done
    only if that is what was done.
    """
    if record is None:
        return _unreadable(host, "its record cannot be read")
    try:
        return _told(host, record, approved, digest)
    except UNFIT:
        return _unreadable(host, "its record is damaged: it does not have the form of one")


def _unreadable(host: str, why: str) -> Seen:
    return Seen(host, gates.FAILED, UNKNOWN, "record_unreadable", why, window_unknown=True)


def _told(host: str, record: dict[str, Any], approved: str, digest: str) -> Seen:
    if record["host"] != host:
        return _unreadable(host, f"its record is that of {visible(str(record['host']), 80)}")
    failure, plan, time = record["failure"] or {}, record["plan"] or {}, record["run"]["time"]
    code, window = str(failure.get("code", "")), record["window_seconds"]
    if not times.is_time(time) or not (window is None or measured(window) >= 0):
        raise ValueError
    return Seen(
        host,
        _state(record, code, approved, digest),
        str(record["verdict"]),
        code,
        str(failure.get("message", "")),
        window,
        _has_no_window(record, plan),
        time,
        frozenset(str(check["id"]) for check in plan.get("preflight", ()) if check["level"] not in gates.GOOD),
        bool(record["outcomes"]) or not _may_hand_over(plan),
    )


def _state(record: dict[str, Any], code: str, approved: str, digest: str) -> str:
    if code.endswith(FORECAST_ONLY):
        return gates.FORECAST
    if code in (NOT_BEGUN, UNREACHABLE):
        return code
    if record["mode"] != MIGRATION:
        # A plan and a verification change nothing, whatever they found.
        return NOT_BEGUN
    if not runs.succeeded(record):
        return gates.FAILED
    return gates.DONE if not digest or _is_of(record, approved, digest) else NOT_BEGUN


def _is_of(record: dict[str, Any], approved: str, digest: str) -> bool:
    """Return True if a record is of what was approved."""
    by = ((record["approval"] or {}).get("by") or {}).get("plan_digest")
    return by == digest or (bool(approved) and (record["plan"] or {}).get("digest") == approved)


def _has_no_window(record: dict[str, Any], plan: dict[str, Any]) -> bool:
    """Return True if protection was handed over, or may have been, and how long there was none is unknown."""
    handed_over = record["outcomes"].get("handover") or _is_lost_in_handover(record)
    return bool(handed_over) and bool(plan) and _may_hand_over(plan) and record["window_seconds"] is None


def _may_hand_over(plan: dict[str, Any]) -> bool:
    """Return True unless a plan brings no replacement; without a plan, that is unknown."""
    return not plan or plan.get("goal", {}).get("provider", "none") != "none"


def _is_lost_in_handover(record: dict[str, Any]) -> bool:
    """Return True if a host did all of what comes before the handover, and its record ends there with a failure."""
    staged = record["outcomes"].get("stage")
    if record["failure"] is None or staged is None:
        return False
    return not any(step["outcome"] in (outcomes.FAILED, outcomes.UNDONE) for step in staged)
