# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Remove what no package removal can be trusted to take along."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ...catalog.model import Product
from ...detect.claims import Claims, of_kind
from ...detect.evidence import Evidence
from ...locations import is_below
from ..model import REMOVE, Step

ADMIN_UNITS = "/etc/systemd/system/"


def steps(evidence: Evidence, going: list[Product], owned: Claims) -> Iterator[Step]:
    """Yield steps for paths, registry sections, and shared directories that are empty then."""
    paths = list(_paths(going, owned))
    yield from (_remove_path(path, scope, reason, kind) for path, scope, reason, kind in paths)
    yield from _sections(owned)
    yield from _parents(evidence, going, owned, {path for path, _scope, _reason, _kind in paths})


def _paths(going: list[Product], owned: Claims) -> Iterator[tuple[str, str, str, str]]:
    """Yield (path, scope, evidence id, type) of every path that no package removal can be trusted to take along."""
    for item in of_kind(owned, "unit"):
        if item["value"]["file"].startswith(ADMIN_UNITS):
            yield item["value"]["file"], "file", item["id"], "unit file"
        yield from ((folder, "tree", item["id"], "drop-ins") for folder in item["value"]["drop_ins"])
    yield from ((item["what"], "file", item["id"], "link") for item in of_kind(owned, "link_into"))
    scopes = {sign.what: sign.scope for product in going for sign in product.signs if sign.kind == "path"}
    trees = [path for path, scope in scopes.items() if scope == "tree"]
    for item in of_kind(owned, "path"):
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
    for item in of_kind(owned, "ini_section"):
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
    gone = set(removed) | {item["where"] for item in of_kind(owned, "ini_section") if item["value"]["last"]}
    for item in of_kind(owned, "package"):
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
