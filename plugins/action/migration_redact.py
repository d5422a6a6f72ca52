# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""migration_redact works on the controller only: it writes documents that can be shown to outsiders."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.redact import folder
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.words import counted
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import Adapter


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "sources": {"type": "list", "elements": "path", "required": True},
        "output_dir": {"type": "path", "required": True},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Write the redacted documents and return their paths; in check mode write none."""
        keep = bool(self._task.check_mode)
        made = folder.make(options["sources"], options["output_dir"], self.modes(task_vars), dry_run=keep)
        documents, files = counted(len(made.paths), "document"), counted(len(made.left_out), "file")
        told = f"{documents} redacted in {options['output_dir']}, {files} left out."
        read = f"{told} Read them through before you share them."
        return {"changed": made.is_new, "paths": made.paths, "left_out": made.left_out, "msg": read}
