# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a catalog entry says, as the engine sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

REMOVED_BY_DEFAULT = ("product", "management", "tool")
DISTINCTIVE_KINDS = ("package", "process", "unit", "path", "link_into", "ini_section")


@dataclass(frozen=True)
class Sign:
    """One thing by which a product is recognised: ``kind`` of evidence and ``what``, the rest of its id.

    Of a process, ``what`` is the path at or below which its executable lies. ``scope`` (file, tree) is how a path goes.
    """

    kind: str
    what: str
    scope: str = ""


@dataclass(frozen=True)
class Product:
    """One Kaspersky product. ``links_in`` are directories whose links into ``trees`` belong to it."""

    id: str
    name: str
    product_class: str
    platform: str
    signs: tuple[Sign, ...]
    links_in: tuple[str, ...]
    trees: tuple[str, ...]
    real_time_units: tuple[str, ...]
    retain: tuple[tuple[str, str], ...]
    parents: tuple[str, ...]
    version_from: tuple[str, str] | None
    unknown: tuple[str, ...]

    def of_kind(self, kind: str) -> list[str]:
        """Return what the signs of one kind look for, in the catalog's order."""
        return [sign.what for sign in self.signs if sign.kind == kind]


@dataclass(frozen=True)
class Provider:
    """One replacement antivirus. ``platforms`` hold what differs between families of systems, as the file has it."""

    id: str
    name: str
    coexistence: str
    options: dict[str, Any]
    choices: dict[str, list[str]]
    platforms: dict[str, dict[str, Any]]
    claims: tuple[str, ...]


@dataclass(frozen=True)
class Catalog:
    """All entries and the digest of the files that they came from."""

    products: tuple[Product, ...]
    providers: dict[str, Provider] = field(default_factory=dict)
    digest: str = ""

    def product(self, product_id: str) -> Product:
        """Return one product; KeyError if there is none."""
        return next(product for product in self.products if product.id == product_id)
