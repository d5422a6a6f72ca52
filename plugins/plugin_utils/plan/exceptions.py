# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Exceptions: what may stay on a host for now. Accepted checks: preflight results. Both expire on a given day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from .. import schema, yaml_text
from ..catalog.model import Product
from ..errors import AvshiftError
from ..times import FORM, end_of
from .model import ALL, Goal

READING = "Reading the exceptions file"
FORMAT_VERSION = 1
MOST_HOSTS = 20
IN_FORCE, EXPIRED = "in_force", "expired"
LISTS = {"exceptions": "product", "waivers": "preflight"}


def parse(raw: bytes, path: str, products: Iterable[str]) -> list[dict[str, Any]]:
    """Return what a file grants, in its order, each {id, hosts, product, preflight, approver, reason, expires}.

    ``products`` are the ids that the catalog knows. Raises AvshiftError naming everything that is wrong in the file.
    """
    try:
        content = yaml_text.parse(raw, texts=True)
    except ValueError as error:
        raise _wrong(path, str(error)) from error
    if not isinstance(content, dict):
        raise _wrong(path, "it is not a mapping with the keys exceptions and waivers")
    problems = list(_problems(content, {*products, ALL}))
    if problems:
        raise _wrong(path, "; ".join(problems))
    return [_entry(granted, key) for name, key in LISTS.items() for granted in content.get(name, ())]


def _entry(granted: dict[str, Any], key: str) -> dict[str, Any]:
    return {"product": None, "preflight": None, **granted, key: granted[key]}


def _problems(content: dict[str, Any], products: set[str]) -> Iterator[str]:
    """Yield how a file breaks its schema; if it does not, the faults that a schema cannot express."""
    version = content.get("format_version")
    # Every value is read as text.
    typed = {**content, "format_version": FORMAT_VERSION} if version == str(FORMAT_VERSION) else content
    broken = schema.violations("exceptions", typed)
    for one in broken:
        expected = FORM if one.place.endswith(".expires") else one.expected
        yield f"{_called(content, one.place)}: expected {expected}, found {one.found}"
    if not broken:
        yield from _unfit(content, products)


def _called(content: dict[str, Any], place: str) -> str:
    """Return a place in words that name the entry: exceptions 1 (EX-1).expires."""
    found = re.fullmatch(r"\$\.(exceptions|waivers)\[(\d+)\](.*)", place, re.DOTALL)
    if found is None:
        return place
    name, number, rest = found[1], int(found[2]), found[3]
    entry = content[name][number]
    known = entry.get("id") if isinstance(entry, dict) else None
    return f"{name} {number + 1}" + (f" ({known})" if isinstance(known, str) else "") + rest


def _unfit(content: dict[str, Any], products: set[str]) -> Iterator[str]:
    ids: set[str] = set()
    for name in LISTS:
        for number, entry in enumerate(content.get(name, ())):
            at = _called(content, f"$.{name}[{number}]")
            if end_of(entry["expires"]) is None:
                yield f"{at}.expires: expected {FORM}, found {schema.short(entry['expires'])}"
            if entry.get("product", ALL) not in products:
                yield f"{at}: the catalog has no product {entry['product']}"
            if entry["id"] in ids:
                yield f"{at}: its id is used twice"
            ids.add(entry["id"])


def of_host(granted: list[dict[str, Any]], host: str, now: str) -> list[dict[str, Any]]:
    """Return what is granted for one host, each with its ``status``: in force, or expired.

    Only the matching hosts of a long list are included, since every host's plan and record keep it.
    """
    mine = []
    for entry in granted:
        fitting = [name for name in entry["hosts"] if host == name or fnmatchcase(host, name)]
        if fitting:
            status = EXPIRED if (end_of(entry["expires"]) or "") < now else IN_FORCE
            hosts = entry["hosts"] if len(entry["hosts"]) <= MOST_HOSTS else fitting
            mine.append({**entry, "hosts": hosts, "status": status})
    return mine


def in_force(granted: Iterable[dict[str, Any]], key: str) -> list[str]:
    """Return the products, or the preflight results, for which something is granted that has not expired."""
    return [entry[key] for entry in granted if entry["status"] == IN_FORCE and entry[key] is not None]


def applied(goal: Goal, granted: Iterable[dict[str, Any]], found: Iterable[Product]) -> Goal:
    """Return a host's goal under what is granted for it; ``found`` are the products that may be there.

    What is granted for a product that turns out not to be there does not count (``Goal.where_found``), so that a plan
    does not change when it expires.
    """
    granted = list(granted)
    accepted = replace(goal, accept=(*goal.accept, *in_force(granted, "preflight")))
    products = in_force(granted, "product")
    if ALL in products:
        return replace(accepted, remove=False, provider="", options={}, excepted=(ALL,))
    staying = tuple(product.id for product in found if product.id in products and goal.takes(product))
    return replace(accepted, excepted=staying)


def _wrong(path: str, cause: str) -> AvshiftError:
    return AvshiftError("exceptions_wrong", READING, path, cause, "Correct the file: docs/approval.md has an example.")
