# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an answer does not cover: what is not checked on a host, and lines that name things which are not there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..catalog.model import Limit, Product
from ..listed import first
from .claims import names_text
from .evidence import Evidence, Item

NAMED = "named_by_others"
WHY_NAMED = (
    "they name a product without any other trace, and a line alone does not confirm one: check what they belong to"
)


def told(evidence: Evidence, limits: Iterable[Limit], products: Iterable[Product], reasons: set[str]) -> list[Any]:
    """Return {id, what, why} of each limit that the host has, in the order of the catalog; ``reasons`` are ids of
    evidence that belongs to a finding.
    """
    known = {limit.id: limit for limit in limits}
    seen: dict[str, list[Item]] = {}
    for item in evidence.of_kind("limit"):
        seen.setdefault(item["what"].partition(":")[0], []).append(item)
    listed = [_of_limit(known[name], seen[name]) for name in known if name in seen]
    listed += [{"id": name, "what": name, "why": "this catalog does not know it"} for name in seen if name not in known]
    return [*listed, *_named(evidence, list(products), reasons)]


def _of_limit(limit: Limit, items: list[Item]) -> dict[str, str]:
    places = [item["where"] + (f": {item['value']['detail']}" if item["value"]["detail"] else "") for item in items]
    return {"id": limit.id, "what": f"{limit.what} ({first(places)})", "why": limit.why}


def _named(evidence: Evidence, products: list[Product], reasons: set[str]) -> list[dict[str, str]]:
    """Return the limit of lines that name something of which nothing else was seen; an empty list without any."""
    texts = {text for product in products for text in (*product.trees, *product.of_kind("process"))}
    lines = [
        f"{item['what']} line {line}"
        for item in evidence.of_kind("mention")
        if item["id"] not in reasons
        for line in item["value"]["lines"]
        if any(names_text(text, line) for text in texts)
    ]
    return [{"id": NAMED, "what": f"lines of other programs: {first(lines)}", "why": WHY_NAMED}] if lines else []
