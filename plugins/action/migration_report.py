# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""migration_report works on the controller only: it makes the documents of a fleet."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.avshift.endpoint.plugins.plugin_utils.adapter import Adapter, now, versions
from ansible_collections.avshift.endpoint.plugins.plugin_utils.canonical import encode
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog import policies
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import document
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import detection, plan_markdown, words
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import folder
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.table import table

MOST_NAMED = 10
PLAN_HEADER = ["host", "found", "to do", "verdict now", "digest"]


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "kind": {"type": "str", "choices": ["detection", "plan", "run"], "required": True},
        "output_dir": {"type": "path", "required": True},
        "records_dir": {"type": "path", "required": True},
        "hosts": {"type": "list", "elements": "str", "default": []},
        "results_in": {"type": "str", "default": ""},
        "change_id": {"type": "str", "default": ""},
        "policy": {"type": "list", "elements": "str", "default": []},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Write the documents, show their table, and return their paths."""
        if options["kind"] == "run":
            return self._run(options)
        made = self._plan if options["kind"] == "plan" else self._detection
        return made(options, task_vars)

    def _detection(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Show what was found; a host without an answer gets a record that says why, and makes the task fail."""
        run = {"change_id": options["change_id"], "time": now(), **versions(self.catalog())}
        found, silent = [], []
        for host in sorted(options["hosts"]):
            result = task_vars["hostvars"][host].get(options["results_in"])
            record = runs.of_detection(host, result, run)
            if record["failure"] is not None:
                silent.append(host)
                records.write(records.path_of(options["records_dir"], host), record)
            found.append(record)
        Display().display("\n".join(["", *detection.summary(found), "", f"Records: {options['records_dir']}", ""]))
        result = {"verdicts": dict(Counter(record["verdict"] for record in found))}
        if silent:
            result.update(failed=True, msg=str(_silent(silent)))
        return result

    def _plan(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        made_by = versions(self.catalog())
        run = {"change_id": options["change_id"], "time": now(), **made_by}
        made = [
            runs.of_plan(host, task_vars["hostvars"][host].get(options["results_in"]), run)
            for host in sorted(options["hosts"])
        ]
        for record in made:
            records.write(records.path_of(options["records_dir"], record["host"]), record)
        plans = {record["host"]: record["plan"] for record in made if record["plan"] is not None}
        not_planned = {record["host"]: record["failure"]["message"] for record in made if record["plan"] is None}
        policy = " ".join(pack.named for pack in policies.load(options["policy"]))
        whole = document.compose(plans, not_planned, {**made_by, **({"policy": policy} if policy else {})})
        files = {"plan.json": encode(whole), "plan.md": plan_markdown.render(whole, made)}
        rows = [
            [
                record["host"],
                words.findings(record["plan"]),
                words.to_do(record),
                record["verdict"],
                words.digest(record["plan"]),
            ]
            for record in made
        ]
        return self._write(options["output_dir"], files, table(PLAN_HEADER, rows), digest=whole["digest"])

    def _run(self, options: dict[str, Any]) -> dict[str, Any]:
        made = folder.make(options["records_dir"], options["output_dir"], policies.load(options["policy"]))
        Display().display("\n".join(["", *made.lines, "", *made.paths.values(), ""]))
        return {"paths": made.paths, "verdicts": made.totals["verdicts"]}

    def _write(self, folder: str, files: dict[str, str], shown: list[str], **facts: Any) -> dict[str, Any]:
        paths = {name: str((Path(folder) / name).absolute()) for name in files}
        for name, text in files.items():
            records.write_text(Path(paths[name]), text)
        Display().display("\n".join(["", *shown, "", *paths.values(), ""]))
        return {"paths": paths, **facts}


def _silent(hosts: list[str]) -> AvshiftError:
    named = ", ".join(hosts[:MOST_NAMED]) + (" …" if len(hosts) > MOST_NAMED else "")
    return AvshiftError(
        "not_whole",
        "Detecting",
        f"{len(hosts)} hosts",
        f"they gave no answer ({named})",
        "See why in the summary or the records, and run again with --limit.",
    )
