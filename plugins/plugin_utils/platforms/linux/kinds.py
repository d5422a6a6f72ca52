# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the engine has to know about Linux kinds of steps; most need no entry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...detect.evidence import Item
from ...plan.platform import Kind
from . import handover, order

OWN = {
    "announce": Kind(marked=True),
    "finish": Kind(marked=True),
    "handover": Kind(marked=True, handover=handover.read),
    "package_repair": Kind(marked=True),
    "retain": Kind(marked=True, retains=True),
    "kernel_module_unload": Kind(restart="a kernel module may be in use; if so, it stays until a restart"),
}
KINDS = {**{name: Kind() for name in order.KINDS}, **OWN}


def waiting(facts: Iterable[dict[str, Any]], evidence: Iterable[Item]) -> list[str]:
    """Return in words the kernel modules that steps could not unload and that a later look saw loaded."""
    left = {told.get("module") for told in facts if told.get("reboot_required")}
    return [
        f"the module {item['what']} is loaded"
        for item in evidence
        if item["kind"] == "kernel_module" and item["what"] in left and item.get("value", {}).get("loaded")
    ]
