# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's half of pull_host, on a machine that is controller and host: say which host of a plan it is."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.probes import as_text
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document, own_host
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import divided, folder, gates, schedule, split
from ansible_collections.avshift.endpoint.plugins.plugin_utils.times import moment
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport import this_run
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import Adapter, now


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    AS_IT_IS: ClassVar[tuple[str, ...]] = ("host", "look")
    SPEC: ClassVar[dict[str, Any]] = {
        "plan": {"type": "path", "required": True},
        "output_dir": {"type": "path", "required": True},
        "shared": {"type": "bool", "default": False},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return the name that the plan has for this machine, and what its task looks at before it begins."""
        plan = document.read(options["plan"])
        collected = self.on_endpoint("collect", {"probes": as_text({}), "root": "/"}, task_vars)["collected"]
        host = own_host.named(plan, collected["host"].get("machine_id"), options["plan"])
        made = schedule.alone(divided.of_document(plan), this_run.identity(), *folder.places(options["output_dir"]))
        seen = folder.Progress().of(made.records, made.home, made.divided.hosts(), made.divided.digest)
        is_done = {name: one.state in (gates.DONE, gates.FORECAST) for name, one in seen.items()}
        if not options["shared"]:
            split.refuse(made.divided.groups, [host], [host], [name for name in is_done if is_done[name]])
        return {"host": host, "look": schedule.look_alone(made, host, seen, moment(now()), is_done.get(host, False))}
