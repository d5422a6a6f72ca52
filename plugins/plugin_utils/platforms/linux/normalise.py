# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Name a product's run-time directory so that similar hosts have the same plan, whenever the product was installed."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import replace

from ...catalog.model import Product
from ...detect.evidence import Evidence, Item
from .locations import is_below

KINDS = ("process", "interceptor")


def steady(evidence: Evidence, products: Iterable[Product]) -> Evidence:
    """Return the evidence with programs named by the product's own link to its run-time directory.

    The directory's name holds the second of the installation; the link does not, and leads to the same file.
    """
    trees = dict(_run_time_trees(evidence, products))
    items: dict[str, Item] = {}
    for item in evidence.items.values():
        named = _by_link(item, trees) if item["kind"] in KINDS else item
        kept = item if named["id"] in items else named
        items[kept["id"]] = kept
    return replace(evidence, items=dict(sorted(items.items())))


def _run_time_trees(evidence: Evidence, products: Iterable[Product]) -> Iterable[tuple[str, str]]:
    """Yield (directory, link) of each link that the catalog names and that leads to a directory beside it."""
    for link in (product.version_from[0] for product in products if product.version_from):
        target = str((evidence.value("path", link) or {}).get("target", ""))
        home, name = posixpath.dirname(link), posixpath.basename(target)
        if name not in ("", ".", "..") and target in (name, posixpath.join(home, name)):
            yield posixpath.join(home, name), link


def _by_link(item: Item, trees: dict[str, str]) -> Item:
    for tree, link in trees.items():
        if is_below(item["what"], [tree]):
            what = link + item["what"][len(tree) :]
            return {**item, "id": f"{item['kind']}:{what}", "what": what}
    return item
