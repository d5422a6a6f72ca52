# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host's record says about its progress in a rollout."""

from __future__ import annotations

from typing import Any

from ..record import runs
from . import gates
from .gates import Seen

FORECAST_ONLY = "_forecast_only"


def seen_of(host: str, record: dict[str, Any] | None, approved: str = "", digest: str = "") -> Seen:
    """Return what a record says. One that cannot be read is that of a host that failed.

    With ``approved``, the digest of the host's approved plan, or ``digest``, that of the whole plan, a host is done
    only if that is what was done.
    """
    if record is None:
        return Seen(host, gates.FAILED, "unknown", "record_unreadable", "its record cannot be read")
    failure, plan = record["failure"] or {}, record["plan"] or {}
    code = str(failure.get("code", ""))
    return Seen(
        host,
        _state(record, code, approved, digest),
        str(record["verdict"]),
        code,
        str(failure.get("message", "")),
        record["window_seconds"],
        _has_no_window(record, plan),
        str(record["run"]["time"]),
        frozenset(check["id"] for check in plan.get("preflight", ()) if check["level"] not in ("ok", "info")),
    )


def _state(record: dict[str, Any], code: str, approved: str, digest: str) -> str:
    if code.endswith(FORECAST_ONLY):
        return gates.FORECAST
    if code in (gates.NOT_BEGUN, gates.UNREACHABLE):
        return code
    if not runs.succeeded(record):
        return gates.FAILED
    return gates.DONE if not digest or _is_of(record, approved, digest) else gates.NOT_BEGUN


def _is_of(record: dict[str, Any], approved: str, digest: str) -> bool:
    """Return True if a record is of what was approved."""
    by = ((record["approval"] or {}).get("by") or {}).get("plan_digest")
    return by == digest or (bool(approved) and (record["plan"] or {}).get("digest") == approved)


def _has_no_window(record: dict[str, Any], plan: dict[str, Any]) -> bool:
    """Return True if protection was handed over, and how long there was none is unknown."""
    handed_over = record["outcomes"].get("handover") and plan.get("goal", {}).get("provider", "none") != "none"
    return bool(handed_over) and record["window_seconds"] is None
