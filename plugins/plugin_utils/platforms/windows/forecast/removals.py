# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which products would be removed, by which codes, and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....catalog.model import Product
from ....detect.claims import Claims
from ....detect.evidence import Item
from ....detect.match import Finding
from ....plan.model import Goal
from .case import GONE, Removal

CODE = re.compile(r"\{[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", re.IGNORECASE)
# Management agents go after what they manage, and what other hosts depend on goes last.
ORDER = ("product", "tool", "management", "server", "gateway")


def removals(found: tuple[Finding, ...], products: dict[str, Product], claimed: Claims, goal: Goal) -> list[Removal]:
    """Return the installed products that would be removed, in that order."""
    going = [one for one in found if goal.takes(products[one.id]) and one.state not in GONE]
    made = [_removal(one, products[one.id], claimed.get(one.id, [])) for one in going]
    return sorted(made, key=lambda one: ORDER.index(one.product.product_class))


def _removal(finding: Finding, product: Product, items: list[Item]) -> Removal:
    entries = tuple(item for item in items if item["kind"] == "uninstall_entry" and not item["value"]["twin_of"])
    return Removal(finding, product, entries, tuple(dict.fromkeys(_codes(items))))


def _codes(items: list[Item]) -> Iterator[str]:
    """Yield the ProductCodes: of entries that Windows Installer made, of its own list, and of the product's key."""
    for item in items:
        if item["kind"] == "uninstall_entry" and CODE.fullmatch(_name(item)):
            yield _name(item).upper()
        elif item["kind"] == "msi_product":
            yield str(item["what"]).upper()
        elif item["kind"] == "vendor_key" and CODE.fullmatch(item["value"]["code"]):
            yield item["value"]["code"].upper()


def _name(item: Item) -> str:
    return str(item["what"]).rpartition("\\")[2]
