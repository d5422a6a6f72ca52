# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""migration_report works on the controller only: it makes the documents of a fleet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.avshift.endpoint.plugins.plugin_utils import answers
from ansible_collections.avshift.endpoint.plugins.plugin_utils.adapter import (
    Adapter,
    now,
    sites,
    versions,
)
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog import policies
from ansible_collections.avshift.endpoint.plugins.plugin_utils.documents import write_text
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import document, waves
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import compare, detection, plan
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import folder
from ansible_collections.avshift.endpoint.plugins.plugin_utils.visible import visible

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
            return self._run(options, task_vars)
        if options["kind"] == "comparison":
            return self._comparison(options, task_vars)
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
                records.write(records.path_of(options["records_dir"], host), record, self.modes(task_vars))
            found.append(record)
        Display().display("\n".join(["", *detection.summary(found), "", f"Records: {options['records_dir']}", ""]))
        result = {"verdicts": dict(Counter(record["verdict"] for record in found))}
        if silent:
            result.update(failed=True, msg=str(_silent(silent)))
        return result

    def _plan(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        left_out: dict[str, str] = {}
        whole = self._composed(options, task_vars, options["hosts"], left_out)
        try:
            files, lines = plan.files(whole), plan.lines(whole)
        # One host of which something cannot be told must not cost all others their plan.
        except Exception:
            left_out = {**left_out, **self._untellable(options, task_vars)}
            whole = self._composed(options, task_vars, options["hosts"], left_out)
            files, lines = plan.files(whole), plan.lines(whole)
        return self._write(options, task_vars, files, lines, digest=whole["digest"])

    def _composed(
        self, options: dict[str, Any], task_vars: dict[str, Any], hosts: list[str], left_out: dict[str, str]
    ) -> dict[str, Any]:
        """Return the document of some hosts; those that are left out, or get left out, are named in it with why."""
        made_by, catalog = versions(self.catalog(options)), self.catalog(options)
        run = {"change_id": options["change_id"], "time": now(), **made_by}
        return document.compose(
            self._planned(options, task_vars, hosts, run, left_out),
            left_out,
            {**made_by, "policy": " ".join(pack.named for pack in policies.load(options["policy"], sites(options)))},
            waves.of_hosts(options["hosts"], options["waves"]),
            options["change_id"],
            {name: provider.told() for name, provider in catalog.providers.items()},
        )

    def _untellable(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, str]:
        """Return which hosts' plans cannot be told, each looked at alone, and why."""
        found = {}
        for host in options["hosts"]:
            try:
                plan.files(self._composed(options, task_vars, [host], {}))
            except Exception as error:
                cause = f"its plan cannot be shown ({type(error).__name__}: {error})"
                found[host] = str(answers.invalid(host, visible(cause)))
        return found

    def _planned(
        self,
        options: dict[str, Any],
        task_vars: dict[str, Any],
        hosts: list[str],
        run: dict[str, Any],
        left_out: dict[str, str],
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Write each host's record and yield its plan; put down why where there is none."""
        well_formed: set[str] = set()
        for host in sorted(hosts):
            record = runs.of_plan(host, task_vars["hostvars"][host].get(options["results_in"]), run)
            records.write(records.path_of(options["records_dir"], host), record, self.modes(task_vars))
            if record["plan"] is None:
                left_out[host] = record["failure"]["message"]
            elif host not in left_out:
                problem = answers.problem_of_plan(record["plan"], well_formed)
                if problem:
                    left_out[host] = str(answers.invalid(host, problem))
                else:
                    yield host, record["plan"]

    def _run(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        packs = policies.load(options["policy"], sites(options))
        made = folder.make(options["records_dir"], options["output_dir"], packs, self.modes(task_vars))
        Display().display("\n".join(["", *made.lines, "", *made.paths.values(), ""]))
        return {"paths": made.paths, "verdicts": made.totals["verdicts"]}

    def _comparison(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        read = (records.read(folder) for folder in (options["earlier_dir"] or "", options["records_dir"]))
        content = compare.compose(*read)
        counted = {"same": content["same"], **{key: len(content[key]) for key in ("new", "gone", "changed")}}
        return self._write(options, task_vars, compare.files(content), compare.lines(content), compared=counted)

    def _write(
        self, options: dict[str, Any], task_vars: dict[str, Any], files: dict[str, str], shown: list[str], **facts: Any
    ) -> dict[str, Any]:
        paths = {name: str((Path(options["output_dir"]) / name).absolute()) for name in files}
        for name, text in files.items():
            write_text(Path(paths[name]), text, self.modes(task_vars))
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
