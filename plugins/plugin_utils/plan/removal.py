# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Steps that take Kaspersky off a host, and everything that its packages left."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import Any

from ..catalog.model import Product
from ..detect.claims import Claims
from ..detect.evidence import Evidence, Item
from ..locations import is_below
from .model import DIGEST_MARK, REMOVE, Step

ADMIN_UNITS = "/etc/systemd/system/"
RETAINED = "/var/lib/avshift/retained"
STOP_LIMIT = 90
# Kinds of evidence that no step takes away yet.
STAYING = ("home_path", "account", "kernel_module", "packet_mark", "certificate", "mention", "installer", "mount")


def steps(evidence: Evidence, going: list[Product], owned: Claims) -> Iterator[Step]:
    """Yield the steps of the part that follows a proven handover, unsorted; ``owned`` are the products' items."""
    if not going:
        return
    yield from _stop_units(going, owned)
    yield from _end_processes(going, owned)
    yield from _retain(evidence, going)
    yield from _remove_packages(owned)
    yield from _boot_links(owned)
    paths = list(_paths(going, owned))
    yield from (_remove_path(path, scope, reason, kind) for path, scope, reason, kind in paths)
    yield from _sections(owned)
    yield from _parents(evidence, going, owned, {path for path, _scope, _reason, _kind in paths})
    yield from _groups(owned)
    yield from _reload(owned)


def left_in_place(owned: Claims) -> list[Item]:
    """Return the items of products that go for which there is no step."""
    return sorted(_unique(item for items in owned.values() for item in items if item["kind"] in STAYING), key=_id)


def sizes(evidence: Evidence, going: list[Product]) -> dict[str, Any]:
    """Return {path: {files, bytes}} of what would be retained; it changes by itself."""
    kept = [path for product in going for path, _holds in product.retain]
    return {path: value for path in kept if (value := evidence.value("space", path)) is not None}


def _of_kind(owned: Claims, kind: str) -> list[Item]:
    """Return the items of one kind in the order of their ids, each once though two products may have it."""
    return sorted(_unique(item for items in owned.values() for item in items if item["kind"] == kind), key=_id)


def _unique(items: Iterable[Item]) -> list[Item]:
    return list({item["id"]: item for item in items}.values())


def _id(item: Item) -> str:
    return str(item["id"])


def _stop_units(going: list[Product], owned: Claims) -> Iterator[Step]:
    real_time = {name for product in going for name in product.real_time_units}
    for item in _of_kind(owned, "unit"):
        if item["what"] not in real_time and item["value"]["active"] not in ("inactive", "failed"):
            yield Step(
                REMOVE,
                "unit",
                f"Stop {item['what']}",
                {"name": item["what"], "running": False, "limit": STOP_LIMIT},
                f"{item['what']}: running",
                f"{item['what']}: stopped",
                (item["id"],),
            )


def _end_processes(going: list[Product], owned: Claims) -> Iterator[Step]:
    roots = sorted({root for product in going for root in product.of_kind("process")})
    running = _of_kind(owned, "process")
    if running:
        yield Step(
            REMOVE,
            "processes_end",
            "End the processes that are left",
            {"below": roots},
            "\n".join(f"running: {item['what']}" for item in running),
            "none running",
            tuple(item["id"] for item in running),
        )


def _retain(evidence: Evidence, going: list[Product]) -> Iterator[Step]:
    kept = [(path, holds) for product in going for path, holds in product.retain if evidence.value("space", path)]
    if not kept:
        return
    archive, manifest = f"{RETAINED}/{DIGEST_MARK}.tar.gz", f"{RETAINED}/{DIGEST_MARK}.sha256"
    created = [archive, manifest] if evidence.value("path", RETAINED) else [RETAINED, archive, manifest]
    yield Step(
        REMOVE,
        "retain",
        "Retain the owner's data in an archive with checksums, and read it back",
        {
            "digest": DIGEST_MARK,
            "paths": sorted({path for path, _holds in kept}),
            "archive": archive,
            "manifest": manifest,
        },
        "\n".join(f"{path} ({holds})" for path, holds in kept),
        f"all of it in {archive}",
        tuple(f"space:{path}" for path, _holds in kept),
        tuple({"path": path, "scope": "file", "change": "created"} for path in created),
    )


def _remove_packages(owned: Claims) -> Iterator[Step]:
    known = _of_kind(owned, "package")
    names = sorted({item["value"]["name"] for item in known})
    if known:
        yield Step(
            REMOVE,
            "packages_remove",
            "Remove " + ", ".join(item["what"] for item in known),
            {"names": names},
            "\n".join(f"{item['what']} {item['value']['version']} ({item['value']['status']})" for item in known),
            "not known to the package manager",
            tuple(item["id"] for item in known),
            tuple({"package": name, "change": "removed"} for name in names),
        )


def _boot_links(owned: Claims) -> Iterator[Step]:
    for item in _of_kind(owned, "unit"):
        links, script = item["value"]["links"], item["what"].rpartition(".")[0]
        if links:
            by_level = any(link.startswith("/etc/rc") for link in links)
            effects = [{"path": link, "scope": "file", "change": "removed"} for link in links]
            if by_level:
                effects.append({"path": f"/etc/rc?.d/[SK][0-9][0-9]{script}", "scope": "glob", "change": "removed"})
            yield Step(
                REMOVE,
                "boot_links_remove",
                f"Keep {item['what']} from starting at boot",
                {"unit": item["what"]},
                "\n".join(links),
                "no link starts it, under these names or others",
                (item["id"],),
                tuple(effects),
            )


def _paths(going: list[Product], owned: Claims) -> Iterator[tuple[str, str, str, str]]:
    """Yield (path, scope, evidence id, type) of every path that no package removal can be trusted to take along."""
    for item in _of_kind(owned, "unit"):
        if item["value"]["file"].startswith(ADMIN_UNITS):
            yield item["value"]["file"], "file", item["id"], "unit file"
        yield from ((folder, "tree", item["id"], "drop-ins") for folder in item["value"]["drop_ins"])
    yield from ((item["what"], "file", item["id"], "link") for item in _of_kind(owned, "link_into"))
    scopes = {sign.what: sign.scope for product in going for sign in product.signs if sign.kind == "path"}
    trees = [path for path, scope in scopes.items() if scope == "tree"]
    for item in _of_kind(owned, "path"):
        path, kind = item["what"], item["value"]["type"]
        if path in scopes and not is_below(path, [tree for tree in trees if tree != path]):
            yield path, scopes[path] if kind == "directory" else "file", item["id"], kind


def _remove_path(path: str, scope: str, reason: str, kind: str) -> Step:
    return Step(
        REMOVE,
        "path_remove",
        f"Remove {path}",
        {"path": path, "scope": scope, "expected_gone": []},
        f"{path} ({kind})",
        "absent",
        (reason,),
        ({"path": path, "scope": "tree" if scope == "tree" else "file", "change": "removed"},),
    )


def _sections(owned: Claims) -> Iterator[Step]:
    for item in _of_kind(owned, "ini_section"):
        change = "removed" if item["value"]["last"] else "changed"
        yield Step(
            REMOVE,
            "ini_section_remove",
            f"Take {item['what']} out of the registry",
            {"file": item["where"], "section": item["what"][len(item["where"]) + 1 : -1]},
            item["value"]["text"],
            "the file is gone with its last section" if item["value"]["last"] else "no such section",
            (item["id"],),
            ({"path": item["where"], "scope": "file", "change": change},),
        )


def _parents(evidence: Evidence, going: list[Product], owned: Claims, removed: set[str]) -> Iterator[Step]:
    """Yield the removal of shared directories in which nothing is left, the deepest first."""
    gone = set(removed) | {item["where"] for item in _of_kind(owned, "ini_section") if item["value"]["last"]}
    for item in _of_kind(owned, "package"):
        gone.update(item["value"]["owns"])
    for path in sorted(
        {path for product in going for path in product.parents}, key=lambda path: (-path.count("/"), path)
    ):
        seen = evidence.value("path", path)
        if seen is None or seen["type"] != "directory":
            continue
        children = {posixpath.join(path, child) for child in seen["children"]}
        if children <= gone:
            gone.add(path)
            yield Step(
                REMOVE,
                "path_remove",
                f"Remove {path}, which is empty then",
                {"path": path, "scope": "empty", "expected_gone": sorted(seen["children"])},
                f"{path} (directory)",
                "absent",
                (f"path:{path}",),
                ({"path": path, "scope": "file", "change": "removed"},),
            )


def _groups(owned: Claims) -> Iterator[Step]:
    for item in _of_kind(owned, "group"):
        members = ", ".join(item["value"]["members"]) or "no members"
        yield Step(
            REMOVE,
            "group_remove",
            f"Remove the group {item['what']}",
            {"name": item["what"]},
            f"{item['what']} (number {item['value']['gid']}, {members})",
            "absent",
            (item["id"],),
            ({"group": item["what"], "change": "removed"},),
        )


def _reload(owned: Claims) -> Iterator[Step]:
    units = _of_kind(owned, "unit")
    if units:
        yield Step(
            REMOVE,
            "systemd_reload",
            "Make systemd forget the units",
            {"names": [item["what"] for item in units]},
            "\n".join(f"{item['what']}: known to systemd" for item in units),
            "unknown to systemd",
            tuple(item["id"] for item in units),
        )
