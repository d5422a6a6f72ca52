# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""rollout_stop works on the controller only: it writes or removes the file that ends a rollout."""

from __future__ import annotations

import getpass
import os
import socket
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.avshift.endpoint.plugins.plugin_utils.documents import remove, write_text
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import stop_file
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import Adapter, now


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "stop_file": {"type": "path", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "by": {"type": "str"},
        "reason": {"type": "str", "default": ""},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Write the stop file or remove it, and return what it says; an existing one is left as it is."""
        path = Path(options["stop_file"]).absolute()
        is_there, stops = os.path.lexists(path), options["state"] == "present"
        by = _operator() if options["by"] is None else options["by"]
        content = stop_file.text(by, options["reason"], now()) if stops else ""
        before = stop_file.why(str(path)) if is_there else ""
        if stops != is_there and not self._task.check_mode:
            if stops:
                write_text(path, content, self.modes(task_vars))
            else:
                remove(path)
        if stops:
            told = before or f"No further host is started as long as {path} is there"
        else:
            told = f"Hosts may be started again. Until now: {before}" if is_there else f"{path} was not there"
        return {"changed": stops != is_there, "path": str(path), "msg": f"{told}."}


def _operator() -> str:
    try:
        return f"{getpass.getuser()} on {socket.gethostname()}"
    except (KeyError, OSError):
        return f"UID {os.getuid()} on {socket.gethostname()}"
