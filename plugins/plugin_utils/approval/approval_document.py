# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An approval: who approved a plan, or which of its hosts, why, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .. import redacted, schema
from ..canonical import decode, digest, is_version
from ..errors import AvshiftError
from ..times import FORM, end_of, is_after, is_time

FORMAT_VERSION = 1
KIND = "avshift.endpoint approval"
# Its name, beside the plan.
NAME = "approval.json"
OF_THE_FUTURE = "approval_of_the_future"
SHORTEST = 6
# Seconds by which two controllers' clocks may differ.
SKEW = 60
CLOCKS = "Correct the clock of this controller, or of the one used for approving, and run again."
AGAIN = "Approve the plan again with avshift.endpoint.approve."


def beside(plan: str) -> str:
    """Return the path at which a plan's approval is expected."""
    return str(Path(plan).with_name(NAME))


def compose(document: dict[str, Any], asked: dict[str, Any], time: str) -> dict[str, Any]:
    """Return the approval of a plan document.

    ``asked`` is {approver, reason, valid_until or None, hosts, classes, rings}: names or patterns of hosts, the first
    digits of plans' digests, and names or numbers of rings; where all three are empty, every host is approved.
    ``time`` is now.
    Raises AvshiftError for a pattern that matches nothing, and for an approval that would already have expired.
    """
    for name in ("approver", "reason"):
        if not asked[name].strip():
            remedy = "Name the approver in avshift_approver and the reason in avshift_approve_reason."
            raise _wrong(name, "it is empty", remedy)
    valid_until = _until(asked["valid_until"], time)
    return {
        "format_version": FORMAT_VERSION,
        "kind": KIND,
        "plan_digest": document["digest"],
        "plan_checksum": document["checksum"],
        "approver": asked["approver"],
        "reason": asked["reason"],
        "time": time,
        "valid_until": valid_until,
        "hosts": _chosen(document, asked),
    }


def _until(text: str | None, time: str) -> str | None:
    if not text:
        return None
    end = end_of(text)
    if end is None:
        raise _wrong("valid_until", f"it is {text}", f"Give {FORM}.")
    if end < time:
        raise _wrong("valid_until", f"{text} has passed", "Give a date in the future.")
    return end


def _chosen(document: dict[str, Any], asked: dict[str, Any]) -> list[str]:
    """Return the names of the hosts that any of the patterns asks for; all hosts if there is no pattern."""
    planned: dict[str, dict[str, Any]] = document["hosts"]
    chosen: set[str] = set()
    for name in asked["hosts"]:
        found = {host for host in planned if host == name} or {host for host in planned if fnmatchcase(host, name)}
        why = document["not_planned"].get(name)
        cause = f"it was not planned: {why}" if why else "the plan has no such host"
        chosen |= _some(found, f"host {name}", cause, "Name hosts of the plan.")
    for first in asked["classes"]:
        found = {host for host in planned if len(first) >= SHORTEST and planned[host]["digest"].startswith(first)}
        remedy = f"Give the first {SHORTEST} or more digits of a digest in the plan."
        chosen |= _some(found, f"class {first}", "the plan has no such class", remedy)
    told = document["rollout"]["rings"]
    for name in asked["rings"]:
        rings = [ring for number, ring in enumerate(told, 1) if str(name) in (ring["name"], str(number))]
        found = {host for ring in rings for host in ring["hosts"]}
        remedy = f"Give names or numbers of rings of the plan: {', '.join(ring['name'] for ring in told)}."
        chosen |= _some(found, f"ring {name}", "the plan has no such ring, or no hosts in it", remedy)
    return sorted(chosen if any(asked[key] for key in ("hosts", "classes", "rings")) else planned)


def _some(found: set[str], subject: str, cause: str, remedy: str) -> set[str]:
    if not found:
        raise _wrong(subject, cause, remedy)
    return found


def parse(raw: bytes, path: str, document: dict[str, Any], now: str) -> dict[str, Any]:
    """Return the approval in a file; AvshiftError if it is damaged, of another plan, or no longer valid."""
    try:
        approval = decode(raw)
    except (ValueError, RecursionError) as error:
        raise _refused("approval_damaged", path, f"it is not complete JSON, each name once ({error})") from error
    redacted.refuse(approval, "Reading the approval", path)
    if not isinstance(approval, dict) or approval.get("kind") != KIND:
        raise _refused("approval_of_other_kind", path, "it is not an approval of avshift.endpoint")
    if not is_version(approval.get("format_version"), FORMAT_VERSION):
        cause = f"its format version is {approval.get('format_version')}, this release reads {FORMAT_VERSION}"
        raise _refused("approval_of_other_version", path, cause)
    problems = [*schema.lines(schema.violations("approval", approval))] or list(_no_times(approval))
    if problems:
        raise _refused("approval_damaged", path, "; ".join(problems))
    if approval["plan_digest"] != document["digest"]:
        cause = f"it is for the plan {approval['plan_digest']}, and this one is {document['digest']}"
        raise _refused("approval_of_other_plan", path, cause)
    if approval["plan_checksum"] != document["checksum"]:
        cause = "the plan shows something else about its hosts or the change than when it was approved"
        raise _refused("approval_of_other_plan", path, cause)
    refuse_untimely(approval["time"], approval["valid_until"], path, now)
    return approval


def refuse_untimely(time: str, valid_until: str | None, path: str, now: str) -> None:
    """Raise AvshiftError for an approval, written at ``time``, that is dated in the future or has expired."""
    if is_after(time, now, SKEW):
        cause = f"it was written at {time}, and it is {now}: a clock is wrong"
        raise AvshiftError(OF_THE_FUTURE, "Reading the approval", path, cause, CLOCKS)
    if (end_of(valid_until) or now) < now:
        raise _refused("approval_expired", path, f"it was valid until {valid_until}, and it is {now}")


def repeated(raw: bytes, approval: dict[str, Any]) -> dict[str, Any] | None:
    """Return the approval in a file if it differs from this new one only in when it was written, and counts; else
    None.
    """
    try:
        earlier = decode(raw)
        is_same = digest({**earlier, "time": approval["time"]}) == digest(approval)
    except (TypeError, ValueError, RecursionError):
        return None
    time = earlier.get("time")
    return earlier if is_same and is_time(time) and not is_after(time, approval["time"], SKEW) else None


def _no_times(approval: dict[str, Any]) -> Iterator[str]:
    """Yield times that are well-formed but name a day that does not exist."""
    for key in ("time", "valid_until"):
        if approval[key] is not None and not is_time(approval[key]):
            yield f"$.{key}: expected a valid time, found {schema.short(approval[key])}"


def _wrong(subject: str, cause: str, remedy: str) -> AvshiftError:
    return AvshiftError("approval_wrong", "Approving the plan", subject, cause, remedy)


def _refused(code: str, path: str, cause: str) -> AvshiftError:
    return AvshiftError(code, "Reading the approval", path, cause, AGAIN)
