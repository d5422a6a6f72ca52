# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""migration_report works on the controller only: it makes the documents of a fleet."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.avshift.endpoint.plugins.plugin_utils import answers
from ansible_collections.avshift.endpoint.plugins.plugin_utils.adapter import (
    Adapter,
    Results,
    now,
    results_of,
    sites,
    versions,
)
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog import policies
from ansible_collections.avshift.endpoint.plugins.plugin_utils.documents import write_text
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import document, waves
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import console, records, runs
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
        "waves": {"type": "raw"},
        "needs_approval": {"type": "bool", "default": False},
        "policy": {"type": "list", "elements": "str", "default": []},
        "console_file": {"type": "path"},
        "catalog_dirs": {"type": "list", "elements": "path", "default": []},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Write the documents, show their table, and return their paths; in check mode write none."""
        if options["kind"] == "run":
            return self._run(options, task_vars)
        if options["kind"] == "comparison":
            return self._comparison(options, task_vars)
        made = self._plan if options["kind"] == "plan" else self._detection
        results = results_of(task_vars, options["results_in"])
        out = [host for host in task_vars.get("ansible_play_hosts", ()) if results.get(host) is None]
        _must_be_in(sorted(set(out) & set(options["hosts"])))
        return made(options, task_vars, results)

    def _detection(self, options: dict[str, Any], task_vars: dict[str, Any], results: Results) -> dict[str, Any]:
        """Show what was found; a host without an answer gets a record that says why, and makes the task fail."""
        run = {"change_id": options["change_id"], "time": now(), **versions(self.catalog(options))}
        found = [runs.of_detection(host, results.get(host), run) for host in sorted(options["hosts"])]
        silent = [record for record in found if record["failure"] is not None]
        written = self._write_silent(options["records_dir"], silent, task_vars)
        Display().display("\n".join(["", *detection.summary(found), "", f"Records: {options['records_dir']}", ""]))
        result = {"changed": written, "verdicts": dict(Counter(record["verdict"] for record in found))}
        return {**result, **_failing("Detecting", [record["host"] for record in silent])}

    def _write_silent(self, folder: str, silent: list[dict[str, Any]], task_vars: dict[str, Any]) -> bool:
        """Write the records of hosts that gave no answer, and return whether one was, or would be, written."""
        modes, keep = self.modes(task_vars), bool(self._task.check_mode)
        written = [records.write_silent(folder, record, modes, dry_run=keep) for record in silent]
        return any(written)

    def _plan(self, options: dict[str, Any], task_vars: dict[str, Any], results: Results) -> dict[str, Any]:
        left_out: dict[str, str] = {}
        whole = self._composed(options, task_vars, results, options["hosts"], left_out)
        try:
            files, lines = plan.files(whole), plan.lines(whole)
        # One host of which something cannot be told must not cost all others their plan.
        except Exception:
            left_out = {**left_out, **self._untellable(options, task_vars, results)}
            whole = self._composed(options, task_vars, results, options["hosts"], left_out)
            files, lines = plan.files(whole), plan.lines(whole)
        written = self._write(options, task_vars, files, lines, digest=whole["digest"])
        return {**written, **_failing("Planning", sorted(left_out))}

    def _composed(
        self,
        options: dict[str, Any],
        task_vars: dict[str, Any],
        results: Results,
        hosts: list[str],
        left_out: dict[str, str],
    ) -> dict[str, Any]:
        """Return the document of some hosts; those that are left out, or get left out, are named in it with why."""
        made_by, catalog = versions(self.catalog(options)), self.catalog(options)
        run = {"change_id": options["change_id"], "time": now(), **made_by}
        return document.compose(
            self._planned(options, task_vars, results, hosts, run, left_out),
            left_out,
            {**made_by, "policy": " ".join(pack.named for pack in policies.load(options["policy"], sites(options)))},
            waves.of_hosts(options["hosts"], options["waves"]),
            options["change_id"],
            {name: provider.told() for name, provider in catalog.providers.items()},
            options["needs_approval"],
        )

    def _untellable(self, options: dict[str, Any], task_vars: dict[str, Any], results: Results) -> dict[str, str]:
        """Return which hosts' plans cannot be told, each looked at alone, and why."""
        found = {}
        for host in options["hosts"]:
            try:
                plan.files(self._composed(options, task_vars, results, [host], {}))
            except Exception as error:
                cause = f"its plan cannot be shown ({type(error).__name__}: {error})"
                found[host] = str(answers.invalid(host, visible(cause)))
        return found

    def _planned(
        self,
        options: dict[str, Any],
        task_vars: dict[str, Any],
        results: Results,
        hosts: list[str],
        run: dict[str, Any],
        left_out: dict[str, str],
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Write each host's record and yield its plan; put down why where there is none."""
        well_formed: set[str] = set()
        for host in sorted(hosts):
            record = runs.of_plan(host, results.get(host), run)
            if record["plan"] is None:
                left_out[host] = record["failure"]["message"]
                self._write_silent(options["records_dir"], [record], task_vars)
                continue
            if not self._task.check_mode:
                records.write(records.path_of(options["records_dir"], host), record, self.modes(task_vars))
            if host in left_out:
                continue
            problem = answers.problem_of_plan(record["plan"], well_formed)
            if problem:
                left_out[host] = str(answers.invalid(host, problem))
            else:
                yield host, record["plan"]

    def _run(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        packs, home = policies.load(options["policy"], sites(options)), options["output_dir"]
        told = self.modes(task_vars), console.read(options["console_file"], now())
        before = folder.sums(home)
        if not self._task.check_mode:
            made = folder.make(options["records_dir"], home, packs, *told)
            after = folder.sums(home)
        else:
            with tempfile.TemporaryDirectory() as elsewhere:
                made = folder.make(options["records_dir"], elsewhere, packs, *told)
                after = folder.sums(elsewhere)
        paths = {name: str((Path(home) / name).absolute()) for name in made.paths}
        Display().display("\n".join(["", *made.lines, "", *paths.values(), ""]))
        return {"changed": before != after, "paths": paths, "verdicts": made.totals["verdicts"]}

    def _comparison(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        read = (records.read(folder) for folder in (options["earlier_dir"] or "", options["records_dir"]))
        content = compare.compose(*read)
        counted = {"same": content["same"], **{key: len(content[key]) for key in ("new", "gone", "changed")}}
        return self._write(options, task_vars, compare.files(content), compare.lines(content), compared=counted)

    def _write(
        self, options: dict[str, Any], task_vars: dict[str, Any], files: dict[str, str], shown: list[str], **facts: Any
    ) -> dict[str, Any]:
        paths = {name: str((Path(options["output_dir"]) / name).absolute()) for name in files}
        new = [name for name, text in files.items() if records.differs(Path(paths[name]), text)]
        if not self._task.check_mode:
            for name in new:
                write_text(Path(paths[name]), files[name], self.modes(task_vars))
        Display().display("\n".join(["", *shown, "", *paths.values(), ""]))
        return {"changed": bool(new), "paths": paths, **facts}


def _must_be_in(out: list[str]) -> None:
    """Refuse to sum up while hosts are at work: a faster host would speak for slower ones."""
    if out:
        raise AvshiftError(
            "hosts_still_out",
            "Summing up",
            f"{len(out)} hosts",
            f"they have not finished yet ({_named(out)})",
            "Use strategy: ansible.builtin.linear in the play and no serial, or sum up in a play of its own after it.",
        )


def _failing(what: str, silent: list[str]) -> dict[str, Any]:
    """Return what makes the task fail where hosts gave no answer."""
    if not silent:
        return {}
    cause = f"they gave no answer ({_named(silent)})"
    remedy = "See above or in the records why, and run again with --limit."
    return {"failed": True, "msg": str(AvshiftError("not_whole", what, f"{len(silent)} hosts", cause, remedy))}


def _named(hosts: list[str]) -> str:
    return ", ".join(hosts[:MOST_NAMED]) + (" …" if len(hosts) > MOST_NAMED else "")
