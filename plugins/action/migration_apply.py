# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's half of migration_apply: carry out a plan, or one part of it, if it is approved."""

from __future__ import annotations

import os
import socket
from collections import Counter
from typing import Any, ClassVar

from ansible_collections.avshift.endpoint.plugins.plugin_utils import apart
from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import judge
from ansible_collections.avshift.endpoint.plugins.plugin_utils.carry_out import parts
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import look
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport import run_identity
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import RESULTS_OF_RUN, Adapter, now


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    IS_SHOWN: ClassVar[bool] = True
    SPEC: ClassVar[dict[str, Any]] = {
        "planned": {"type": "dict", "required": True},
        "part": {"type": "str", "choices": ["stage", "handover", "remove", "all"], "required": True},
        "before": {"type": "dict"},
        "change_id": {"type": "str", "default": ""},
        "stop_file": {"type": "path"},
        "rollout": {"type": "dict", "default": {}},
        "secrets": {"type": "dict", "default": {}, "no_log": True},
        "brief": {"type": "bool", "default": False},
    }

    # On the host a part runs to its end without the connection, and its outcomes are in the journal there.
    LOST: ClassVar[str] = (
        "What the host has already received runs to the end of this part, and its journal keeps the outcomes. "
        "Make sure that the host is up and that Ansible can log in, and run again."
    )
    OVERDUE: ClassVar[str] = (
        "What has started on the host runs to the end of this part, and its journal keeps the "
        "outcomes. Run again later, or give the task a longer timeout."
    )

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return steps with their outcomes, failure, window_seconds and diff; a failed step fails the task."""
        host = str(task_vars["inventory_hostname"])
        if not self._task.check_mode:
            look.refuse(options["rollout"], options["stop_file"], host, now())
        planned = apart.whole(RESULTS_OF_RUN, host, options["planned"])
        before = options["before"] and apart.whole(RESULTS_OF_RUN, host, options["before"])
        plan = parts.allowed(host, planned, before)
        change_id = judge.change_of(planned.get("change_id"), options["change_id"])
        if not self._task.check_mode and not before:
            # From here on the host counts as being changed, whatever happens to this process.
            look.begin(options["rollout"], options["stop_file"], host, now(), self.modes(task_vars))
        secrets = None if self._task.check_mode else options["secrets"]
        controller = socket.gethostname()
        arguments = parts.arguments(plan, options["part"], before, change_id, secrets, controller)
        # A worker's parent is the run, and it is the same process for every part.
        arguments["process"] = run_identity.of_process(os.getppid())
        done = run_identity.asked(lambda told: self.on_endpoint("apply", told, task_vars), arguments)
        told = parts.result(arguments["steps"], options["part"], done)
        return self._brief(told) if options["brief"] else told

    def _brief(self, told: dict[str, Any]) -> dict[str, Any]:
        """Return a result without its steps, which are in a file of this run. The diff stays if it is shown."""
        counts = dict(Counter(outcome["outcome"] for outcome in told["steps"]))
        names = ("steps", "pending", *([] if self._task.diff else ["diff"]))
        return apart.put(RESULTS_OF_RUN, self.host, {**told, "counts": counts}, names)
