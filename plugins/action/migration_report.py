# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""migration_report works on the controller only: it makes the documents of a folder of records."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog import policies
from ansible_collections.avshift.endpoint.plugins.plugin_utils.device_list.options import remarks
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import console
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.run import folder, listed
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import Adapter, now, sites


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "records_dir": {"type": "path", "required": True},
        "output_dir": {"type": "path", "required": True},
        "policy": {"type": "list", "elements": "str", "default": []},
        "console_file": {"type": "path"},
        "device_list_file": {"type": "path"},
        "device_list_since": {"type": "str"},
        "catalog_dirs": {"type": "list", "elements": "path", "default": []},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Write the documents, show their table, and return their paths; in check mode write none."""
        packs, home = policies.load(options["policy"], sites(options)), options["output_dir"]
        devices = listed.of_file(options["device_list_file"], options["device_list_since"])
        for remark in remarks(devices.devices) if devices else ():
            Display().warning(remark)
        told = self.modes(task_vars), console.read(options["console_file"], now()), devices
        before = folder.sums(home)
        if not self._task.check_mode:
            made = folder.make(options["records_dir"], home, packs, *told)
            after = folder.sums(home)
        else:
            with tempfile.TemporaryDirectory() as elsewhere:
                made = folder.make(options["records_dir"], elsewhere, packs, *told)
                after = folder.sums(elsewhere)
        paths = {name: str((Path(home) / name).absolute()) for name in made.paths}
        Display().display("\n".join(["", *made.lines, "", *paths.values(), ""]))
        counts = {"verdicts": made.totals["verdicts"], "device_list": made.compared}
        return {"changed": before != after, "paths": paths, **counts}
