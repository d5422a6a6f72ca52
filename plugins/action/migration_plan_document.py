# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""migration_plan_document works on the controller only: it makes the fleet's plan from the plans of its hosts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog import policies
from ansible_collections.avshift.endpoint.plugins.plugin_utils.documents import write_changed
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import whole
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.plan import dry_run
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import divided, folder
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport import inventory
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import (
    Adapter,
    failing,
    now,
    plain,
    results_of,
    sites,
    versions,
)


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "hosts": {"type": "list", "elements": "str", "required": True},
        "results_in": {"type": "str", "required": True},
        "records_dir": {"type": "path", "required": True},
        "output_dir": {"type": "path", "required": True},
        "change_id": {"type": "str", "default": ""},
        "rollout": {"type": "raw"},
        "needs_approval": {"type": "bool", "default": False},
        "policy": {"type": "list", "elements": "str", "default": []},
        "catalog_dirs": {"type": "list", "elements": "path", "default": []},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Write each host's record and the fleet's documents; in check mode write nothing."""
        results = results_of(task_vars, options["results_in"])
        whole.must_be_in(options["hosts"], task_vars.get("ansible_play_hosts", ()), results)
        frame, modes, keep = self._frame(options, task_vars), self.modes(task_vars), bool(self._task.check_mode)

        def write(record: dict[str, Any]) -> None:
            if record["plan"] is None and not record.get("forecast"):
                records.write_silent(options["records_dir"], record, modes, dry_run=keep)
            elif not keep:
                records.write_alone(options["records_dir"], record, modes)

        made = dry_run.made(results, options["hosts"], frame, write)
        paths, is_new = write_changed(options["output_dir"], made.files, modes, dry_run=keep)
        Display().display("\n".join(["", *made.lines, "", *paths.values(), ""]))
        counts = {"planned": len(options["hosts"]) - len(made.left_out), "not_planned": len(made.left_out)}
        result = {"changed": is_new, "paths": paths, "digest": made.digest, "hosts": counts}
        silent = sorted(host for host in made.left_out if not (results.get(host) or {}).get("forecast"))
        return {**result, **failing(whole.missing("Planning", silent))}

    def _frame(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dry_run.Frame:
        catalog = self.catalog(options)
        packs = policies.load(options["policy"], sites(options))
        return dry_run.Frame(
            {"change_id": options["change_id"], "time": now(), **versions(catalog)},
            " ".join(pack.named for pack in packs),
            self._divide(options["rollout"], task_vars),
            {name: provider.told() for name, provider in catalog.providers.items()},
            options["needs_approval"],
            options["records_dir"],
        )

    def _divide(self, given: Any, task_vars: dict[str, Any]) -> Callable[[dict[str, dict[str, Any]]], dict[str, Any]]:
        """Return what sorts the hosts of a plan into rings; faults in the rules are found before that."""
        divided.refuse_former(task_vars)
        rules = folder.rules_of(given)
        groups = plain(dict(task_vars["groups"]))
        matched, values = inventory.matching(groups), inventory.sharing(groups, task_vars["hostvars"])

        def divide(hosts: dict[str, dict[str, Any]]) -> dict[str, Any]:
            told = divided.of_plan(rules, hosts, matched, lambda host, by: plain(values(host, by)))
            for doubt in divided.doubts(told) if hosts else ():
                Display().warning(f"{doubt}.")
            return told

        return divide
