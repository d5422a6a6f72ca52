# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""migration_compare works on the controller only: it says what changed between two folders of records."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible.utils.display import Display
from ansible_collections.avshift.endpoint.plugins.plugin_utils.documents import write_changed
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import records
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report import compare
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import Adapter


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "earlier_dir": {"type": "path", "required": True},
        "records_dir": {"type": "path", "required": True},
        "output_dir": {"type": "path", "required": True},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Write the documents, show their table, and return their paths; in check mode write none."""
        content = compare.compose(records.read(options["earlier_dir"]), records.read(options["records_dir"]))
        keep = bool(self._task.check_mode)
        paths, is_new = write_changed(
            options["output_dir"], compare.files(content), self.modes(task_vars), dry_run=keep
        )
        Display().display("\n".join(["", *compare.lines(content), "", *paths.values(), ""]))
        counted = {"same": content["same"], **{key: len(content[key]) for key in ("new", "gone", "changed")}}
        return {"changed": is_new, "paths": paths, "compared": counted}
