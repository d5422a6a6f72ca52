"""An action of the tests' own: it asks for a look at an image, and has a secret."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.avshift.endpoint.plugins.plugin_utils.adapter import Adapter


class ActionModule(Adapter):
    """Ask the host, by the transport that the collection's actions have."""

    SPEC: ClassVar[dict[str, Any]] = {
        "root": {"type": "path", "required": True},
        "secret": {"type": "str", "default": "", "no_log": True},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return what was collected."""
        asked = {"probes": "[]", "root": options["root"], "secret": options["secret"]}
        return {"collected": self.on_endpoint("collect", asked, task_vars)["collected"]}
