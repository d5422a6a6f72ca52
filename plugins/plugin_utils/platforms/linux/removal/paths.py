# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Remove what package removals cannot be relied on to remove."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from .....module_utils.agreed.linux import FLAGS
from ....catalog.model import Product
from ....detect.claims import Claims, of_kind
from ....detect.evidence import Evidence, Item
from ....plan.model import REMOVE, Step
from ..locations import is_below

# systemd's directories for unit files, in its search order; it fills the others itself.
UNIT_FOLDERS = (
    "/etc/systemd/system.control/",
    "/run/systemd/system.control/",
    "/etc/systemd/system/",
    "/etc/systemd/system.attached/",
    "/run/systemd/system/",
    "/run/systemd/system.attached/",
    "/usr/local/lib/systemd/system/",
    "/usr/lib/systemd/system/",
    "/lib/systemd/system/",
)
# Links that systems come with, and their targets: what is there is removed under its other name.
OF_THE_SYSTEM = {"/etc/init.d": "/etc/rc.d/init.d", "/var/run": "/run", "/bin": "/usr/bin", "/lib": "/usr/lib"}


def steps(evidence: Evidence, going: list[Product], owned: Claims) -> Iterator[Step]:
    """Yield steps for paths, registry sections, and shared directories that are empty then."""
    paths = list(_paths(going, owned))
    paths = [path for path in paths if path[0] not in foreign(evidence, owned)]
    yield from _flags(evidence, going)
    yield from (removed(path, scope, reason, f"{path} ({kind})") for path, scope, reason, kind in paths)
    yield from _sections(owned)
    yield from _parents(evidence, going, owned, {path for path, _scope, _reason, _kind in paths})


def probes(going: list[Product]) -> dict[str, Any]:
    """Return the probes for what would keep paths from being removed."""
    files = [sign.what for product in going for sign in product.signs if sign.kind == "path" and sign.scope == "file"]
    parents = [path for product in going for path in product.parents]
    units = {name for product in going for name in product.of_kind("unit")}
    return {
        "unit_owner": sorted(units),
        "mount": sorted(set(parents)),
        "obstacle": {
            "trees": sorted({path for product in going for path in product.trees}),
            "paths": sorted({*files, *parents, *_unit_files(units)}),
            "processes": sorted({path for product in going for path in product.of_kind("process")}),
        },
    }


def flagged(evidence: Evidence, going: list[Product]) -> tuple[list[dict[str, str]], list[str]]:
    """Return [{path, flags}] of what keeps paths of the products from being removed, and what the plan leaves alone.

    That is what lies above their paths, what has a name elsewhere too, and what was not listed, since it was too much.
    """
    own = obstacles(evidence, going)
    roots = [item["what"] for item in own]
    linked = {path for item in own for path in item["value"].get("linked", ())}
    told = {flag["path"]: flag for item in own for flag in item["value"].get("flagged", ())}
    ours = [told[path] for path in sorted(told) if is_below(path, roots) and path not in linked]
    others = sorted(set(told) - {flag["path"] for flag in ours})
    more = sum(item["value"].get("more_flagged", 0) for item in own)
    return ours, [*others, *([f"{more} more"] if more else [])]


def obstacles(evidence: Evidence, going: list[Product]) -> list[Item]:
    """Return what was seen of the paths that go."""
    names = {sign.what for product in going for sign in product.signs if sign.kind == "path"}
    names |= {path for product in going for path in product.parents}
    names |= _unit_files({name for product in going for name in product.of_kind("unit")})
    return [item for item in evidence.of_kind("obstacle") if item["what"] in names]


def _unit_files(units: set[str]) -> set[str]:
    return {folder + name for folder in UNIT_FOLDERS for name in units if "*" not in name}


def foreign(evidence: Evidence, owned: Claims) -> dict[str, str]:
    """Return {path: package that owns it} of what makes up units and stays, since its package does."""
    going = {item["value"]["name"] for item in of_kind(owned, "package")}
    owners = {item["what"]: str(item["value"]["owner"]) for item in evidence.of_kind("unit_owner")}
    return {path: owner for path, owner in owners.items() if owner not in going}


def unit_files(value: dict[str, Any]) -> list[str]:
    """Return the files of a unit that are to go, by the value of its evidence."""
    return [path for path in value.get("files") or [value["file"]] if path.startswith(UNIT_FOLDERS)]


def _flags(evidence: Evidence, going: list[Product]) -> Iterator[Step]:
    ours, _others = flagged(evidence, going)
    if ours:
        yield Step(
            REMOVE,
            "flags_clear",
            "Clear the flags that keep files from being removed",
            {"flagged": ours},
            "\n".join(f"{flag['path']}: {words_of(flag['flags'])}" for flag in ours),
            "\n".join(f"{flag['path']}: neither" for flag in ours),
            tuple(item["id"] for item in obstacles(evidence, going) if item["value"].get("flagged")),
            (),
            "Set the flags again.",
        )


def words_of(flags: str) -> str:
    """Return the letters of chattr as words."""
    return " and ".join(FLAGS[letter] for letter in flags)


def _paths(going: list[Product], owned: Claims) -> Iterator[tuple[str, str, str, str]]:
    """Yield (path, scope, evidence id, type) of every path that no package removal can be trusted to take along."""
    scopes = {sign.what: sign.scope for product in going for sign in product.signs if sign.kind == "path"}
    scripts = {posixpath.basename(path) for path in scopes if "/init.d/" in path}
    for item in of_kind(owned, "unit"):
        yield from ((path, "file", item["id"], "unit file") for path in unit_files(item["value"]))
        yield from ((folder, "tree", item["id"], "drop-ins") for folder in item["value"]["drop_ins"])
        script = item["value"]["script"]
        if script and posixpath.basename(script) not in scripts:
            yield script, "file", item["id"], "script"
    yield from ((item["what"], "file", item["id"], "link") for item in of_kind(owned, "link_into"))
    trees = [path for path, scope in scopes.items() if scope == "tree"]
    for item in of_kind(owned, "path"):
        path, kind = item["what"], item["value"]["type"]
        if path in scopes and not is_below(path, [tree for tree in trees if tree != path]):
            yield place_of(item), scopes[path] if kind == "directory" else "file", item["id"], kind


def place_of(item: Item) -> str:
    """Return a path's real place if only a link that its system came with leads there; else the path itself."""
    path, real = str(item["what"]), str(item["value"].get("real", ""))
    return real if real == by_the_system(path) else path


def by_the_system(path: str) -> str:
    """Return a path with a link that systems come with followed, as if it were there; any other as it is."""
    places = [there + path[len(link) :] for link, there in OF_THE_SYSTEM.items() if is_below(path, [link])]
    return places[0] if places else path


def removed(path: str, scope: str, reason: str, before: str) -> Step:
    """Return the step that removes a path, a tree or not; ``before`` says what is there."""
    return Step(
        REMOVE,
        "path_remove",
        f"Remove {path}",
        {"path": path, "scope": scope, "expected_gone": []},
        before,
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
            f"Remove {item['what']} from the registry",
            {"file": item["where"], "section": item["what"][len(item["where"]) + 1 : -1]},
            item["value"]["text"],
            "the file is gone with its last section" if item["value"]["last"] else "no such section",
            (item["id"],),
            ({"path": item["where"], "scope": "file", "change": change},),
        )


def _parents(evidence: Evidence, going: list[Product], owned: Claims, removed: set[str]) -> Iterator[Step]:
    """Yield the removal of empty shared directories, the deepest first."""
    gone = set(removed) | {item["where"] for item in of_kind(owned, "ini_section") if item["value"]["last"]}
    for item in of_kind(owned, "package"):
        gone.update(item["value"]["owns"])
    for path in sorted(
        {path for product in going for path in product.parents}, key=lambda path: (-path.count("/"), path)
    ):
        seen = evidence.value("path", path)
        # A mount point cannot be removed, and belongs to the owner.
        if seen is None or seen["type"] != "directory" or evidence.value("mount", path) is not None:
            continue
        children = {posixpath.join(path, child) for child in seen["children"]}
        if children <= gone:
            gone.add(path)
            yield Step(
                REMOVE,
                "path_remove",
                f"Remove {path}, which is then empty",
                {"path": path, "scope": "empty", "expected_gone": sorted(seen["children"])},
                f"{path} (directory)",
                "absent",
                (f"path:{path}",),
                ({"path": path, "scope": "file", "change": "removed"},),
            )
