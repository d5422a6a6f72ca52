# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Exceptions: what may stay on a host for now. Waivers: preflight results that are accepted. Both until a day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from .. import yaml_text
from ..catalog.model import Product
from ..errors import AvshiftError
from ..times import FORM, end_of
from .model import Goal

READING = "Reading exceptions and waivers"
FORMAT_VERSION = "1"
# Every product, and so the host itself.
ALL = "all"
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
        raise _wrong(path, "it is no mapping of exceptions and waivers")
    problems = list(_problems(content, {*products, ALL}))
    if problems:
        raise _wrong(path, "; ".join(problems))
    return [_entry(granted, key) for name, key in LISTS.items() for granted in content.get(name, ())]


def _entry(granted: dict[str, Any], key: str) -> dict[str, Any]:
    return {"product": None, "preflight": None, **granted, key: granted[key]}


def _problems(content: dict[str, Any], products: set[str]) -> Iterator[str]:
    if content.get("format_version") != FORMAT_VERSION:
        yield f"format_version is {content.get('format_version')}, and not {FORMAT_VERSION}"
    yield from (f"{key} is neither exceptions nor waivers" for key in content if key not in (*LISTS, "format_version"))
    ids: set[str] = set()
    for name, key in LISTS.items():
        granted = content.get(name, [])
        if not isinstance(granted, list):
            yield f"{name} is no list"
            continue
        for number, entry in enumerate(granted, 1):
            called = entry.get("id") if isinstance(entry, dict) else None
            at = f"{name} {number}" + (f" ({called})" if isinstance(called, str) else "")
            yield from (f"{at}: {problem}" for problem in _entry_problems(entry, key, products))
            if isinstance(called, str) and called in ids:
                yield f"{at}: its id stands twice"
            ids.add(str(called))


def _entry_problems(entry: Any, key: str, products: set[str]) -> Iterator[str]:
    if not isinstance(entry, dict):
        yield "it is no mapping"
        return
    forms: dict[str, tuple[Callable[[Any], bool], str]] = {
        "id": (_is_text, "text"),
        "hosts": (_is_list, "a list of names or patterns of hosts"),
        key: (_is_text, "text"),
        "approver": (_is_text, "text"),
        "reason": (_is_text, "text"),
        "expires": (lambda value: end_of(value) is not None, FORM),
    }
    for name, (fits, form) in forms.items():
        if name not in entry:
            yield f"{name} is missing"
        elif not fits(entry[name]):
            yield f"{name} has to be {form}"
    yield from (f"{name} is no key that it can have" for name in entry if name not in forms)
    product = entry.get("product")
    if key == "product" and _is_text(product) and product not in products:
        yield f"the catalog has no product {product}"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value))


def of_host(granted: list[dict[str, Any]], host: str, now: str) -> list[dict[str, Any]]:
    """Return what is granted for one host, each with its ``status``: in force, or expired.

    Of a long list of hosts it has those that fit, since every host's plan and record keep it.
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
    """Return a host's goal under what is granted for it; ``found`` are the products that are there.

    What is granted for a product that is not there does not count, so that a plan does not change when it expires.
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
