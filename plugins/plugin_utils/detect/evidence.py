# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Evidence as the engine uses it: by id, by kind, and what could not be checked."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..catalog.model import Limit, Product

Item = dict[str, Any]
Judge = Callable[[Item, Product, "Evidence"], bool]


def is_users(item: Item) -> bool:
    """Return True for what is in a home directory or a world-writable one: any user can have put it there, or kept it
    from being looked at, so that it neither confirms a product nor stops a change.
    """
    return "user_place" in item


def _is_one_of(path: str, roots: Iterable[str]) -> bool:
    return path in roots


@dataclass(frozen=True)
class Table:
    """What the kinds of evidence of a platform say. A judge is called with (item, product, evidence). The default for
    anything that a platform does not set claims the least.

    ``proving`` kinds each confirm a product by themselves; ``supporting`` ones add to one that is confirmed.
    ``running`` kinds are processes, which belong to the product with the most exact sign. ``names`` are a name only,
    which several products may use. ``witness`` names for a kind the one that it rests on, and ``distinctive`` are the
    witnesses that nothing but the product itself leaves. ``inert`` kinds have no effect, and nothing depends on them;
    ``bearing`` ones bear on an answer although they only support. ``scanning`` are the kinds that find a scanner of
    whatever vendor, and ``intercepting`` asks for whatever stands between files and their readers. ``unremovable`` are
    problems with which no package manager takes a product away in the ordinary way; ``told`` are those that do not make
    its state broken.
    """

    platform: str
    # The questions, by kind, that find products and what is not checked.
    probes: Callable[[Iterable[Product], Iterable[Limit]], dict[str, Any]]
    proving: Mapping[str, Judge]
    distinctive: tuple[str, ...]
    supporting: Mapping[str, Judge] = field(default_factory=dict)
    running: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    witness: Mapping[str, str] = field(default_factory=dict)
    inert: tuple[str, ...] = ()
    bearing: tuple[str, ...] = ()
    scanning: tuple[str, ...] = ()
    intercepting: Mapping[str, Any] = field(default_factory=dict)
    unremovable: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    # Whether one path is one of some others or lies below one.
    is_below: Callable[[str, Iterable[str]], bool] = _is_one_of
    # Whether another vendor's product of the same name may have left an item; called with the vendors' own words.
    is_others_too: Callable[[Item, Product, list[str]], bool] = lambda _item, _product, _words: False
    # What no entry claimed but still belongs to a product, from (evidence, products, what is claimed).
    strays: Callable[[Evidence, tuple[Product, ...], dict[str, list[Item]]], dict[str, list[Item]]] = (
        lambda _evidence, _products, _claimed: {}
    )
    # The ids of what is wrong with a product, from (product, its items, evidence).
    problems: Callable[[Product, list[Item], Evidence], tuple[str, ...]] = lambda _product, _items, _evidence: ()
    is_installed: Callable[[Product, list[Item], Evidence], bool] = lambda _product, items, _evidence: bool(items)
    # Whether a product with a process runs: that process may be one that does not protect.
    runs: Callable[[Product, list[Item], Evidence], bool] = lambda _product, _items, _evidence: True
    has_effect: Callable[[Item], bool] = lambda _item: True
    version: Callable[[Product, list[Item], Evidence], str] = lambda _product, _items, _evidence: ""
    mode: Callable[[Product, Evidence], str] = lambda _product, _evidence: ""
    # Whether what could not be checked may hide a product, or more of it.
    concerns: Callable[[Item, Product], bool] = lambda _item, _product: True
    # Whether a product stands between a file and its reader; None where only a look at its processes may say it.
    intercepts: Callable[[Product, Evidence], bool | None] = lambda _product, _evidence: None
    # Whether a part of a product may stand there although no process of it runs.
    may_be_loaded: Callable[[Product, Evidence], bool] = lambda _product, _evidence: False
    # What a product's signatures are, {version, in_use_since}; None where the evidence does not say it.
    signatures: Callable[[Product, Evidence], dict[str, str] | None] = lambda _product, _evidence: None
    # Whether a line at a place names a host without making anything connect to it, from (place, line).
    is_rule: Callable[[str, str], bool] = lambda _place, _line: False


@dataclass(frozen=True)
class Evidence:
    """The result of one collection on one host. ``items`` are {id, kind, what, where, value or unknown}."""

    items: dict[str, Item]
    host: dict[str, Any]
    live: bool
    table: Table
    # What judges made of it once, by a name of their own: a host may give any number of items.
    kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, collected: dict[str, Any], table: Table) -> Evidence:
        """Return the evidence in a collector's answer ({evidence, host, live}), as a platform's table reads it."""
        ordered = sorted(collected["evidence"], key=lambda item: str(item["id"]))
        return cls({item["id"]: item for item in ordered}, collected["host"], collected["live"], table)

    def value(self, kind: str, what: str) -> dict[str, Any] | None:
        """Return what was seen, or None if nothing was or it could not be checked."""
        item = self.items.get(f"{kind}:{what}")
        return None if item is None else item.get("value")

    def of_kind(self, kind: str) -> list[Item]:
        """Return the items of a kind that were seen, in the order of their ids."""
        return [*self._of_kinds.get(kind, ())]

    @functools.cached_property
    def _of_kinds(self) -> dict[str, list[Item]]:
        found: dict[str, list[Item]] = {}
        for item in self.seen():
            found.setdefault(item["kind"], []).append(item)
        return found

    def seen(self) -> list[Item]:
        """Return all items that were seen, in the order of their ids."""
        return [item for item in self.items.values() if "value" in item]

    def unknown_of_users(self) -> list[Item]:
        """Return the items that could not be checked and lie where any user can have put them."""
        return [item for item in self.unknowns() if is_users(item)]

    def unknowns(self) -> list[Item]:
        """Return the items that could not be checked."""
        return [item for item in self.items.values() if "unknown" in item]
