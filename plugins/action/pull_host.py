# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's half of pull_host, on a machine that is both: say which host of a plan it is."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.probes import as_text
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document, own_host
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import Adapter


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {"plan": {"type": "path", "required": True}}

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return the name that the plan has for this machine."""
        plan = document.read(options["plan"])
        collected = self.on_endpoint("collect", {"probes": as_text({}), "root": "/"}, task_vars)["collected"]
        return {"host": own_host.named(plan, collected["host"].get("machine_id"), options["plan"])}
