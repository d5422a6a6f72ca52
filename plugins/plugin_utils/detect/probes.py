# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compile the catalog into questions for an endpoint. Probes know kinds, not products."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..catalog.model import Product

KEEP_OUT = "/etc/avshift/keep-out"


def for_products(products: Iterable[Product]) -> dict[str, Any]:
    """Return the probes that find the products: {kind: what to ask}."""
    chosen = list(products)
    sections = [what for product in chosen for what in product.of_kind("ini_section")]
    parents = [path for product in chosen for path in product.parents]
    version_links = [product.version_from[0] for product in chosen if product.version_from]
    return {
        "package": {"names": _all(chosen, "package"), "in": _unique(parents)},
        "process": _all(chosen, "process"),
        "unit": _all(chosen, "unit"),
        "group": _all(chosen, "group"),
        "path": _unique(_all(chosen, "path") + parents + version_links + [KEEP_OUT]),
        "ini_section": [
            dict(zip(("file", "section"), what[:-1].split("[", 1), strict=True)) for what in _unique(sections)
        ],
        "link_into": {
            "in": _unique(path for product in chosen for path in product.links_in),
            "below": _unique(path for product in chosen for path in product.trees),
        },
        "journal": [],
    }


def merged(*several: dict[str, Any]) -> dict[str, Any]:
    """Return one set of probes that asks everything that several ask."""
    result: dict[str, Any] = {}
    for probes in several:
        for kind, asked in probes.items():
            if kind not in result:
                result[kind] = asked
            elif isinstance(asked, dict):
                result[kind] = {key: _unique(result[kind][key] + asked[key]) for key in asked}
            else:
                result[kind] = _unique(result[kind] + asked)
    return result


def _all(products: list[Product], kind: str) -> list[str]:
    return _unique(what for product in products for what in product.of_kind(kind))


def _unique(values: Iterable[Any]) -> list[Any]:
    unique: list[Any] = []
    for value in values:
        if value not in unique:
            unique.append(value)
    return unique
