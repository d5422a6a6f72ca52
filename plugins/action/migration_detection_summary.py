# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""migration_detection_summary works on the controller only: it shows what a detection found on a fleet."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import detection, next_steps, whole
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import (
    Adapter,
    failing,
    now,
    results_of,
    versions,
)


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "hosts": {"type": "list", "elements": "str", "required": True},
        "results_in": {"type": "str", "required": True},
        "records_dir": {"type": "path", "required": True},
        "show": {"type": "str", "choices": ["summary", "next", "both"], "default": "both"},
        "catalog_dirs": {"type": "list", "elements": "path", "default": []},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Show what was found; a host without an answer gets a record that says why, and fails the task."""
        folder, results = options["records_dir"], results_of(task_vars, options["results_in"])
        whole.must_be_in(options["hosts"], task_vars.get("ansible_play_hosts", ()), results)
        run = {"change_id": "", "time": now(), **versions(self.catalog(options))}
        found = [runs.of_detection(host, results.get(host), run) for host in sorted(options["hosts"])]
        verdicts = dict(Counter(record["verdict"] for record in found))
        images = {host for host, result in results.items() if not platforms.is_live((result or {}).get("root"))}
        to_do = ["", *next_steps.lines(found, images), ""]
        if options["show"] == "next":
            Display().display("\n".join(to_do))
            return {"changed": False, "verdicts": verdicts}
        silent = [record for record in found if record["failure"] is not None]
        modes, keep = self.modes(task_vars), bool(self._task.check_mode)
        written = [records.write_silent(folder, record, modes, dry_run=keep) for record in silent]
        told = ["", *detection.summary(found), "", f"Records: {folder}"]
        Display().display("\n".join([*told, *(to_do if options["show"] == "both" else [""])]))
        lost = whole.missing("Detecting", [record["host"] for record in silent])
        return {"changed": any(written), "verdicts": verdicts, **failing(lost)}
