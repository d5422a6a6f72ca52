# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each kind of evidence says on Linux: what proves a product, supports one, has an effect, and rests on what."""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase

from ...catalog.model import Product
from ...detect.claims import Claims, names_text
from ...detect.evidence import Evidence, Item, Judge, Table
from . import marks
from .locations import is_below
from .probes import for_products
from .problems import PACKAGING, is_config_only, packages_of, problems
from .rules import is_rule


def begins_as(prefix: str, name: str) -> bool:
    """Return True if a name is a prefix, or goes on behind it with no letter and no digit, in whatever case."""
    return re.match(rf"{re.escape(prefix)}(?![A-Za-z0-9])", name, re.IGNORECASE) is not None


def _is_named_as(item: Item, product: Product, _evidence: Evidence) -> bool:
    return any(begins_as(prefix, item["value"]["name"]) for prefix in product.of_kind("kernel_name"))


def _exact(kind: str) -> Judge:
    return lambda item, product, _evidence: item["what"] in product.of_kind(kind)


def _in_path(item: Item, product: Product, _evidence: Evidence) -> bool:
    return any(sign.kind == "path" and sign.what == item["what"] for sign in product.signs)


# What proves a product, each by itself; a process is given to the most exact entry instead.
PROVING: dict[str, Judge] = {
    "package": lambda item, product, _evidence: any(
        fnmatchcase(item["value"]["name"], name) for name in product.of_kind("package")
    ),
    "unit": lambda item, product, _evidence: any(fnmatchcase(item["what"], name) for name in product.of_kind("unit")),
    "path": _in_path,
    "home_path": lambda item, product, _evidence: item["value"]["below"] in product.of_kind("home_path"),
    "named_entry": lambda item, product, _evidence: any(
        fnmatchcase(item["what"], name) for name in product.of_kind("named_entry")
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
# Kinds that are a name only, which several products may use.
NAMES = ("account", "group", "named_entry", "kernel_name", "saved_name")
# What never proves a product, but tells more about one that is proven.
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


def _is_others_too(item: Item, product: Product, makers: list[str]) -> bool:
    """Return True for a package whose name another vendor's package has too, unless its maker is told."""
    if item["kind"] != "package" or item["value"]["name"] not in product.shared_names:
        return False
    return not any(word in item["value"]["vendor"].lower() for word in makers)


def mark_of(item: Item) -> str:
    """Return the mark that an item of the kind packet_mark is about."""
    return str(item["what"]).rpartition(" ")[2]


def _would_install(name: str, product: Product) -> bool:
    if any(fnmatchcase(name, pattern) for pattern in product.of_kind("installer")):
        return True
    archive = name.endswith((".deb", ".rpm"))
    return archive and any(fnmatchcase(name, f"{package}[_-][0-9]*") for package in product.of_kind("package"))


# Kinds that rest on the same thing are one witness, not two.
WITNESS = {
    "container_process": "process",
    "interceptor": "process",
    "container_interceptor": "process",
    "socket": "process",
    "home_path": "path",
    "ini_value": "path",
    "mount": "path",
    "saved_chain": "packet_chain",
    "saved_name": "kernel_name",
}
# The witnesses that nothing but the product itself leaves; others are names.
DISTINCTIVE = ("package", "process", "unit", "path", "link_into", "ini_section", "packet_chain")
ACTIVE = (
    "unit",
    "packet_mark",
    "packet_chain",
    "kernel_name",
    "saved_name",
    "saved_chain",
    "certificate",
    "mount",
    "trusted_key",
)
# Lines of configuration that have an effect by themselves.
EFFECTIVE_PLACES = ("sudoers", "cron", "squid", "mta", "samba", "autostart", "unit", "audit", "module", "shell")


def _is_installed(product: Product, items: list[Item], evidence: Evidence) -> bool:
    return any(item["value"]["installed"] for item in packages_of(items)) or _is_unpacked(product, evidence)


def _is_unpacked(product: Product, evidence: Evidence) -> bool:
    """Return True for a product that no package manager knows and whose essential parts are there."""
    essential = [sign.what for sign in product.signs if sign.essential]
    there = [path for path in essential if evidence.value("path", path) is not None]
    return bool(there) and not product.of_kind("package")


def _has_effect(item: Item) -> bool:
    kind, value = item["kind"], item["value"]
    if kind == "mention":
        return value["place"] in EFFECTIVE_PLACES
    if kind == "account":
        return bool(value["running"])
    if kind == "kernel_module":
        return bool(value["loaded"])
    return kind in ACTIVE


def _version(product: Product, items: list[Item], evidence: Evidence) -> str:
    packages = sorted(packages_of(items), key=lambda item: (is_config_only(item), item["id"]))
    for item in packages:
        if item["value"]["version"]:
            return str(item["value"]["version"])
    if product.version_from is not None:
        link, pattern = product.version_from
        match = re.search(pattern, (evidence.value("path", link) or {}).get("target", ""))
        if match:
            return match.group(1)
    return ""


def _mode(product: Product, evidence: Evidence) -> str:
    for mode in product.modes:
        if (evidence.value("ini_value", mode.what) or {}).get("value", "").lower() == mode.value:
            return mode.mode
    return ""


def _strays(evidence: Evidence, products: tuple[Product, ...], claimed: Claims) -> Claims:
    """Return what nobody took and is the net's, and shared directories in which nothing is left, by product."""
    netted = _of_the_net(evidence, products, claimed)
    return {**netted, **_emptied(evidence, products, {*claimed, *netted})}


def _of_the_net(evidence: Evidence, products: tuple[Product, ...], claimed: Claims) -> Claims:
    taken = {item["id"] for items in claimed.values() for item in items}
    known = [path for product in products for path in _paths_named_by(product)]
    known += [item["where"] for items in claimed.values() for item in items if item["kind"] == "ini_section"]
    packages = {item["value"]["name"] for items in claimed.values() for item in items if item["kind"] == "package"}
    free = [item for item in evidence.seen() if item["id"] not in taken and item["value"].get("owner") not in packages]
    found: Claims = {}
    for product in products:
        of_others = {item["id"] for items in found.values() for item in items}
        strays = [item for item in free if item["id"] not in of_others and _is_stray(item, product, known)]
        if strays:
            found[product.id] = strays
    return found


def _emptied(evidence: Evidence, products: tuple[Product, ...], there: set[str]) -> Claims:
    """Return the shared directories in which nothing is left, for the entry that is about nothing else."""
    shared = {path for product in products if product.id in there for path in product.parents}
    found: Claims = {}
    for product in products:
        if product.parents and not product.signs and product.net is None:
            items = [evidence.items.get(f"path:{path}") for path in product.parents if path not in shared]
            empty = [item for item in items if item is not None and _is_empty(item)]
            if empty:
                found[product.id] = empty
    return found


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
    return kind in RUNNING and is_below(what, product.net.below)


# A whole database or kind that could not be read.
WHOLE = ("all", "dpkg", "rpm")


def _hangs(item: Item, product: Product) -> bool:
    kind, what = item["kind"], item["what"]
    if kind == "root" or (kind == "limit" and product.of_kind("package")):
        return True
    if product.net is not None:
        return kind in ("package", "process", "path", "trusted_key", "kernel_name", "saved_name")
    if kind in ("mention", "socket", "mount"):
        return bool(product.trees)
    wanted = product.of_kind(kind)
    if kind == "packet_mark":
        return bool(product.mark_settings)
    if kind in ("kernel_name", "saved_name"):
        return bool(product.of_kind("kernel_name"))
    if kind in ("packet_chain", "saved_chain"):
        return bool(product.of_kind("packet_chain"))
    if what in WHOLE or kind in ("certificate", "installer", "interceptor", "link_into"):
        return bool(wanted) or kind == "link_into"
    if kind == "home_path":
        return any(what.endswith("/" + below) for below in wanted)
    return (kind in PROVING or kind in RUNNING or kind in SUPPORTING) and what in wanted


# What tells that a product is there; what it left elsewhere is not asked.
SCANNING = ("package", "path", "unit", "process", "container_process", "kernel_module", "home_path", "root")


def _intercepts(product: Product, evidence: Evidence) -> bool | None:
    """Return True for a product with marks that hold files, or a loaded module that does; False for one that does it by
    marks or not at all, and has none; None where only a look at its processes may say it.
    """
    if any(is_below(item["what"], product.of_kind("process")) for item in evidence.of_kind("interceptor")):
        return True
    loaded = any(
        value["loaded"]
        for name in product.of_kind("kernel_module")
        if (value := evidence.value("kernel_module", name)) is not None
    )
    if product.intercepts_by == "kernel_module" and loaded:
        return True
    return False if product.intercepts_by in ("fanotify", "none") else None


TABLE = Table(
    platform="linux",
    proving=PROVING,
    supporting=SUPPORTING,
    running=RUNNING,
    names=NAMES,
    witness=WITNESS,
    distinctive=DISTINCTIVE,
    inert=("installer",),
    bearing=("interceptor",),
    scanning=SCANNING,
    is_below=is_below,
    is_others_too=_is_others_too,
    strays=_strays,
    problems=problems,
    is_installed=_is_installed,
    has_effect=_has_effect,
    version=_version,
    mode=_mode,
    concerns=_hangs,
    intercepts=_intercepts,
    is_rule=is_rule,
    unremovable=PACKAGING,
    probes=for_products,
)
