# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""rollout_summary works on the controller only: it says how a migration ended."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import rollout
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import folder, standing
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport import this_run
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import (
    Adapter,
    failing,
    now,
    results_of,
)


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "results_in": {"type": "str", "required": True},
        "stop_file": {"type": "path"},
        "require_signature": {"type": "bool", "default": False},
        "allowed_signers": {"type": "path"},
        "signer": {"type": "str"},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Show the summary of the run, and return how many hosts ended in which state."""
        made = folder.decided(this_run.SCHEDULE)
        results, is_dry = results_of(task_vars, options["results_in"]), bool(self._task.check_mode)
        known = {host: result for host in made.everyone if (result := results.get(host)) is not None}
        newer = {host: rollout.seen_in(host, result) for host, result in known.items()}
        found = standing.of(made, options, now(), newer, is_dry)
        lines = rollout.last_words(found)
        if not this_run.show_last(lines):
            Display().display("\n".join(["", *lines, ""]))
        return {**rollout.figures(found), **failing(rollout.missing(found))}
