# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's half of kaspersky_info: compile the probes, ask, match, and record if that is wanted."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect import probes, silence
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import detection
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.escape import visible
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import Adapter, now, versions


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "root": {"type": "path", "default": "/"},
        "records_dir": {"type": "path"},
        "silence": {"type": "bool", "default": False},
        "servers": {"type": "list", "elements": "str", "default": []},
        "catalog_dirs": {"type": "list", "elements": "path", "default": []},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return findings, evidence, unknowns, limits, complete, removed_before and, if it is wanted, silence."""
        catalog = self.catalog(options)
        asked_of_host = platforms.detection(catalog.products, catalog.limits)
        servers = options["servers"] if options["silence"] else None
        if servers is not None:
            asked_of_host = probes.merged(asked_of_host, silence.probes(catalog, servers))
        asked = {"probes": probes.as_text(asked_of_host), "root": options["root"]}
        collected = self.on_endpoint("collect", asked, task_vars)["collected"]
        told = answer(platforms.evidence(collected), catalog, servers)
        return self._recorded(told, options, task_vars) if options["records_dir"] else told

    def _recorded(self, told: dict[str, Any], options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Write the record, show the host's line, and keep the evidence out of the controller's memory."""
        host = str(task_vars["inventory_hostname"])
        run = {"change_id": "", "time": now(), **versions(self.catalog(options))}
        record = runs.of_detection(host, told, run)
        path = records.path_of(options["records_dir"], host)
        if not self._task.check_mode:
            records.write(path, record, self.modes(task_vars))
        Display().display(f"{visible(host)}: {detection.of_host(record)}")
        kept = {key: value for key, value in told.items() if key != "evidence"}
        return {**kept, "verdict": record["verdict"], "path": str(path)}
