# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The content of a catalog entry, as the engine sees it."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from typing import Any

# The state of a product of which only files are left that nothing runs.
RESIDUE_INERT = "residue_inert"
REMOVED_BY_DEFAULT = ("product", "management", "tool")
EMBEDDED = "embedded"


@dataclass(frozen=True)
class Sign:
    """One thing by which a product is recognised: ``kind`` of evidence and ``what``, the rest of its id.

    ``what`` of a package, unit, named entry or installer may hold * for any characters; of a process it is the path at
    or below which its executable lies; of a certificate and a mention, text. ``scope`` (file, tree) is how a path goes.
    """

    kind: str
    what: str
    scope: str = ""
    essential: bool = False


@dataclass(frozen=True)
class Mode:
    """The mode in which a product works if a value in its configuration (id ``ini_value:<what>``) is ``value``."""

    what: str
    value: str
    mode: str


@dataclass(frozen=True)
class Net:
    """What no other entry knows: ``word`` in a package's name or maker, and everything in directories.

    ``words`` are texts in the names of makers where they have several, ``folders`` directories as patterns.
    """

    word: str
    below: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Product:
    """One product. ``links_in`` are directories whose links into ``trees`` belong to it.

    ``retain`` are (path, what it holds), of which only the product can read those in ``encrypted``; ``moved_by`` are
    (path of ``retain``, the file[key] that says where it is instead). ``moved_paths`` are (path by default, what it
    holds, the file[key] that sets another). ``mark_settings`` are (the mark of firewall rules by default, '' where it
    is not known, the file[key] that sets it, '' where nothing does). ``encrypting`` are drivers that encrypt a disk or
    its files. ``removal_properties`` are the names of what its removal is given where a password protects it.
    ``engine`` are services of a product whose folders no source has. ``exclusions`` says how it is asked to leave a
    directory out, {program, read, section, add, remove, locked, limit}; None where that is not known.
    """

    id: str
    name: str
    product_class: str
    platform: str
    signs: tuple[Sign, ...]
    links_in: tuple[str, ...] = ()
    trees: tuple[str, ...] = ()
    real_time_units: tuple[str, ...] = ()
    retain: tuple[tuple[str, str], ...] = ()
    encrypted: tuple[str, ...] = ()
    moved_by: tuple[tuple[str, str], ...] = ()
    moved_paths: tuple[tuple[str, str, str], ...] = ()
    mark_settings: tuple[tuple[str, str], ...] = ()
    parents: tuple[str, ...] = ()
    version_from: tuple[str, str] | None = None
    setup_done: str = ""
    modes: tuple[Mode, ...] = ()
    removal_needs: tuple[tuple[str, ...], ...] = ()
    roles: tuple[tuple[str, str], ...] = ()
    shared_names: tuple[str, ...] = ()
    shared_modules: tuple[str, ...] = ()
    removed_elsewhere: str = ""
    vendor: str = ""
    intercepts_by: str = ""
    encrypting: tuple[str, ...] = ()
    removal_properties: tuple[str, ...] = ()
    engine: tuple[str, ...] = ()
    exclusions: dict[str, Any] | None = None
    net: Net | None = None

    def of_kind(self, kind: str) -> list[str]:
        """Return what the signs of one kind look for, in the catalog's order."""
        return list(self._by_kind.get(kind, ()))

    @functools.cached_property
    def _by_kind(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for sign in self.signs:
            found.setdefault(sign.kind, []).append(sign.what)
        return found

    def may_go(self, also: tuple[str, ...]) -> bool:
        """Return True if it may be removed: by default, or because the administrator named it."""
        stays = self.removed_elsewhere or self.net is not None
        return not stays and (self.product_class in REMOVED_BY_DEFAULT or self.id in also)


@dataclass(frozen=True)
class Conflict:
    """What a provider must not run beside: ``products`` by ID, or any that intercepts; ``then`` says what happens."""

    products: tuple[str, ...]
    any_interceptor: bool
    then: str


@dataclass(frozen=True)
class Provider:
    """One replacement antivirus. ``platforms`` hold its layout by family of systems, as the file has it.

    ``secrets`` are the names of what enrolling needs, and what each is; ``verifiable`` says for detection, mode and
    age whether they can be checked on the host (yes, partly, no); ``required`` are options that need a value;
    ``rules`` are what the catalog says of each option; ``window`` is {expected_seconds, source, confidence} of a
    handover to it, or None where it was not measured.
    """

    id: str
    name: str
    coexistence: str
    options: dict[str, Any]
    choices: dict[str, list[str]]
    platforms: dict[str, dict[str, Any]]
    claims: tuple[str, ...]
    secrets: dict[str, str] = field(default_factory=dict)
    verifiable: dict[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    window: dict[str, Any] | None = None
    conflicts: tuple[Conflict, ...] = ()

    def conflict_with(self, product_id: str, intercepts: bool) -> str | None:
        """Return what its vendor says happens beside a product; None if the vendor does not mention that product."""
        for conflict in self.conflicts:
            if product_id in conflict.products or (conflict.any_interceptor and intercepts):
                return conflict.then
        return None

    def told(self) -> dict[str, Any]:
        """Return what a plan shows of it."""
        known = {"name": self.name, "coexistence": self.coexistence, "claims": list(self.claims)}
        return {**known, "window": self.window}


@dataclass(frozen=True)
class Limit:
    """Something that is not checked on a host: ``what`` it is, and ``why`` not.

    ``marks`` show that a host has it, ``lists`` are directories whose entries are called as packages: both as the
    catalog's file has them, for the endpoint.
    """

    id: str
    what: str
    why: str
    marks: tuple[dict[str, Any], ...] = ()
    lists: tuple[dict[str, Any], ...] = ()

    def asked(self) -> dict[str, Any]:
        """Return what an endpoint is asked about it."""
        return {"id": self.id, "marks": list(self.marks), "lists": list(self.lists)}


@dataclass(frozen=True)
class Domain:
    """A name that belongs to the vendor, as do all names below it, and what it is ``used_for``, as a title."""

    name: str
    used_for: str


@dataclass(frozen=True, eq=False)
class Catalog:
    """All entries and the digest of the files that they came from. ``antivirus`` are other vendors' products.

    ``added`` and ``replaced`` name what a site's own catalog brought ("provider acme").
    """

    products: tuple[Product, ...]
    providers: dict[str, Provider] = field(default_factory=dict)
    digest: str = ""
    antivirus: tuple[Product, ...] = ()
    added: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    domains: tuple[Domain, ...] = ()

    def of_platform(self, name: str) -> Catalog:
        """Return the catalog with the products of one platform alone, the same object each time."""
        return _part(self, name)

    def product(self, product_id: str) -> Product:
        """Return one product; KeyError if there is none."""
        return next(product for product in self.products if product.id == product_id)


@functools.lru_cache(maxsize=16)
def _part(catalog: Catalog, platform: str) -> Catalog:
    products, antivirus = (
        tuple(product for product in several if product.platform == platform)
        for several in (catalog.products, catalog.antivirus)
    )
    return replace(catalog, products=products, antivirus=antivirus)
