# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a handover needs if the new scanner may run alongside the old one: limits, and what each leaves out."""

from __future__ import annotations

from typing import Any

from ...catalog.model import Product
from ...plan.staged import Staged
from .locations import is_below

OVERLAPPING = "overlapping"


def overlap(staged: Staged, new: dict[str, Any]) -> dict[str, Any] | None:
    """Return {start_limit, limit, probe_limit, signature} of one that may stand beside another scanner, else None.

    It has to leave marks and to refuse what it finds, since nothing else would distinguish its work from the old one's;
    and where a package's own unit of it runs already, the two cannot be distinguished.
    """
    if staged.provider.coexistence != OVERLAPPING:
        return None
    told = staged.layout["real_time"].get("overlap")
    if not told or not new["marks"] or new["tells"] or new["replaces"] or new["install"] or not new["socket"]:
        return None
    signature = {**told["signature"], "forget": bool(staged.options[told["signature"]["forget"]["option"]])}
    return {**{key: told[key] for key in ("start_limit", "limit", "probe_limit")}, "signature": signature}


def excludes(staged: Staged, going: list[Product], new: dict[str, Any]) -> dict[str, Any] | None:
    """Return {list, environment, text, paths} of one that can leave the old one's own directories out, else None.

    Those are directories that go with the old one. What holds a protected directory is not left out, nor is what would
    stay on the host, as a place does that the owner has given the old one.
    """
    told = staged.layout["real_time"].get("overlap", {}).get("excludes")
    if not told:
        return None
    trees = sorted({tree for product in going if product.real_time_units for tree in product.trees})
    inside = [
        tree for tree in trees if is_below(tree, new["paths"]) and not any(is_below(p, [tree]) for p in new["paths"])
    ]
    return {**{key: told[key] for key in ("list", "environment", "text")}, "paths": inside if new["overlap"] else []}


def exclusions(
    staged: Staged | None, going: list[Product], units: list[str], new: dict[str, Any] | None
) -> list[dict[str, Any]]:
    """Return how each product of the units is asked to leave out what the new one's engine opens.

    Nothing where the two do not run side by side, or no product can be asked.
    """
    if staged is None or new is None or not new["overlap"]:
        return []
    running = [product for product in going if set(units) & set(product.real_time_units)]
    opened = staged.layout["real_time"]["overlap"].get("opens", [])
    return [_asked(product, product.exclusions, opened) for product in running if product.exclusions and opened]


def _asked(product: Product, told: dict[str, Any], opened: list[str]) -> dict[str, Any]:
    return {
        "name": product.name,
        "program": told["program"],
        "read": _command(told, "read"),
        "section": told["section"],
        "locked": told["locked"],
        "limit": told["limit"],
        "paths": [
            {"path": path, "add": _command(told, "add", path), "remove": _command(told, "remove", path)}
            for path in opened
        ],
    }


def _command(told: dict[str, Any], purpose: str, path: str = "") -> list[str]:
    return [told["program"], *(word.replace("{path}", path) for word in told[purpose])]


def in_words(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return a line for each directory that one of the two leaves out."""
    left = [
        f"{path}: not scanned on access until it is removed or {new['unit']} starts again"
        for path in (new["excludes"] or {}).get("paths", ())
    ]
    asked = [
        f"{one['path']}: {product['name']} is asked to leave it out ({' '.join(one['add'])}); undone if it stays"
        for product in old["exclusions"]
        for one in product["paths"]
    ]
    return left + asked
