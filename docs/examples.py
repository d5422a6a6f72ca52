"""Writes docs/examples: a plan, a report and a redacted record as a run writes them, of the tests' own hosts."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
EXAMPLES = HOME / "docs" / "examples"
sys.path[:0] = [str(HOME / ".cache"), str(HOME / "tests" / "unit")]

# Only what stands above makes importable what these import.
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.plan import markdown, view  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.redact import folder as redact  # noqa: E402
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import folder as report  # noqa: E402
from plans import VERSIONS, case_of, plan_of  # noqa: E402

RUN = {"change_id": "CHG-1", "time": "2026-01-02T03:04:05Z", **VERSIONS}
HOSTS = {"web1": "full", "web2": "full", "db1": "agent", "db2": "leftovers", "mail1": "clean"}


def documents() -> dict[Path, str]:
    """Return the text of every example by its path."""
    made = {host: plan_of(case_of(case), host) for host, case in HOSTS.items()}
    plan = document.compose(made.items(), {"old1": "unreachable: no route to host"}, VERSIONS, change_id="CHG-1")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for host, one in made.items():
            record = runs.of_plan(host, {"plan": one}, RUN)
            records.write(records.path_of(str(place / "records"), host), record)
        report.make(str(place / "records"), str(place / "report"), ())
        shown = redact.make([str(place / "records" / "db2.json")], str(place / "redacted"))
        (record_path,) = shown.paths.values()
        return {
            EXAMPLES / "plan.md": markdown.render(view.of(plan)),
            EXAMPLES / "report.md": (place / "report" / "report.md").read_text(encoding="utf-8"),
            EXAMPLES / "record-redacted.json": Path(record_path).read_text(encoding="utf-8"),
        }


def main() -> int:
    """Write every example anew; return an exit code."""
    EXAMPLES.mkdir(exist_ok=True)
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
