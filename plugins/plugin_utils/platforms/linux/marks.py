# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which fwmarks belong to a product on one host: only the product's configuration on that host says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...catalog.model import Product
from ...detect.evidence import Evidence


@dataclass(frozen=True)
class Marks:
    """``named`` are those that the products' configuration on the host names. ``assumed`` are defaults of settings on
    which it is silent: a rule with one of these may be anyone's.
    """

    named: frozenset[str]
    assumed: frozenset[str]

    def all(self) -> frozenset[str]:
        """Return both."""
        return self.named | self.assumed


def of(evidence: Evidence, products: Iterable[Product]) -> Marks:
    """Return the marks of products, as 0x... in lower case. A setting that could not be read gives neither."""
    named: set[str] = set()
    assumed: set[str] = set()
    for default, setting in (pair for product in products for pair in product.mark_settings):
        item = evidence.items.get(f"ini_value:{setting}", {"value": {"value": ""}})
        if "value" in item:
            told = str(item["value"]["value"])
            (named if told else assumed).add(told or default)
    return Marks(frozenset(named), frozenset(assumed - named - {""}))
