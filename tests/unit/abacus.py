"""A made-up system, as small as one can be: one kind of evidence, one kind of step. The engine knows nothing of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog.model import Product, Sign
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.claims import of_kind
from ansible_collections.avshift.endpoint.plugins.plugin_utils.detect.evidence import Table
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.model import REMOVE, Step
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.platform import Kind, PathRules, Places, Platform
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.request import Request

MARKED = Kind(marked=True)
# What it calls a path is for no other system to look for.
SIGNS = (Sign("bead", "red"), Sign("path", "/frame/beads"))
PRODUCT = Product("beads", "Beads Security", "product", "abacus", SIGNS)


def _probes(products: Iterable[Product], _limits: object) -> dict[str, Any]:
    return {"bead": [bead for product in products for bead in product.of_kind("bead")]}


def _remove(request: Request) -> Iterator[Step]:
    for item in of_kind(request.owned, "bead"):
        effect = {"path": f"/{item['what']}", "scope": "file", "change": "removed"}
        yield Step(
            REMOVE,
            "bead_slide",
            f"Slide the {item['what']} bead away",
            {},
            "counts",
            "counts nothing",
            (item["id"],),
            (effect,),
        )


ABACUS = Platform(
    name="abacus",
    table=Table("abacus", _probes, {"bead": lambda item, one, _seen: item["what"] in one.of_kind("bead")}, ("bead",)),
    places=Places("/frame", "/frame/journal", "/frame/kept"),
    paths=PathRules(name=str, parent=str, above=lambda _path: ()),
    kinds={
        "announce": Kind(marked=True),
        "bead_slide": Kind(restart="a bead may be stuck"),
        "finish": Kind(marked=True),
    },
    order=("announce", "bead_slide", "finish"),
    remove=_remove,
)
