# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a report says about one host: short enough for a fleet, complete enough for an auditor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ... import platforms
from ...catalog import packs
from ...detect.silence import SILENT, TALKS
from ...plan.model import stopping
from ...plan.preflight import other_vendors
from ...record import preview
from ...record.records import collected_in, compose
from ...record.verdict import CLEAN, UNKNOWN
from ...schema.answers import measured
from ...times import is_time
from .. import words
from . import outcome

FINDING = ("id", "name", "class", "state", "version", "confidence")
EXCEPTION = ("id", "hosts", "product", "preflight", "approver", "reason", "expires", "status")
KEYS = tuple(compose("", "", {}, ""))
RUN = ("time", "change_id", "collection_version")
NOT_PROVEN, NOT_LOOKED_AT = "not proven", "not_looked_at"
LIMIT, LIMITS = ("id", "what", "why"), "limits"
SIGN = ("id", "level", "title", "diagnosis", "remediation")
# Texts of a report are for reading: the whole of what a host sent is in its record.
LONGEST = 2000


def of_record(file: str, record: dict[str, Any], policies: tuple[packs.Pack, ...]) -> dict[str, Any]:
    """Return a host's part of report.json. Raises LookupError, TypeError or ValueError if it is not whole."""
    _check(record)
    plan, proof = record["plan"], (record["verification"] or {}).get("proof")
    said, did = outcome.predicted(plan), outcome.actual(record)
    found, left = _found(record), _left(record)
    host = {
        "host": record["host"],
        "file": file,
        "mode": record["mode"],
        "time": record["run"]["time"],
        "change_id": record["run"]["change_id"],
        "class": plan["digest"] if plan else None,
        "verdict": record["verdict"],
        "clean": record["verdict"] in CLEAN and not preview.is_one(record),
        "preview": preview.is_one(record),
        "platform": _platform(record),
        "predicted": said,
        "actual": did,
        "deviations": outcome.deviations(record, said, did),
        "found": None if found is None else [_finding(finding, policies) for finding in found],
        "left": None if left is None else [_finding(finding, policies) for finding in left],
        "dispositions": _dispositions(record, found, left, policies),
        "unknowns": list(_unknowns(record)),
        "limits": list(_limits(record)),
        "protection": proof["result"] if proof else NOT_PROVEN,
        "silence": _silence(record),
        "other_vendors": list(_other_vendors(plan)),
        "checks": [check for check in proof["checks"] if check["result"] != "ok"] if proof else [],
        "retained": outcome.retained(record),
        "not_fine": outcome.not_fine(record),
        "exceptions": [_exception(exception) for exception in record["exceptions"]],
        "failure": record["failure"],
        "reason": "",
    }
    if not host["clean"]:
        host["reason"] = "; ".join(_reasons(record, host))
    return host


def _check(record: dict[str, Any]) -> None:
    """Raise KeyError or TypeError if a part is missing, or what a fleet is counted and sorted by is not of its kind."""
    missing = [key for key in KEYS if key not in record]
    if missing:
        raise KeyError(", ".join(missing))
    run = record["run"]
    texts = (record["host"], record["mode"], record["verdict"], *(run[name] for name in RUN))
    if not all(isinstance(text, str) for text in texts) or not record["host"]:
        raise TypeError(f"host, mode, verdict, {', '.join(RUN)} have to be text")
    if not is_time(run["time"]):
        raise ValueError(f"{run['time'][:40]!r} is no time")
    if record["window_seconds"] is not None:
        measured(record["window_seconds"])
    failure = record["failure"] or dict.fromkeys(("code", "message"), "")
    if not all(isinstance(failure[name], str) for name in ("code", "message")):
        raise TypeError("a failure's code and message have to be text")
    if record["plan"] is not None and not isinstance(record["plan"]["digest"], str):
        raise TypeError("a plan's digest has to be text")


def _platform(record: dict[str, Any]) -> str:
    """Return the name of the platform of a record's host; unknown where nothing says it."""
    marked = record.get("preview") or {}
    if marked:
        return str(marked["platform"]) or UNKNOWN
    if record["plan"] is not None:
        return platforms.of_plan(record["plan"]).name
    return platforms.named(str(collected_in(record).get("platform", ""))).name if record["verification"] else UNKNOWN


def _found(record: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Return what was there before: by the plan or, without one, by the only look."""
    if record["plan"] is not None:
        return list(record["plan"]["findings"])
    return list(record["forecast"]["findings"]) if record.get("forecast") else _left(record)


def _left(record: dict[str, Any]) -> list[dict[str, Any]] | None:
    return list(collected_in(record)["findings"]) if record["verification"] else None


def _finding(found: dict[str, Any], policies: tuple[packs.Pack, ...]) -> dict[str, Any]:
    return {**{key: str(found[key]) for key in FINDING}, "dispositions": packs.of_finding(found, policies)}


def _dispositions(
    record: dict[str, Any],
    found: list[dict[str, Any]] | None,
    left: list[dict[str, Any]] | None,
    policies: tuple[packs.Pack, ...],
) -> dict[str, str | None]:
    """Return what each rule says of the host by the last look at it."""
    seen = found if left is None else left
    return packs.of_host(seen or (), seen is not None and record["verdict"] != UNKNOWN, policies)


def _unknowns(record: dict[str, Any]) -> Iterator[dict[str, str]]:
    if record["verification"]:
        for unknown in collected_in(record)["unknowns"]:
            if unknown["bears"]:
                yield {"id": str(unknown["id"]), "cause": str(unknown["cause"])}
    elif record["plan"]:
        yield from ({"id": str(text), "cause": ""} for text in record["plan"]["unknowns"])


def _limits(record: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Yield {id, what, why} of what the host has that was not looked at; a plan says it in one line."""
    if record["verification"]:
        yield from (
            {key: shortened(str(limit[key])) for key in LIMIT} for limit in collected_in(record).get("limits", ())
        )
    elif record["plan"]:
        told = [check for check in record["plan"]["preflight"] if check["id"] == LIMITS]
        yield from ({"id": LIMITS, "what": str(check["diagnosis"]), "why": str(check["title"])} for check in told)


def _silence(record: dict[str, Any]) -> dict[str, Any]:
    """Return whether a host was silent by the last look at it. ValueError for a word that no release wrote."""
    told = collected_in(record).get("silence")
    if told is None:
        return {"result": NOT_LOOKED_AT, "signs": []}
    if told["result"] not in (SILENT, TALKS, UNKNOWN):
        raise ValueError(f"{str(told['result'])[:40]!r} is no result of silence")
    return {"result": told["result"], "signs": [{key: str(sign[key]) for key in SIGN} for sign in told["signs"]]}


def _other_vendors(plan: dict[str, Any] | None) -> Iterator[dict[str, str]]:
    """Yield what the plan said of other vendors' products on the host."""
    for check in plan["preflight"] if plan else ():
        if check["id"] in other_vendors.NAMING:
            yield {key: str(check[key]) for key in ("id", "title", "diagnosis")}


def _exception(exception: dict[str, Any]) -> dict[str, Any]:
    return {"id": str(exception["id"]), **{key: exception[key] for key in EXCEPTION[1:] if key in exception}}


def _reasons(record: dict[str, Any], host: dict[str, Any]) -> Iterator[str]:
    """Yield in words why a host is not clean, with what stopped its run first."""
    if record["failure"]:
        yield f"{record['failure']['code']}: {record['failure']['message']}"
    if record["plan"] and record["plan"]["blocked"]:
        yield from (f"{check['id']}: {check['diagnosis']}" for check in stopping(record["plan"]))
    yield from (words.finding(found) for found in (collected_in(record).get("findings") or ()))
    yield from (f"{unknown['id']}: {unknown['cause']}".rstrip(": ") for unknown in host["unknowns"])
    yield from (f"{check['id']} is {check['result']}: {check['detail']}" for check in host["checks"])


def is_remarkable(host: dict[str, Any]) -> bool:
    """Return True if a host is not simply clean and as planned."""
    said = host["dispositions"].values()
    heard = host["silence"]["result"] in (TALKS, UNKNOWN)
    return (
        not host["clean"]
        or heard
        or bool(host["deviations"] or host["exceptions"] or host["other_vendors"])
        or not {*said} <= {None, packs.ALLOWED}
    )


def shortened(content: Any) -> Any:
    """Return content with long texts shortened, and marked as such."""
    if isinstance(content, str):
        return content if len(content) <= LONGEST else f"{content[:LONGEST]}…"
    if isinstance(content, dict):
        return {shortened(key): shortened(value) for key, value in content.items()}
    if isinstance(content, list):
        return [shortened(value) for value in content]
    return content
