"""Make the records of a fleet that was migrated: python -m avshift_bench.fleet_records N FOLDER.

Their plans are those of the cases in tests/fixtures/plans, made by the engine, with the outcomes that a run would
report.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.avshift.endpoint.plugins.plugin_utils.canonical import encode
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import PARTS
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import runs
from plans import VERSIONS, case_of, plan_of

RUN = {"change_id": "CHG0031337", "time": "2026-01-02T03:04:05Z", **VERSIONS}
# How many of a hundred hosts have which case.
SHARES = {"full": 45, "agent": 25, "leftovers": 10, "clean": 15, "refused-for-many-reasons": 5}
VERSIONS_OF_A_CASE = 8
# Texts that differ on each host: name, time and digest.
NAME, TIME, DIGEST = "host-of-the-template", RUN["time"], "d" * 64
# In a thousand: hosts with a plan of their own, whose removal failed, which were not reached, and which differ.
OWN_PLAN, FAILED, UNREACHED, DRIFTED = 10, 15, 20, 5
SEED = 20260102


def main() -> int:
    """Write the records."""
    count, folder = int(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True)
    for number, text in enumerate(texts(count)):
        (folder / f"{_name(number)}.json").write_text(text, encoding="ascii")
    return 0


def texts(count: int) -> Iterator[str]:
    """Yield the text of each record, the same ones each time."""
    chosen = random.Random(SEED)
    cases = list(SHARES)
    templates = {case: [_template(case, version) for version in range(VERSIONS_OF_A_CASE)] for case in cases}
    unreached = encode(_unreached())
    for number in range(count):
        case = chosen.choices(cases, list(SHARES.values()))[0]
        version = min(int(chosen.expovariate(0.7)), VERSIONS_OF_A_CASE - 1)
        of_a_kind = templates[case][version]
        text = unreached if chosen.randrange(1000) < UNREACHED else of_a_kind[_fate(chosen)]
        if chosen.randrange(1000) < OWN_PLAN:
            text = text.replace(f'"{DIGEST[:-1]}{version}"', f'"{chosen.randbytes(32).hex()}"')
        time = f"2026-01-02T{chosen.randrange(24):02d}:{chosen.randrange(60):02d}:05Z"
        yield text.replace(NAME, _name(number)).replace(TIME, time)


def _name(number: int) -> str:
    return f"srv-{number:06d}.example.org"


def _fate(chosen: random.Random) -> str:
    drawn = chosen.randrange(1000)
    return "failed" if drawn < FAILED else "drifted" if drawn < FAILED + DRIFTED else "done"


def _template(case: str, version: int) -> dict[str, str]:
    """Return the record of one case by the outcome on its host, as text."""
    plan = plan_of(case_of(case), NAME)
    plan["digest"] = f"{DIGEST[:-1]}{version}" if case == "full" else f"{case[0] * 8}{DIGEST[8:-1]}{version}"
    for found in plan["findings"]:
        found["version"] = f"{found['version']}.{version}" if found["version"] else ""
    return {fate: encode(_record(plan, fate)) for fate in ("done", "failed", "drifted")}


def _record(plan: dict[str, Any], fate: str) -> dict[str, Any]:
    if fate == "drifted" or plan["blocked"]:
        difference = ["kesl: version was 12.1.0, is 12.2.0"] if fate == "drifted" else []
        approval = {"status": "drifted" if difference else "approved", "difference": difference}
        return runs.of_run(NAME, "migrate", RUN, {"planned": {"plan": plan, "approval": approval}})
    outcomes: dict[str, list[dict[str, Any]]] = {part: [] for part in PARTS}
    for step in plan["steps"]:
        outcomes[step["part"]].append(_outcome(step))
    parts: dict[str, dict[str, Any]] = {part: {"steps": steps, "failure": None} for part, steps in outcomes.items()}
    if fate == "failed" and parts["remove"]["steps"]:
        last = parts["remove"]["steps"][-1]
        last["outcome"] = "failed"
        message = "Removing: /opt/x: it is busy. End what uses it, and run again."
        parts["remove"].update(failure={"step": last["id"]}, failed=True, code="path_busy", msg=message)
    results: dict[str, Any] = {"planned": {"plan": plan, "approval": {"status": "approved", "difference": []}}, **parts}
    stopped = [step["target"]["old"]["units"] for step in plan["steps"] if step["kind"] == "handover"]
    results["handover"]["window_seconds"] = 0.3 if any(stopped) else None
    return runs.of_run(NAME, "migrate", RUN, {**results, "collected": _collected(plan), "proven": _proof()})


def _outcome(step: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {"window_seconds": 0.3, "checks": _checks()} if step["kind"] == "handover" else {}
    return {"id": step["id"], "title": step["title"], "outcome": "changed", "facts": facts, "seconds": 0.171}


def _collected(plan: dict[str, Any]) -> dict[str, Any]:
    """Return what the second look gives: the journal, and nothing else."""
    removed = sorted({found["id"] for found in plan["findings"]})
    kept = {"archive": "/var/lib/avshift/retained/438b3fc5c517.tar.gz", "bytes": 23259, "files": 12}
    ran = {"change_id": "", "digest": "438b3fc5c517", "products": removed, "retained": kept, "status": "done"}
    journal = "/var/lib/avshift/journal.json"
    seen = [
        {"id": f"journal:{journal}", "kind": "journal", "what": journal, "where": journal, "value": {"runs": [ran]}}
    ]
    rest = {"findings": [], "unknowns": [], "complete": True, "removed_before": removed, "earlier_runs": [ran]}
    return {**rest, "evidence": seen}


def _proof() -> dict[str, Any]:
    return {"checks": _checks(), "result": "ok"}


def _checks() -> list[dict[str, str]]:
    named = ["real_time_marks", "real_time_alone", "on_demand_detects", "on_demand_clean"]
    below = [f"on_access_{word}:{path}" for path in ("/home", "/root", "/srv", "/tmp") for word in ("blocks", "clean")]
    return [{"id": name, "result": "ok", "detail": "refused: Operation not permitted"} for name in named + below]


def _unreached() -> dict[str, Any]:
    message = "Reaching the host: it: the connection timed out. Check that it is up and that Ansible can log in."
    run = {"planned": {"unreachable": True, "msg": message}}
    record: dict[str, Any] = runs.of_run(NAME, "migrate", RUN, run)
    return record


if __name__ == "__main__":
    sys.exit(main())
