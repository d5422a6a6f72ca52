# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the catalog. This is the engine's only reader of files besides that of plans and records."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import files, index, site
from .files import HOME, digest_of
from .model import Catalog, Conflict, Domain, Limit, Mode, Net, Product, Provider, Sign

# Kinds of entries that the engine works with, and what a message calls one.
KINDS = {
    "products": "product",
    "antivirus": "antivirus",
    "providers": "provider",
    "limits": "limits",
    "domains": "domains",
}
# Keys of an entry whose facts are signs of the kind of evidence, and the key of a fact that says what to look for.
SIGNS = {
    "packages": ("package", "name"),
    "processes": ("process", "below"),
    "container_processes": ("container_process", "below"),
    "units": ("unit", "name"),
    "paths": ("path", "path"),
    "home_paths": ("home_path", "below_home"),
    "accounts": ("account", "name"),
    "groups": ("group", "name"),
    "kernel_modules": ("kernel_module", "name"),
    "packet_marks": ("packet_mark", "mark"),
    "packet_chains": ("packet_chain", "name"),
    "kernel_names": ("kernel_name", "prefix"),
    "certificates": ("certificate", "subject"),
    "mentions": ("mention", "text"),
    "installers": ("installer", "name"),
    "uninstall_entries": ("uninstall_entry", "name"),
    "engine_owners": ("engine_owner", "name"),
    "upgrade_codes": ("msi_product", "code"),
    "services": ("service", "name"),
    "drivers": ("driver", "name"),
    "folders": ("folder", "folder"),
    "vendor_keys": ("vendor_key", "key"),
    "security_center": ("security_provider", "name"),
    "event_channels": ("event_channel", "channel"),
    "browser_hosts": ("browser_host", "host"),
    "adapters": ("network_adapter", "adapter"),
}


def load(home: Path = HOME, sites: tuple[Path, ...] = ()) -> Catalog:
    """Return the collection's catalog with what a site's folders add to it and replace.

    Raises AvshiftError naming the file that cannot be read or understood, and for an incomplete catalog.
    """
    return with_sites(_Entries.of(home), sites)


@functools.cache
def own() -> _Entries:
    """Return the entries that came with the collection, read once per process."""
    return _Entries.of(HOME)


def with_sites(entries: _Entries, sites: tuple[Path, ...]) -> Catalog:
    """Return the catalog of entries and of a site's folders, a later one before an earlier one."""
    added, replaced = [], []
    digest = entries.digest
    for folder in sites:
        found = site.read(folder)
        site.refuse_taken(folder, found, entries.products, entries.antivirus)
        for kind, word in KINDS.items():
            known = getattr(entries, kind)
            replaced += [f"{word} {name}" for name in found[kind] if name in known]
            added += [f"{word} {name}" for name in found[kind] if name not in known]
        entries = entries.with_others(found)
        digest = hashlib.sha256(f"{digest} {digest_of(folder)}".encode()).hexdigest()
    return Catalog(
        products=tuple(map(_product, entries.products.values())),
        providers={name: _provider(entry) for name, entry in entries.providers.items()},
        digest=digest,
        antivirus=tuple(map(_product, entries.antivirus.values())),
        added=tuple(added),
        replaced=tuple(dict.fromkeys(replaced)),
        limits=tuple(_limit(told) for entry in entries.limits.values() for told in entry["limits"]),
        domains=tuple(
            Domain(told["domain"], entry["name"]) for entry in entries.domains.values() for told in entry["domains"]
        ),
    )


@dataclass(frozen=True)
class _Entries:
    """What the files of a catalog say, by kind and id, and the digest of the files."""

    products: dict[str, dict[str, Any]]
    antivirus: dict[str, dict[str, Any]]
    providers: dict[str, dict[str, Any]]
    limits: dict[str, dict[str, Any]]
    domains: dict[str, dict[str, Any]]
    digest: str

    @staticmethod
    def of(home: Path) -> _Entries:
        """Return the collection's own entries, which its tests check against their schemas."""
        digest = index.check(home)
        found = {kind: {entry["id"]: entry for entry in _entries(home, kind)} for kind in KINDS}
        return _Entries(**found, digest=digest)

    def with_others(self, others: dict[str, dict[str, dict[str, Any]]]) -> _Entries:
        """Return these entries with others; one of the same id takes the other's place."""
        return _Entries(**{kind: {**getattr(self, kind), **others[kind]} for kind in KINDS}, digest=self.digest)


def _entries(home: Path, kind: str) -> Iterator[dict[str, Any]]:
    for path in files.of_kind(home, kind):
        entry = files.content(path)
        if entry.get("format_version") != 1:
            raise files.unreadable(path, "format_version is not 1")
        yield entry


def _product(entry: dict[str, Any]) -> Product:
    version_from, setup_done, net = entry.get("version_from"), entry.get("setup_done"), entry.get("net")
    return Product(
        id=entry["id"],
        name=entry["name"],
        product_class=entry["class"],
        platform=entry["platform"],
        signs=tuple(_signs(entry)),
        links_in=tuple(entry.get("links_in", {}).get("directories", ())),
        trees=tuple(path["path"] for path in entry.get("paths", ()) if path["scope"] == "tree"),
        real_time_units=tuple(_real_time_units(entry)),
        retain=tuple((kept["path"], kept["holds"]) for kept in entry.get("retain", ())),
        encrypted=tuple(kept["path"] for kept in entry.get("retain", ()) if "encrypted" in kept),
        moved_by=tuple(
            (kept["path"], _value(kept["moved_by"])) for kept in entry.get("retain", ()) if "moved_by" in kept
        ),
        moved_paths=tuple(
            (fact["path"], fact["holds"], _value(fact["set_by"])) for fact in entry.get("moved_paths", ())
        ),
        mark_settings=tuple(
            (fact.get("mark", ""), _value(fact["set_by"]) if "set_by" in fact else "")
            for fact in entry.get("packet_marks", ())
        ),
        parents=tuple(entry.get("parents", {}).get("directories", ())),
        version_from=(version_from["link"], version_from["pattern"]) if version_from else None,
        setup_done=_value(setup_done) if setup_done else "",
        modes=tuple(Mode(_value(mode), mode["value"], mode["mode"]) for mode in entry.get("modes", ())),
        removal_needs=tuple(tuple(needed["paths"]) for needed in entry.get("removal_needs", ())),
        roles=tuple((role["role"], role["ends_with"]) for role in entry.get("process_roles", ())),
        shared_names=tuple(package["name"] for package in entry.get("packages", ()) if package.get("shared_name")),
        shared_modules=tuple(module["name"] for module in entry.get("kernel_modules", ()) if module.get("shared_name")),
        removed_elsewhere=entry.get("removed_elsewhere", {}).get("by", ""),
        vendor=entry.get("vendor", ""),
        intercepts_by=entry.get("intercepts", {}).get("by", ""),
        encrypting=tuple(driver["name"] for driver in entry.get("drivers", ()) if driver.get("encrypts")),
        removal_properties=tuple(told["name"] for told in entry.get("removal_properties", ())),
        exclusions=entry.get("on_access_exclusions"),
        net=_net(net) if net else None,
    )


def _real_time_units(entry: dict[str, Any]) -> Iterator[str]:
    for key in ("units", "services"):
        yield from (unit["name"] for unit in entry.get(key, ()) if unit.get("real_time"))


def _net(net: dict[str, Any]) -> Net:
    return Net(net["word"], tuple(net.get("below", ())), tuple(net.get("words", ())), tuple(net.get("folders", ())))


def _signs(entry: dict[str, Any]) -> Iterator[Sign]:
    for key, (kind, what) in SIGNS.items():
        for fact in (fact for fact in entry.get(key, ()) if what in fact):
            yield Sign(kind, fact[what], fact.get("scope") or fact.get("holds", ""), fact.get("essential", False))
    for section in entry.get("ini_sections", ()):
        yield Sign("ini_section", f"{section['file']}[{section['section']}]")
    for named in entry.get("named_entries", ()):
        yield Sign("named_entry", f"{named['directory'].rstrip('/')}/{named['name']}")
    for folder in entry.get("folders", ()):
        if folder["holds"] == "programs":
            yield Sign("running_program", folder["folder"])
    if "folders" not in entry:
        yield from (Sign("running_service", service["name"]) for service in entry.get("services", ()))
    set_by = [fact.get("set_by") for key in ("packet_marks", "moved_paths") for fact in entry.get(key, ())]
    for told in (entry.get("setup_done"), *entry.get("modes", ()), *set_by):
        if told:
            yield Sign("ini_value", _value(told))


def _value(told: dict[str, Any]) -> str:
    return f"{told['file']}[{told['key']}]"


def _provider(entry: dict[str, Any]) -> Provider:
    return Provider(
        id=entry["id"],
        name=entry["name"],
        coexistence=entry["coexistence"],
        options={name: option["default"] for name, option in entry["options"].items()},
        choices={name: option["choices"] for name, option in entry["options"].items() if "choices" in option},
        platforms={name: {**entry.get("layout", {}), **own} for name, own in entry["platforms"].items()},
        claims=tuple(entry.get("claims", ())),
        secrets={name: secret["help"] for name, secret in entry.get("secrets", {}).items()},
        verifiable=entry.get("locally_verifiable", {}),
        required=tuple(name for name, option in entry["options"].items() if option.get("required")),
        rules=entry["options"],
        window=entry.get("window"),
        conflicts=tuple(
            Conflict(tuple(told.get("products", ())), told.get("any_interceptor", False), told["then"])
            for told in entry.get("conflicts", ())
        ),
    )


def _limit(told: dict[str, Any]) -> Limit:
    return Limit(told["id"], told["what"], told["why"], tuple(told["marks"]), tuple(told.get("lists", ())))
