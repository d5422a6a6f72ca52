# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which product each piece of evidence belongs to."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from ..catalog.model import Product
from ..locations import is_below
from . import marks
from .evidence import Evidence, Item

Claims = dict[str, list[Item]]


def claims(evidence: Evidence, products: Iterable[Product]) -> Claims:
    """Return {product id: its items} of every product that something proves to be there, or to have been."""
    chosen = tuple(products)
    claimed = _most_exact(evidence, chosen)
    makers = [product.net.word for product in chosen if product.net is not None]
    for product in chosen:
        own = [item for item in evidence.seen() if item["kind"] in PROVING and PROVING[item["kind"]](item, product)]
        own += claimed.pop(product.id, [])
        if any(not _is_others_too(item, product, makers) for item in own):
            claimed[product.id] = own
    _drop_shared_names(claimed)
    for product in chosen:
        if product.id in claimed:
            claimed[product.id] += _supporting(evidence, product)
    _add_strays(evidence, chosen, claimed)
    return {product.id: claimed[product.id] for product in chosen if product.id in claimed}


def of_kind(claimed: Claims, kind: str) -> list[Item]:
    """Return the items of one kind in the order of their ids, each once though two products may have it."""
    items = {item["id"]: item for several in claimed.values() for item in several if item["kind"] == kind}
    return [items[name] for name in sorted(items)]


def _is_others_too(item: Item, product: Product, makers: list[str]) -> bool:
    """Return True for a package whose name another vendor's package has too, unless its maker is told."""
    if item["kind"] != "package" or item["value"]["name"] not in product.shared_names:
        return False
    return not any(word in item["value"]["vendor"].lower() for word in makers)


def _drop_shared_names(claimed: Claims) -> None:
    """Drop products of which nothing but names is there that another product, which is there, has as well."""
    proven = {item["id"] for items in claimed.values() if not _is_name_only(items) for item in items}
    for product_id in [name for name, items in claimed.items() if _is_name_only(items)]:
        if {item["id"] for item in claimed[product_id]} <= proven:
            del claimed[product_id]


def _is_name_only(items: list[Item]) -> bool:
    return all(item["kind"] in NAMES for item in items)


def names_text(text: str, line: str) -> bool:
    """Return True if a line holds a text where neither side goes on as a name."""
    return re.search(rf"(?<![A-Za-z0-9_]){re.escape(text)}(?![A-Za-z0-9_-])", line) is not None


def begins_as(prefix: str, name: str) -> bool:
    """Return True if a name is a prefix, or goes on behind it with no letter and no digit, in whatever case."""
    return re.match(rf"{re.escape(prefix)}(?![A-Za-z0-9])", name, re.IGNORECASE) is not None


def _is_named_as(item: Item, product: Product) -> bool:
    return any(begins_as(prefix, item["value"]["name"]) for prefix in product.of_kind("kernel_name"))


def _exact(kind: str) -> Callable[[Item, Product], bool]:
    return lambda item, product: item["what"] in product.of_kind(kind)


def _in_path(item: Item, product: Product) -> bool:
    return any(sign.kind == "path" and sign.what == item["what"] for sign in product.signs)


# What proves a product, each by itself; a process is given to the most exact entry instead.
PROVING: dict[str, Callable[[Item, Product], bool]] = {
    "package": lambda item, product: any(
        fnmatchcase(item["value"]["name"], name) for name in product.of_kind("package")
    ),
    "unit": lambda item, product: any(fnmatchcase(item["what"], name) for name in product.of_kind("unit")),
    "path": _in_path,
    "home_path": lambda item, product: item["value"]["below"] in product.of_kind("home_path"),
    "named_entry": lambda item, product: any(
        fnmatchcase(item["what"], name) for name in product.of_kind("named_entry")
    ),
    "link_into": lambda item, product: is_below(item["value"]["target"], product.trees),
    "ini_section": _exact("ini_section"),
    "packet_chain": lambda item, product: item["value"]["chain"] in product.of_kind("packet_chain"),
    "saved_chain": lambda item, product: item["value"]["chain"] in product.of_kind("packet_chain"),
    "kernel_name": _is_named_as,
    "saved_name": _is_named_as,
    "account": _exact("account"),
    "group": _exact("group"),
}
PROCESSES = ("process", "container_process")
# Kinds that are a name only, which several products may use.
NAMES = ("account", "group", "named_entry", "kernel_name", "saved_name")


def _most_exact(evidence: Evidence, products: tuple[Product, ...]) -> Claims:
    """Give each process to the product whose sign is the most exact, since one product's tree may hold another's."""
    claimed: Claims = {}
    for kind in PROCESSES:
        for item in evidence.of_kind(kind):
            fitting = [
                (len(what), product.id)
                for product in products
                for what in product.of_kind(kind)
                if is_below(item["what"], [what])
            ]
            if fitting:
                claimed.setdefault(max(fitting)[1], []).append(item)
    return claimed


# What never proves a product, but tells more about one that is proven.
SUPPORTING: dict[str, Callable[[Item, Product], bool]] = {
    "kernel_module": _exact("kernel_module"),
    # Which marks are its own hangs on the host: see marks.py.
    "packet_mark": lambda _item, product: bool(product.mark_settings),
    "certificate": lambda item, product: any(
        text in item["value"]["subject"] for text in product.of_kind("certificate")
    ),
    "mention": lambda item, product: any(
        names_text(text, line)
        for text in (*product.trees, *product.of_kind("process"), *product.of_kind("mention"))
        for line in item["value"]["lines"]
    ),
    "installer": lambda item, product: _would_install(posixpath.basename(item["what"]), product),
    "socket": lambda item, product: (
        is_below(item["value"]["process"], product.of_kind("process"))
        or is_below(item["what"].removeprefix("unix "), [*product.trees, *product.of_kind("path")])
    ),
    "mount": lambda item, product: is_below(item["what"], product.trees),
    "interceptor": lambda item, product: is_below(item["what"], product.of_kind("process")),
    "container_interceptor": lambda item, product: is_below(item["what"], product.of_kind("container_process")),
    "ini_value": _exact("ini_value"),
}


def _supporting(evidence: Evidence, product: Product) -> list[Item]:
    of_host = marks.of(evidence, [product]).all()
    return [
        item
        for item in evidence.seen()
        if item["kind"] in SUPPORTING
        and SUPPORTING[item["kind"]](item, product)
        and (item["kind"] != "packet_mark" or mark_of(item) in of_host)
    ]


def mark_of(item: Item) -> str:
    """Return the mark that an item of the kind packet_mark is about."""
    return str(item["what"]).rpartition(" ")[2]


def _would_install(name: str, product: Product) -> bool:
    if any(fnmatchcase(name, pattern) for pattern in product.of_kind("installer")):
        return True
    archive = name.endswith((".deb", ".rpm"))
    return archive and any(fnmatchcase(name, f"{package}[_-][0-9]*") for package in product.of_kind("package"))


def _add_strays(evidence: Evidence, products: tuple[Product, ...], claimed: Claims) -> None:
    """Give what nobody took to the net, and shared directories in which nothing is left to their own entry."""
    taken = {item["id"] for items in claimed.values() for item in items}
    known = [path for product in products for path in _paths_named_by(product)]
    known += [item["where"] for items in claimed.values() for item in items if item["kind"] == "ini_section"]
    packages = {item["value"]["name"] for items in claimed.values() for item in items if item["kind"] == "package"}
    free = [item for item in evidence.seen() if item["id"] not in taken and item["value"].get("owner") not in packages]
    for product in products:
        if product.net is not None:
            strays = [item for item in free if _is_stray(item, product, known)]
            if strays:
                claimed[product.id] = strays
                taken.update(item["id"] for item in strays)
    shared = {path for product in products if product.id in claimed for path in product.parents}
    for product in products:
        if product.parents and not product.signs and product.net is None:
            items = [evidence.items.get(f"path:{path}") for path in product.parents if path not in shared]
            empty = [item for item in items if item is not None and _is_empty(item)]
            if empty:
                claimed[product.id] = empty


def _paths_named_by(product: Product) -> list[str]:
    """Return every path that an entry names in any way; a named entry's may hold *."""
    links = [product.version_from[0]] if product.version_from else []
    own = [*product.of_kind("path"), *product.of_kind("named_entry"), *product.of_kind("process"), *product.parents]
    return [*own, *links, *(value.partition("[")[0] for value in product.of_kind("ini_value"))]


def _is_empty(item: Item) -> bool:
    return "value" in item and item["value"].get("children") == []


def _is_stray(item: Item, product: Product, known: list[str]) -> bool:
    """Return True if an item is the vendor's by the net's signs; ``known`` are the paths that entries name."""
    if product.net is None:
        return False
    kind, what, value = item["kind"], item["what"], item["value"]
    if kind == "package":
        return product.net.word in f"{value['name']} {value['vendor']}".lower()
    if kind == "certificate":
        return product.net.word in value["subject"].lower()
    if kind == "trusted_key":
        return True
    if kind in ("kernel_name", "saved_name"):
        return begins_as(product.net.word, value["name"])
    if kind == "path" and "same_as" in value:
        # It is a directory that an entry knows by its other name.
        return False
    if kind == "path":
        # By the name that a link on the way gives it, an entry may know it too.
        names = (what, value.get("real", what))
        globs = [path for path in known if "*" in path]
        named = any(is_below(path, names) for path in known)
        named = named or any(fnmatchcase(name, path) for path in globs for name in names)
        return posixpath.dirname(what) in product.net.below and not named
    return kind in PROCESSES and is_below(what, product.net.below)
