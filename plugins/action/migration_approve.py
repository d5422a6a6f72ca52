# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""migration_approve works on the controller only: it writes who approved which hosts of a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.avshift.endpoint.plugins.plugin_utils.approval import (
    approval_document,
    gate_word,
    granted,
    signature,
)
from ansible_collections.avshift.endpoint.plugins.plugin_utils.canonical import encode
from ansible_collections.avshift.endpoint.plugins.plugin_utils.documents import write_text
from ansible_collections.avshift.endpoint.plugins.plugin_utils.fleet import document
from ansible_collections.avshift.endpoint.plugins.plugin_utils.report.words import counted
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import Adapter, now


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "plan": {"type": "path", "required": True},
        "approver": {"type": "str", "required": True},
        "reason": {"type": "str", "required": True},
        "valid_until": {"type": "str"},
        "hosts": {"type": "list", "elements": "str", "default": []},
        "classes": {"type": "list", "elements": "str", "default": []},
        "rings": {"type": "list", "elements": "str", "default": []},
        "gate": {"type": "str", "default": ""},
        "output": {"type": "path"},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Write the approval and return it with the command that signs it."""
        plan = document.read(options["plan"])
        if options["gate"]:
            return self._word(plan, options, task_vars)
        path = Path(options["output"] or approval_document.beside(options["plan"])).absolute()
        needs = granted.is_beside(path, options["plan"]) and not plan.get(document.NEEDS_APPROVAL)
        approved = document.needing_approval(plan) if needs else plan
        approval = approval_document.compose(approved, options, now())
        earlier = granted.repeated(path, approval)
        if not self._task.check_mode:
            modes = self.modes(task_vars)
            if needs:
                # This comes first: from here on, removing the approval cannot allow more hosts. The plan may have been
                # put back since it was approved.
                write_text(Path(options["plan"]), encode(approved), modes)
            if earlier is None:
                write_text(path, encode(approval), modes)
        # An approval that says the same is left as it is: it may be signed.
        approval = earlier or approval
        hosts, until = approval["hosts"], approval["valid_until"]
        command = signature.command("approval", str(path))
        end = f"until {until}" if until else "WITHOUT AN EXPIRY DATE: it is valid for every run of this plan"
        told = f"{counted(len(hosts), 'host')} approved in {path}, {end}. To sign it: {command}"
        changed = needs or earlier is None
        return {"changed": changed, "path": str(path), "approval": approval, "sign": command, "msg": told}

    def _word(self, plan: dict[str, Any], options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Write that a rollout goes on after a ring; a document that says the same is left as it is."""
        word = gate_word.compose(plan, options["gate"], options, now())
        path = Path(options["output"] or gate_word.path_of(options["plan"], word["ring"])).absolute()
        earlier = granted.repeated(path, word)
        if earlier is None and not self._task.check_mode:
            write_text(path, encode(word), self.modes(task_vars))
        command = signature.command(gate_word.SIGNED_AS, str(path))
        told = f"The rollout may go on after ring {word['ring']}, as {path} says. To sign it: {command}"
        return {
            "changed": earlier is None,
            "path": str(path),
            "approval": earlier or word,
            "sign": command,
            "msg": told,
        }
