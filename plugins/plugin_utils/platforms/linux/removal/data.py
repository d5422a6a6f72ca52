# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archive the owner's data before any of it may be removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ....catalog.model import Product
from ....detect.claims import Claims
from ....detect.evidence import Evidence
from ....plan.model import DIGEST_MARK, REMOVE, Step
from ..places import RETAINED
from . import homes


def steps(evidence: Evidence, going: list[Product], owned: Claims) -> Iterator[Step]:
    """Yield the step that archives the system's data, if there is any, and one for each tree in a home: what a user
    does to their own keeps nothing else from being archived.
    """
    drafts, made = _drafts(evidence), [] if evidence.value("path", RETAINED) else [RETAINED]
    kept = list(_of_system(evidence, going))
    if kept:
        yield _retained(kept, "", {"drafts": drafts}, made)
        drafts, made = [], []
    for number, (path, holds) in enumerate(sorted(homes.retained(evidence, going)), 1):
        limits = {"most_bytes": homes.MOST_OF_USER, "most_files": homes.MOST_FILES_OF_USER}
        more = {"drafts": drafts, "in_home": True, "user": homes.user_of(path, evidence), **limits}
        yield _retained([(path, holds)], f"-home{number}", more, made)
        drafts, made = [], []


def _retained(kept: list[tuple[str, str]], name: str, more: dict[str, Any], made: list[str]) -> Step:
    archive, manifest = (f"{RETAINED}/{DIGEST_MARK}{name}.{end}" for end in ("tar.gz", "sha256"))
    paths = sorted({path for path, _holds in kept})
    return Step(
        REMOVE,
        "retain",
        "Archive your data with checksums, and read the archive back",
        {"digest": DIGEST_MARK, "paths": paths, "archive": archive, "manifest": manifest, **more},
        "\n".join(f"{path} ({holds})" for path, holds in kept),
        f"all of it in {archive}",
        tuple(f"space:{path}" for path, _holds in kept),
        (
            *({"path": path, "scope": "file", "change": "created"} for path in (*made, archive, manifest)),
            *({"path": path, "scope": "file", "change": "removed"} for path in more["drafts"]),
        ),
    )


def _kept(evidence: Evidence, going: list[Product]) -> Iterator[tuple[str, str]]:
    """Yield (path, what it holds) of all that is archived."""
    yield from _of_system(evidence, going)
    yield from homes.retained(evidence, going)


def _of_system(evidence: Evidence, going: list[Product]) -> Iterator[tuple[str, str]]:
    """Yield the same for everything outside homes, including where a link or a setting has moved it."""
    for product in going:
        for path, holds in product.retain:
            if (seen := evidence.value("space", path)) is not None:
                yield path, holds
                if "leads_to" in seen:
                    yield seen["leads_to"], f"{holds}, to which {path} leads; it stays there too"
    for path, moved, _files in moved_elsewhere(evidence, going):
        yield moved, f"what {path} holds by default; it stays there too"


def moved_elsewhere(evidence: Evidence, going: list[Product]) -> list[tuple[str, str, int]]:
    """Return (path of the catalog, where a setting has put it instead, how many files are there)."""
    settings = {told: path for product in going for path, told in product.moved_by}
    seen = [(settings.get(item["where"], ""), item["what"], item["value"]) for item in evidence.of_kind("space")]
    return [(path, moved, value["files"]) for path, moved, value in seen if path not in ("", moved)]


def _size(evidence: Evidence, path: str) -> dict[str, Any] | None:
    """Return {files, bytes} of a tree; None where nothing was seen, or the free room alone."""
    value = evidence.value("space", path)
    return value if value and "bytes" in value else None


def encrypted(evidence: Evidence, going: list[Product]) -> list[tuple[str, int]]:
    """Return (directory, number of files) that only a removed product can read."""
    names = [path for product in going for path in product.encrypted]
    found = [(path, _size(evidence, path)) for path in names]
    led = [
        (value["leads_to"], _size(evidence, value["leads_to"]))
        for _path, value in found
        if value and "leads_to" in value
    ]
    moved = [(there, files) for path, there, files in moved_elsewhere(evidence, going) if path in names]
    counted = [(path, value["files"]) for path, value in (*found, *led) if value is not None]
    return [(path, files) for path, files in (*counted, *moved) if files]


def _drafts(evidence: Evidence) -> list[str]:
    """Return what interrupted runs have left among the archives: drafts, and manifests without an archive."""
    names = (evidence.value("path", RETAINED) or {}).get("children", [])
    drafts = [name for name in names if name.endswith(".part")]
    alone = [name for name in names if name.endswith(".sha256") and f"{name[: -len('.sha256')]}.tar.gz" not in names]
    return [f"{RETAINED}/{name}" for name in (*drafts, *alone)]


def probes(going: list[Product]) -> dict[str, Any]:
    """Return the probe for the sizes of what would be archived, and for the room."""
    named = [told.partition("[") for product in going for _path, told in product.moved_by]
    return {
        "space": {
            "at": RETAINED,
            "trees": [path for product in going for path, _holds in product.retain],
            "named_in": [{"file": file, "key": key[:-1]} for file, _bracket, key in named],
            "in_homes": [below for product in going for below in product.of_kind("home_path")],
        },
        "path": {"paths": [], "children_of": [], "listed": [RETAINED]},
    }


def sizes(evidence: Evidence, going: list[Product]) -> dict[str, Any]:
    """Return {path: {files, bytes}} of what would be archived; these figures change by themselves."""
    seen = {path: _size(evidence, path) for path, _holds in _kept(evidence, going)}
    return {path: {key: value[key] for key in ("files", "bytes")} for path, value in seen.items() if value is not None}
