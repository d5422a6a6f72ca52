# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's half of antivirus_info: which process intercepts, which products are installed, what they report."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.probes import as_text
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.scanners import probes_for, scanners
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import Adapter


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {"catalog_dirs": {"type": "list", "elements": "path", "default": []}}

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return the scanners that were found, what they report, and who intercepts file access."""
        catalog = self.catalog(options)
        platform = platforms.named(self.system())
        questions = probes_for(catalog, platform.table)
        if platform.collected is not None:
            looked = self.in_two_looks(platform.further, questions, lambda reads: self.raw_facts(reads, task_vars))
            made = self.evidence_of(platform.collected(*looked))
        else:
            made = self.on_endpoint("collect", {"probes": as_text(questions)}, task_vars)["collected"]
        evidence = platforms.evidence(made)
        found = scanners(evidence, catalog)
        for told in found["antivirus"]:
            asked = platforms.of(evidence.host).state_of(catalog, told["id"], evidence.host)
            if asked is not None:
                proven = self.on_endpoint("prove", asked, task_vars)
                told["says"] = {"result": proven["result"], "checks": proven["checks"]}
        return found
