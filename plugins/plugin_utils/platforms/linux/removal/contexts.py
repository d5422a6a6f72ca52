# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Remove local SELinux rules that label the products' files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....catalog.model import Product
from ....detect.claims import Claims, of_kind
from ....detect.evidence import Evidence, Item
from ....plan.model import REMOVE, Step
from .config_lines.names import Words

# The file of local rules, and the policy's name in its path.
LOCAL = re.compile(r"/etc/selinux/([^/]+)/contexts/files/file_contexts\.local")
FREE = re.compile(r"[(\[.*+?|^$\\]")


def steps(evidence: Evidence, going: list[Product], owned: Claims) -> Iterator[Step]:
    """Yield a step for each policy with such rules."""
    words = Words.of(going)
    for item in of_kind(owned, "mention"):
        match = LOCAL.fullmatch(item["what"])
        lines = [block["text"] for block in item["value"].get("blocks", ()) if _is_own(block, words)]
        if match and lines:
            yield _step(item, match.group(1), lines)


def by_hand(owned: Claims, going: list[Product]) -> Iterator[str]:
    """Yield the places of SELinux that name a product in a way that no step takes out."""
    words = Words.of(going)
    for item in of_kind(owned, "mention"):
        if item["value"]["place"] != "selinux":
            continue
        blocks = item["value"].get("blocks")
        if blocks is None:
            yield f"{item['what']} (its lines were not checked)"
        for block in blocks or ():
            is_rule = LOCAL.fullmatch(item["what"]) is not None and _is_own(block, words)
            if not block["idle"] and words.named_in(block["text"]) and not is_rule:
                yield f"{item['what']} line {block['number']} (it is not a local rule for the product's files alone)"


def _is_own(block: dict[str, object], words: Words) -> bool:
    fields = str(block["text"]).split()
    if not block["plain"] or block["idle"] or len(fields) not in (2, 3):
        return False
    label = fields[-1].split(":")
    # A pattern may go on after the directory's name: /opt/product(/.*)?
    fixed = FREE.split(fields[0].replace("\\.", "."), maxsplit=1)[0]
    return words.own(fixed.rstrip("/")) or (len(label) > 2 and label[2] in words.marks)


def _step(item: Item, policy: str, lines: list[str]) -> Step:
    path, tool = item["what"], item["value"].get("tool", "")
    effects = [{"path": path, "scope": "file", "change": "changed"}]
    if tool:
        # The tool keeps the rules in its store, rebuilds the policy's files in `final`, and moves them into place.
        trees = (f"/etc/selinux/{policy}", f"/var/lib/selinux/{policy}", "/var/lib/selinux/final")
        effects = [{"path": tree, "scope": "tree", "change": "changed"} for tree in trees]
    return Step(
        REMOVE,
        "selinux_contexts_remove",
        f"Remove the local file label rules of the policy {policy}",
        {
            "path": path,
            "place": "selinux",
            "policy": policy,
            "tool": tool,
            "whole": False,
            "edits": [{"before": line, "after": None} for line in lines],
        },
        "\n".join(lines),
        "no such rule; all others unchanged",
        (item["id"],),
        tuple(effects),
    )
