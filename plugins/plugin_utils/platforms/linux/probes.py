# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compile the catalog into questions for a Linux host. Probes know kinds, not products."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Any

from ...catalog.model import Limit, Product
from ...detect.probes import unique
from .places import KEEP_OUT

# Kinds whose question is simply the list of the signs.
PLAIN = ("unit", "account", "group", "kernel_module", "certificate")


def for_products(products: Iterable[Product], limits: Iterable[Limit] = ()) -> dict[str, Any]:
    """Return the probes that find the products, and what is not checked on a host: {kind: what to ask}."""
    chosen = list(products)
    word = next((product.net.word for product in chosen if product.net is not None), "")
    return {
        **{kind: _all(chosen, kind) for kind in PLAIN},
        **_of_programs(chosen, word),
        **_of_files(chosen),
        **_of_kernel(chosen, word),
        **_of_lines(chosen),
        "journal": [],
        "root": {"word": word},
        "trusted_key": {"word": word},
        "limit": {"entries": [limit.asked() for limit in limits], "names": _own_names(chosen), "word": word},
    }


def _of_programs(products: list[Product], word: str) -> dict[str, Any]:
    """Return what is asked about packages, and about what runs."""
    programs, below = _all(products, "process"), _netted(products)
    return {
        "process": unique([*programs, *below]),
        "container_process": unique([*_all(products, "container_process"), *below]),
        "package": {"names": _all(products, "package"), "word": word, "in": _parents(products)},
        "installer": unique([*_all(products, "installer"), *_archives(products)]),
        "socket": {"held_below": programs, "paths": unique([*_trees(products), *_all(products, "path")])},
        "interceptor": programs,
    }


def _of_files(products: list[Product]) -> dict[str, Any]:
    """Return what is asked about paths, and what leads or is mounted there."""
    parents, trees = _parents(products), _trees(products)
    return {
        "path": {"paths": _paths(products, parents), "children_of": _netted(products), "listed": parents},
        "home_path": _all(products, "home_path"),
        "named_entry": [
            {"directory": posixpath.dirname(what), "name": posixpath.basename(what)}
            for what in _all(products, "named_entry")
        ],
        "link_into": {"in": unique(path for product in products for path in product.links_in), "below": trees},
        "mount": trees,
    }


def _of_kernel(products: list[Product], word: str) -> dict[str, Any]:
    """Return what is asked about the kernel's tables, and the files that bring them back."""
    return {
        "packet_mark": marks_of(products),
        "packet_chain": _all(products, "packet_chain"),
        "saved_chain": _all(products, "packet_chain"),
        "kernel_name": _names(products, word),
        "saved_name": _names(products, word),
    }


def _of_lines(products: list[Product]) -> dict[str, Any]:
    """Return what is asked about lines of configuration."""
    return {
        "ini_section": [_parted(what, "section") for what in _all(products, "ini_section")],
        "ini_value": _ini_values(products),
        "mention": {
            "texts": unique([*_trees(products), *_all(products, "process"), *_all(products, "mention")]),
            "units": _all(products, "unit"),
            "closely": False,
            "files": [],
            "packages": [],
        },
    }


def _parents(products: list[Product]) -> list[str]:
    return unique(path for product in products for path in product.parents)


def _trees(products: list[Product]) -> list[str]:
    return unique(path for product in products for path in product.trees)


def _netted(products: list[Product]) -> list[str]:
    """Return the directories in which everything belongs to the vendor."""
    return unique(path for product in products if product.net is not None for path in product.net.below)


def marks_of(products: list[Product]) -> dict[str, Any]:
    """Return which fwmarks to ask for: the defaults, and the places in the products' files that set others."""
    set_by = unique(what for product in products for _mark, what in product.mark_settings if what)
    return {"marks": _all(products, "packet_mark"), "set_by": [_parted(what, "key") for what in set_by]}


def _ini_values(products: list[Product]) -> list[dict[str, Any]]:
    marks = {what for product in products for _mark, what in product.mark_settings}
    return [{**_parted(what, "key"), "is_mark": what in marks} for what in _all(products, "ini_value")]


def _paths(products: list[Product], parents: list[str]) -> list[str]:
    links = [product.version_from[0] for product in products if product.version_from]
    needed = [path for product in products for paths in product.removal_needs for path in paths]
    return unique([*_all(products, "path"), *parents, *links, *needed, KEEP_OUT])


def _archives(products: list[Product]) -> list[str]:
    return [pattern for name in _all(products, "package") for pattern in (f"{name}_*.deb", f"{name}-*.rpm")]


def _own_names(products: list[Product]) -> list[str]:
    """Return the names of packages that no other vendor uses."""
    shared = {name for product in products for name in product.shared_names}
    return [name for name in _all(products, "package") if name not in shared]


def _names(products: list[Product], word: str) -> dict[str, list[str]]:
    prefixes = unique([*_all(products, "kernel_name"), *([word] if word else [])])
    return {"prefixes": prefixes, "but": _all(products, "packet_chain")}


def _parted(what: str, key: str) -> dict[str, str]:
    file, _bracket, name = what[:-1].partition("[")
    return {"file": file, key: name}


def _all(products: list[Product], kind: str) -> list[str]:
    return unique(what for product in products for what in product.of_kind(kind))
