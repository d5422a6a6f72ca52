"""Writes docs/examples: a fleet's plan, the report of its migration, and the redacted record of one of its hosts.

The hosts are those of the tests, and so are their results: nothing was measured.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parents[2]
EXAMPLES = HOME / "docs" / "examples"
sys.path[:0] = [str(HOME / ".cache"), str(HOME / "tests" / "unit")]

# Only what stands above makes importable what these import.
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.plan import html, markdown, view  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.redact import folder as redact  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import folder as report  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import outcome  # noqa: E402
from plans import VERSIONS, case_of, plan_of, rings_of  # noqa: E402
from support import CATALOG  # noqa: E402

CHANGE = "CHG-1"
RUN = {"change_id": CHANGE, "time": "2026-01-02T03:04:05Z", **VERSIONS}
HOSTS = {"web1": "full", "web2": "full", "db1": "agent", "db2": "leftovers", "mail1": "clean"}
SILENT = "old1"
SHOWN = "web2"
# Seconds without a scanner, where the plan foresees none.
WINDOWS = {SHOWN: 0.241}
PROVIDERS = {name: provider.told() for name, provider in CATALOG.providers.items()}
PROOF = {
    "provider": "clamav",
    "result": "ok",
    "checks": [
        {"id": "unit:clamav-clamonacc.service", "result": "ok", "detail": "enabled, active"},
        {"id": "real_time_marks", "result": "ok", "detail": "2 mount marks held below /"},
        {"id": "on_access_blocks:/var/tmp", "result": "ok", "detail": "opening the test file was refused"},
    ],
}


def documents() -> dict[Path, str]:
    """Return the text of every example by its path."""
    plans = {host: _bound(plan_of(case_of(case), host)) for host, case in HOSTS.items()}
    silent = {SILENT: "unreachable: no route to host"}
    plan = document.compose(plans.items(), silent, VERSIONS, rings_of(), CHANGE, PROVIDERS)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for record in [*map(_migrated, plans.values()), _unreached()]:
            records.write(records.path_of(str(place / "records"), record["host"]), record)
        report.make(str(place / "records"), str(place / "report"), ())
        shown = redact.make([str(place / "records" / f"{SHOWN}.json")], str(place / "redacted"))
        (record_path,) = shown.paths.values()
        return {
            EXAMPLES / "plan.md": markdown.render(view.of(plan)),
            EXAMPLES / "plan.html": html.render(view.of(plan)),
            EXAMPLES / "report.md": (place / "report" / "report.md").read_text(encoding="utf-8"),
            EXAMPLES / "report.html": (place / "report" / "report.html").read_text(encoding="utf-8"),
            EXAMPLES / "record-redacted.json": Path(record_path).read_text(encoding="utf-8"),
        }


def _bound(plan: dict[str, Any]) -> dict[str, Any]:
    """Return a plan that is bound to a machine, as that of every host with a machine-id is."""
    machine = hashlib.sha256(plan["host"].encode()).hexdigest()[:32]
    return {**plan, "carried": {**plan["carried"], "machine": machine}}


def _migrated(plan: dict[str, Any]) -> dict[str, Any]:
    """Return the record of a host on which every step of its plan was carried out."""
    said, host = outcome.predicted(plan) or {}, plan["host"]
    parts: dict[str, dict[str, Any]] = {part: {"steps": []} for part in runs.PARTS}
    for step in plan["steps"]:
        told = {"id": step["id"], "title": step["title"], "outcome": "changed", "facts": {}, "seconds": 0.5}
        parts[step["part"]]["steps"].append(told)
    hands_over = any(step["kind"] == "handover" for step in plan["steps"])
    parts["handover"]["window_seconds"] = WINDOWS.get(host, 0.0) if hands_over and plan["findings"] else None
    kept = {"archive": f"/var/lib/avshift/retained/{plan['digest'][:12]}.tar.gz"}
    kept |= {"files": said["retained_files"], "bytes": said["retained_bytes"]}
    run = {"digest": plan["digest"], **({"retained": kept} if kept["files"] else {})}
    collected = {"findings": [], "evidence": [], "unknowns": [], "complete": True}
    collected |= {"silence": {"result": "silent", "signs": []}, "earlier_runs": [run]}
    collected["removed_before"] = sorted({found["id"] for found in plan["findings"]})
    planned = {"plan": plan, "approval": {"status": "approved", "difference": []}}
    return runs.of_run(host, "migrate", RUN, {"planned": planned, **parts, "collected": collected, "proven": PROOF})


def _unreached() -> dict[str, Any]:
    lost = {"unreachable": True, "code": "unreachable", "msg": f"Reaching the host: {SILENT}: no route to host."}
    return runs.of_run(SILENT, "migrate", RUN, {"planned": lost})


def main() -> int:
    """Write every example again; return an exit code."""
    EXAMPLES.mkdir(exist_ok=True)
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
