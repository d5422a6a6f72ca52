# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""migration_record works on the controller only: it makes one host's record and writes it."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.avshift.endpoint.plugins.plugin_utils.adapter import Adapter, now, versions
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import exceptions_file
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record.verdict import CLEAN, EXCEPTED


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "mode": {"type": "str", "choices": ["migrate", "verify"], "required": True},
        "folder": {"type": "path", "required": True},
        "results": {"type": "dict", "required": True},
        "exceptions_file": {"type": "path"},
        "change_id": {"type": "str", "default": ""},
        "catalog_dirs": {"type": "list", "elements": "path", "default": []},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Write the record and return it; a host that is not clean and has not failed before fails here."""
        host = str(task_vars["inventory_hostname"])
        run = {"change_id": options["change_id"], "time": now(), **versions(self.catalog(options))}
        exempt = exceptions_file.of_host(options["exceptions_file"], self.catalog(options), host, run["time"])
        record = runs.of_run(host, options["mode"], run, options["results"], exempt)
        path = records.path_of(options["folder"], host)
        if path.exists():
            record = runs.kept(record, records.read_one(path)[0])
        if not self._task.check_mode:
            records.write(path, record, self.modes(task_vars))
        result = {"verdict": record["verdict"], "path": str(path), "window_seconds": record["window_seconds"]}
        if record["failure"] is None and record["verdict"] not in (*CLEAN, EXCEPTED) and not self._task.check_mode:
            result.update(
                failed=True, msg=f"Verdict on {host}: {record['verdict']}: {runs.reasons(record)} See {path}."
            )
        return result
