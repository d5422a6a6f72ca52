# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's half of kaspersky_info: compile the probes, ask, match, and write a record if one is wanted."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.avshift.endpoint.plugins.plugin_utils import apart, platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog.model import Catalog
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect import probes, silence
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.answer import answer
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records, runs
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import detection
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.escape import visible
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import (
    RESULTS_OF_RUN,
    Adapter,
    Ask,
    now,
    versions,
)


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "root": {"type": "path", "default": "/"},
        "records_dir": {"type": "path"},
        "silence": {"type": "bool", "default": False},
        "servers": {"type": "list", "elements": "str", "default": []},
        "brief": {"type": "bool", "default": False},
        "catalog_dirs": {"type": "list", "elements": "path", "default": []},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return findings, evidence, unknowns, limits, complete, removed_before and, if it is wanted, silence."""
        catalog = self.catalog(options)
        platform = platforms.named(self.system())
        # Where nothing is changed, silence is not checked.
        servers = options["servers"] if options["silence"] and platform.foretelling is None else None
        asked = platforms.detection(catalog.products, catalog.limits, platform)
        if platform.collected is not None and options["root"] == "/":
            looked = self.in_two_looks(platform.further, asked, lambda reads: self.raw_facts(reads, task_vars))
            collected = self.evidence_of(platform.collected(*looked))
        else:
            collected = self._by_endpoint(asked, catalog, options, task_vars)
        if options["root"] != "/":
            collected = self._of_disk(collected, catalog, options["root"], task_vars)
        told = answer(platforms.evidence(collected), catalog, servers)
        if platforms.of(collected["host"]).foretelling is not None:
            told["preview"] = platforms.of(collected["host"]).name
        if options["records_dir"]:
            return self._recorded(told, options, task_vars)
        return self._brief(told) if options["brief"] else told

    def _brief(self, told: dict[str, Any]) -> dict[str, Any]:
        """Return how much was found; the rest is in a file of this run."""
        counts = {name: len(told[name]) for name in ("findings", "evidence", "unknowns")}
        return {**apart.put(RESULTS_OF_RUN, self.host, told, told), "complete": told["complete"], "counts": counts}

    def _by_endpoint(
        self, asked: dict[str, Any], catalog: Catalog, options: dict[str, Any], task_vars: dict[str, Any]
    ) -> dict[str, Any]:
        """Return what the collection's own code on the host collects."""
        if options["silence"]:
            asked = probes.merged(asked, silence.probes(catalog, options["servers"]))
        given = {"probes": probes.as_text(asked), "root": options["root"]}
        collected: dict[str, Any] = self.on_endpoint("collect", given, task_vars)["collected"]
        return collected

    def _of_disk(
        self, collected: dict[str, Any], catalog: Catalog, root: str, task_vars: dict[str, Any]
    ) -> dict[str, Any]:
        """Return what another system's reader finds on a root that holds that system, else what is known of it."""
        for platform in platforms.of_other_root(collected):
            if platform.collected is not None:
                asked = platforms.detection(catalog.products, catalog.limits, platform)
                try:
                    looked = self.in_two_looks(platform.further, asked, self._disk(platform.name, root, task_vars))
                except AvshiftError as error:
                    if error.code != f"no_{platform.name}":
                        raise
                    continue
                return self.evidence_of(platform.collected(*looked))
        return collected

    def _disk(self, system: str, root: str, task_vars: dict[str, Any]) -> Ask:
        """Return what answers reads for a mounted disk."""
        return lambda reads: self.facts_of_disk(system, reads, root, task_vars)

    def _recorded(self, told: dict[str, Any], options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Write the record, show the host's line, and keep the evidence out of the controller's memory."""
        host = str(task_vars["inventory_hostname"])
        run = {"change_id": "", "time": now(), **versions(self.catalog(options))}
        record = runs.of_detection(host, told, run)
        path = records.path_of(options["records_dir"], host)
        if not self._task.check_mode:
            records.write_alone(options["records_dir"], record, self.modes(task_vars))
        Display().display(f"{visible(host)}: {detection.of_host(record)}")
        kept = {key: value for key, value in told.items() if key != "evidence"}
        return {**kept, "verdict": record["verdict"], "path": str(path), "root": options["root"]}
