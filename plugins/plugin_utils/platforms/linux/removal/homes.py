# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Remove products' files from users' homes after archiving them: a user's quarantine, or menu entries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ....catalog.model import Product
from ....detect.claims import Claims, of_kind
from ....detect.evidence import Evidence, Item
from ....plan.model import Step
from .paths import removed

# What is archived for one user.
MOST_OF_USER, MOST_FILES_OF_USER = 1 << 30, 100000


def steps(evidence: Evidence, going: list[Product], owned: Claims) -> Iterator[Step]:
    """Yield a step for each path in a home."""
    scopes = {sign.what: sign.scope for product in going for sign in product.signs if sign.kind == "home_path"}
    for item in of_kind(owned, "home_path"):
        if is_left(item["what"], evidence):
            continue
        path, kind = item["what"], item["value"]["type"]
        scope = "tree" if scopes.get(item["value"]["below"]) == "tree" and kind == "directory" else "file"
        step = removed(path, scope, item["id"], f"{path} ({kind} of {item['value']['user'] or 'nobody'})")
        yield replace(step, target={**step.target, "in_home": True, "user": item["value"]["user"]})


def retained(evidence: Evidence, going: list[Product]) -> list[tuple[str, str]]:
    """Return (path, what it holds) of what is archived before it is removed."""
    below = {path for product in going for path in product.of_kind("home_path")}
    return [
        (item["what"], f"data of {item['value']['user'] or 'nobody'}")
        for item in evidence.of_kind("home_path")
        if item["value"]["below"] in below
        and evidence.value("space", item["what"]) is not None
        and not is_left(item["what"], evidence)
    ]


def of_user(item: Item) -> dict[str, Any]:
    """Return what the target of a step says where its file lies in a user's hands: that costs no other step. It is {}
    for what is the system's.
    """
    return {"in_home": True, "user": "", "home": item["user_place"]} if "user_place" in item else {}


def user_of(path: str, evidence: Evidence) -> str:
    """Return the name of the user in whose home a path lies, '' if it is no account's."""
    items = (item for item in evidence.of_kind("home_path") if item["what"] == path)
    return next((str(item["value"]["user"] or "") for item in items), "")


def is_left(path: str, evidence: Evidence) -> bool:
    """Return True for a tree of a user that is too large to be archived, or whose size is not known: it stays
    with its user, since no user is to fill the host's disk or to keep the host from being changed.
    """
    item = evidence.items.get(f"space:{path}")
    if item is None or "user_place" not in item:
        return False
    if "unknown" in item:
        return True
    # Items that are only about free room have no size.
    size: dict[str, int] = item["value"]
    return size.get("bytes", 0) > MOST_OF_USER or size.get("files", 0) > MOST_FILES_OF_USER


def left(evidence: Evidence, going: list[Product]) -> list[str]:
    """Return the paths of what stays with users."""
    below = {path for product in going for path in product.of_kind("home_path")}
    found = [item for item in evidence.of_kind("home_path") if item["value"]["below"] in below]
    return [item["what"] for item in found if is_left(item["what"], evidence)]
