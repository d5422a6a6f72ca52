# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Unload a product's own kernel modules, once nothing uses them; and what has to be known of the running system."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ....catalog.model import Product
from ....detect.claims import Claims, of_kind
from ....detect.evidence import Evidence
from ....plan.model import REMOVE, Step

# Debian and its derivatives create it when a package asks for a reboot; /var/run is usually the same directory.
REBOOT_REQUIRED = ("/run/reboot-required", "/var/run/reboot-required")
WRITTEN = ("/", "/etc", "/opt", "/usr", "/var", "/var/lib")


def steps(evidence: Evidence, going: list[Product], owned: Claims) -> Iterator[Step]:
    """Yield a step for each loaded module that no other vendor has under the same name."""
    shared = {name for product in going for name in product.shared_modules}
    for item in of_kind(owned, "kernel_module"):
        if item["value"]["loaded"] and item["what"] not in shared:
            users = ", ".join(item["value"]["used_by"])
            yield Step(
                REMOVE,
                "kernel_module_unload",
                f"Unload the kernel module {item['what']}",
                {"name": item["what"]},
                f"{item['what']}: loaded" + (f", used by {users}" if users else ""),
                f"{item['what']}: not loaded; if it is still in use, removed by the next reboot",
                (item["id"],),
            )


def probes(going: list[Product]) -> dict[str, Any]:
    """Return the probes for a reboot that is due, and for file systems that cannot be written."""
    trees = [tree for product in going for tree in (*product.trees, *product.parents)]
    return {
        "path": {"paths": list(REBOOT_REQUIRED), "children_of": [], "listed": []},
        "file_system": sorted({*WRITTEN, *trees}),
    }
