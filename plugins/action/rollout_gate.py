# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""rollout_gate works on the controller only: it says whether a wave of a migration begins."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import stop_file, waves
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import rollout
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import (
    Adapter,
    now,
    results_of,
    versions,
)


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "hosts": {"type": "list", "elements": "str", "required": True},
        "wave": {"type": "list", "elements": "str", "required": True},
        "results_in": {"type": "str", "required": True},
        "waves": {"type": "raw"},
        "max_fail_percentage": {"type": "raw"},
        "records_dir": {"type": "path", "required": True},
        "stop_file": {"type": "path"},
        "change_id": {"type": "str", "default": ""},
        "catalog_dirs": {"type": "list", "elements": "path", "default": []},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return begin, wave and reason; where the wave does not begin, every host that is left gets a record."""
        hosts, batch = options["hosts"], options["wave"]
        limits = rollout.Limits(waves.sizes(options["waves"]), waves.most_failed(options["max_fail_percentage"]))
        out = set(hosts) - set(task_vars.get("ansible_play_hosts", hosts))
        gate = rollout.gate(hosts, batch, results_of(task_vars, options["results_in"]), limits, out)
        reason = stop_file.why(options["stop_file"]) or gate.reason
        begin = not reason or bool(self._task.check_mode)
        if not begin:
            left = hosts[hosts.index(batch[0]) :]
            self._record(left, reason, options, task_vars)
            Display().display(f"\nWave {gate.wave} was not started, nor any later one: {reason}.\n")
        return {"begin": begin, "wave": gate.wave, "reason": reason, "changed": not begin}

    def _record(self, hosts: list[str], reason: str, options: dict[str, Any], task_vars: dict[str, Any]) -> None:
        """Write why they were not started of hosts that have no record of their own."""
        modes = self.modes(task_vars)
        run = {"change_id": options["change_id"], "time": now(), **versions(self.catalog(options))}
        for host in hosts:
            records.write_silent(options["records_dir"], runs.not_started(host, run, reason), modes)
