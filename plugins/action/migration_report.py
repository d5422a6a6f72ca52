# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""migration_report works on the controller only: it makes the documents of a fleet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.avshift.endpoint.plugins.plugin_utils.adapter import (
    Adapter,
    now,
    sites,
    versions,
)
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog import policies
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import document, waves
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import compare, detection, plan
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import folder

MOST_NAMED = 10


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "kind": {"type": "str", "choices": ["detection", "plan", "run", "comparison"], "required": True},
        "output_dir": {"type": "path", "required": True},
        "records_dir": {"type": "path", "required": True},
        "earlier_dir": {"type": "path"},
        "hosts": {"type": "list", "elements": "str", "default": []},
        "results_in": {"type": "str", "default": ""},
        "change_id": {"type": "str", "default": ""},
        "waves": {"type": "raw", "default": "100%"},
        "policy": {"type": "list", "elements": "str", "default": []},
        "catalog_dirs": {"type": "list", "elements": "path", "default": []},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Write the documents, show their table, and return their paths."""
        if options["kind"] == "run":
            return self._run(options)
        if options["kind"] == "comparison":
            return self._comparison(options)
        made = self._plan if options["kind"] == "plan" else self._detection
        return made(options, task_vars)

    def _detection(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Show what was found; a host without an answer gets a record that says why, and makes the task fail."""
        run = {"change_id": options["change_id"], "time": now(), **versions(self.catalog(options))}
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
        made_by, catalog = versions(self.catalog(options)), self.catalog(options)
        run = {"change_id": options["change_id"], "time": now(), **made_by}
        not_planned: dict[str, str] = {}
        whole = document.compose(
            self._planned(options, task_vars, run, not_planned),
            not_planned,
            {**made_by, "policy": " ".join(pack.named for pack in policies.load(options["policy"], sites(options)))},
            waves.of_hosts(options["hosts"], options["waves"]),
            options["change_id"],
            {name: provider.told() for name, provider in catalog.providers.items()},
        )
        return self._write(options["output_dir"], plan.files(whole), plan.lines(whole), digest=whole["digest"])

    def _planned(
        self, options: dict[str, Any], task_vars: dict[str, Any], run: dict[str, Any], not_planned: dict[str, str]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Write each host's record and yield its plan; put down why where there is none."""
        for host in sorted(options["hosts"]):
            record = runs.of_plan(host, task_vars["hostvars"][host].get(options["results_in"]), run)
            records.write(records.path_of(options["records_dir"], host), record)
            if record["plan"] is None:
                not_planned[host] = record["failure"]["message"]
            else:
                yield host, record["plan"]

    def _run(self, options: dict[str, Any]) -> dict[str, Any]:
        made = folder.make(
            options["records_dir"], options["output_dir"], policies.load(options["policy"], sites(options))
        )
        Display().display("\n".join(["", *made.lines, "", *made.paths.values(), ""]))
        return {"paths": made.paths, "verdicts": made.totals["verdicts"]}

    def _comparison(self, options: dict[str, Any]) -> dict[str, Any]:
        read = (records.read(folder) for folder in (options["earlier_dir"] or "", options["records_dir"]))
        content = compare.compose(*read)
        counted = {"same": content["same"], **{key: len(content[key]) for key in ("new", "gone", "changed")}}
        return self._write(options["output_dir"], compare.files(content), compare.lines(content), compared=counted)

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
