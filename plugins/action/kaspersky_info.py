# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's half of kaspersky_info: compile the probes, ask, match."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.avshift.endpoint.plugins.plugin_utils.adapter import Adapter
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect import probes
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.evidence import Evidence


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {"root": {"type": "path", "default": "/"}}

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return findings, evidence, unknowns, complete and removed_before."""
        catalog = self.catalog()
        asked = {"probes": probes.for_products(catalog.products), "root": options["root"]}
        collected = self.on_endpoint("endpoint_collect", asked, task_vars)["collected"]
        return answer(Evidence.of(collected), catalog)
