# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""pull_hand_in works on a machine that is its own controller: it hands records in to a folder for those of all."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.avshift.endpoint.plugins.plugin_utils.record.handing_in import hand_in
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import Adapter


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "records_dir": {"type": "path", "required": True},
        "inbox": {"type": "path", "required": True},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Hand records in, and return their names."""
        given, modes = (options["records_dir"], options["inbox"]), self.modes(task_vars)
        new, unread = hand_in(*given, modes, dry_run=bool(self._task.check_mode))
        return {"changed": bool(new), "records": new, "warnings": unread}
