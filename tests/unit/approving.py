"""Approve a plan with the module that the playbook calls."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ansible_collections.avshift.endpoint.plugins.action.migration_approve import ActionModule

ASKED: dict[str, Any] = {"approver": "jane", "reason": "CHG1", "valid_until": None}


def approved(plan: Path, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    """Return the module's result, run as Ansible runs it on the controller."""
    action = ActionModule.__new__(ActionModule)
    action._task = SimpleNamespace(check_mode=check_mode)
    action._templar = SimpleNamespace(template=lambda value: value)
    lists: dict[str, Any] = {"hosts": [], "classes": [], "rings": []}
    result: dict[str, Any] = action.act(
        {"plan": str(plan), **ASKED, **lists, "gate": "", "output": None, **options}, {}
    )
    return result
