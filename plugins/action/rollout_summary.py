# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""rollout_summary works on the controller only: it says what became of a migration."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import stop_file, waves
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import rollout
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import Adapter, failing, results_of


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "hosts": {"type": "list", "elements": "str", "required": True},
        "results_in": {"type": "str", "required": True},
        "waves": {"type": "raw"},
        "max_fail_percentage": {"type": "raw"},
        "records_dir": {"type": "path", "required": True},
        "stop_file": {"type": "path"},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Show the last words of the run, and return how many hosts came to what."""
        hosts, results = options["hosts"], results_of(task_vars, options["results_in"])
        limits = rollout.Limits(waves.sizes(options["waves"]), waves.most_failed(options["max_fail_percentage"]))
        halted = stop_file.why(options["stop_file"])
        lines = rollout.last_words(hosts, results, limits, options["records_dir"], bool(self._task.check_mode), halted)
        Display().display("\n".join(["", *lines, ""]))
        counts = Counter(rollout.state_of(results.get(host)) for host in hosts)
        told = {state: counts[state] for state in (*rollout.STATES, rollout.FORECAST)}
        gate = rollout.gate_of(hosts, results, limits, halted)
        return {"hosts": told, "gate": gate, **failing(rollout.missing(counts))}
