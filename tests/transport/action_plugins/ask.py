"""An action for the tests: it requests a look at an image, and has a secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import Adapter, plain


class ActionModule(Adapter):
    """Ask the host through the transport of the collection's actions."""

    SPEC: ClassVar[dict[str, Any]] = {
        "root": {"type": "path", "required": True},
        "secret": {"type": "str", "default": "", "no_log": True},
    }

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Write the result where the test reads it: this needs no module."""
        result = super().run(tmp, task_vars)
        Path(self._templar.template((task_vars or {})["result"])).write_text(
            json.dumps(plain(result)), encoding="utf-8"
        )
        return result

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return what was collected."""
        asked = {"probes": "[]", "root": options["root"], "secret": options["secret"]}
        return {"collected": self.on_endpoint("collect", asked, task_vars)["collected"]}
