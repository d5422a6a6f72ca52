# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What confirms a product on Linux, what supports one that is confirmed, and whose each piece of evidence is."""

from __future__ import annotations

import posixpath
import re

from ...catalog.model import Product
from ...detect.claims import names_text
from ...detect.evidence import Evidence, Item, Judge
from . import marks
from .locations import fits, is_below


def begins_as(prefix: str, name: str) -> bool:
    """Return True if a name equals a prefix, or continues after it with neither letter nor digit; case is ignored."""
    return re.match(rf"{re.escape(prefix)}(?![A-Za-z0-9])", name, re.IGNORECASE) is not None


def _is_named_as(item: Item, product: Product, _evidence: Evidence) -> bool:
    return any(begins_as(prefix, item["value"]["name"]) for prefix in product.of_kind("kernel_name"))


def _exact(kind: str) -> Judge:
    return lambda item, product, _evidence: item["what"] in product.of_kind(kind)


def _in_path(item: Item, product: Product, _evidence: Evidence) -> bool:
    return any(sign.kind == "path" and sign.what == item["what"] for sign in product.signs)


# Each of these confirms a product by itself; a process is assigned to the most exact entry instead.
PROVING: dict[str, Judge] = {
    "package": lambda item, product, _evidence: any(
        fits(item["value"]["name"], name) for name in product.of_kind("package")
    ),
    "unit": lambda item, product, _evidence: any(fits(item["what"], name) for name in product.of_kind("unit")),
    "path": _in_path,
    "home_path": lambda item, product, _evidence: item["value"]["below"] in product.of_kind("home_path"),
    "named_entry": lambda item, product, _evidence: any(
        fits(item["what"], name) for name in product.of_kind("named_entry")
    ),
    "link_into": lambda item, product, _evidence: is_below(item["value"]["target"], product.trees),
    "ini_section": _exact("ini_section"),
    "packet_chain": lambda item, product, _evidence: item["value"]["chain"] in product.of_kind("packet_chain"),
    "saved_chain": lambda item, product, _evidence: item["value"]["chain"] in product.of_kind("packet_chain"),
    "kernel_name": _is_named_as,
    "saved_name": _is_named_as,
    "account": _exact("account"),
    "group": _exact("group"),
}
RUNNING = ("process", "container_process")
# Kinds that are only names, which several products may use.
NAMES = ("account", "group", "named_entry", "kernel_name", "saved_name")


# What never confirms a product, but adds to one that is confirmed.
SUPPORTING: dict[str, Judge] = {
    "kernel_module": _exact("kernel_module"),
    "packet_mark": lambda item, product, evidence: mark_of(item) in marks.of(evidence, [product]).all(),
    "certificate": lambda item, product, _evidence: any(
        text in item["value"]["subject"] for text in product.of_kind("certificate")
    ),
    "mention": lambda item, product, _evidence: any(
        names_text(text, line)
        for text in (*product.trees, *product.of_kind("process"), *product.of_kind("mention"))
        for line in item["value"]["lines"]
    ),
    "installer": lambda item, product, _evidence: _would_install(posixpath.basename(item["what"]), product),
    "socket": lambda item, product, _evidence: (
        is_below(item["value"]["process"], product.of_kind("process"))
        or is_below(item["what"].removeprefix("unix "), [*product.trees, *product.of_kind("path")])
    ),
    "mount": lambda item, product, _evidence: is_below(item["what"], product.trees),
    "interceptor": lambda item, product, _evidence: is_below(item["what"], product.of_kind("process")),
    "container_interceptor": lambda item, product, _evidence: is_below(
        item["what"], product.of_kind("container_process")
    ),
    "ini_value": _exact("ini_value"),
}


def mark_of(item: Item) -> str:
    """Return the mark that an item of the kind packet_mark is about."""
    return str(item["what"]).rpartition(" ")[2]


def _would_install(name: str, product: Product) -> bool:
    if any(fits(name, pattern) for pattern in product.of_kind("installer")):
        return True
    archive = name.endswith((".deb", ".rpm"))
    return archive and any(fits(name, f"{package}[_-][0-9]*") for package in product.of_kind("package"))


def is_others_too(item: Item, product: Product, makers: list[str]) -> bool:
    """Return True for a package whose name another vendor uses too, unless the package's vendor is known."""
    if item["kind"] != "package" or item["value"]["name"] not in product.shared_names:
        return False
    return not any(word in item["value"]["vendor"].lower() for word in makers)
