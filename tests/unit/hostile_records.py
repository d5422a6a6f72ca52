"""Records with a hostile text appended to every text that a host sent."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import digest_of
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import runs
from plans import VERSIONS, case_of, plan_of

RUN = {"change_id": "CHG-1", "time": "2026-01-02T03:04:05Z", **VERSIONS}
HOSTILE = [
    "<script>alert(1)</script>",
    "a | b || c",
    "line\n# heading\n\n| x | y |",
    "\r\n```\n~~~",
    "\\| \\\\| `code` **bold** [link](http://x) ![i](y)",
    "\x1b[2J\x1b]0;owned\x07",
    "\u202egnp.exe\u202c \u2066x\u2069 \u200b\ufeff",
    "\u2028\u2029\x85\x0b\x0c",
    "\udcff\udc80",
    "\ufffe\uffff\U0001ffff\x00\x01",
    "&lt;b&gt; &#60;",
    "]]> --> \"' ?>",
    "=cmd|' /C calc'!A0",
    "x" * 10_000,
]
# Texts that begin a cell; a text behind another one never does.
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "'=1", "|calc"]
# Words that a report itself interprets, or keeps as a number.
OWN = frozenset(
    {
        "digest",
        "part",
        "kind",
        "level",
        "outcome",
        "accepted",
        "blocked",
        "status",
        "files",
        "bytes",
        "window_seconds",
    }
)


def poisoned(content: Any, poison: str, own: AbstractSet[str] = OWN, key: str = "") -> Any:
    """Return content with a hostile text behind every text except those under the keys that a reader interprets."""
    if isinstance(content, dict):
        return {name: poisoned(value, poison, own, name) for name, value in content.items()}
    if isinstance(content, list):
        return [poisoned(value, poison, own, key) for value in content]
    return f"{content}{poison}" if isinstance(content, str) and key not in own else content


def record_with(poison: str) -> dict[str, Any]:
    """Return the record of a failed run, in which nothing is as expected."""
    plan = poisoned(plan_of(case_of("full")), poison)
    plan["unknowns"] = [f"path:/x: {poison}"]
    plan["goal"]["options"] = {}
    plan["digest"] = digest_of(plan)
    planned = {"plan": plan, "approval": {"status": "drifted", "difference": [f"kesl: version was {poison}"]}}
    checks = [{"id": f"x{poison}", "result": "bad", "detail": poison}]
    collected = {
        "findings": plan["findings"],
        "evidence": [],
        "unknowns": [{"id": f"path:/y{poison}", "cause": poison, "products": [], "bears": True}],
        "complete": True,
        "removed_before": [],
        "earlier_runs": [{"digest": "a", "retained": {"archive": poison, "files": 3, "bytes": 9}}],
    }
    results = {"planned": {**planned, "failed": True, "code": f"c{poison}", "msg": poison}, "collected": collected}
    results["proven"] = {"checks": checks, "result": "bad"}
    steps = [{"id": f"01-x{poison}", "title": poison, "outcome": "failed", "facts": {}, "seconds": 1.5}]
    results["stage"] = {"steps": steps}
    record = runs.of_run(f"host{poison}", "migrate", {**RUN, "change_id": poison}, results)
    exception = {"id": f"e{poison}", "hosts": [poison], "preflight": poison, "approver": poison, "reason": poison}
    exceptions = [{**exception, "expires": f"2026-12-31{poison}", "status": "active"}]
    return {**record, "verdict": f"failed{poison}", "exceptions": exceptions}


def record_named(name: str) -> dict[str, Any]:
    """Return the record of a host whose texts start with that name, and contain nothing else if possible."""
    record = record_with("")
    record["failure"] = {"code": name, "message": name}
    record["plan"]["findings"][0].update(name=name, version=name)
    return {**record, "host": name, "run": {**record["run"], "change_id": name}}
