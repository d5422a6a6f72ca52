# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Retain what is the owner's before anything of it may go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...catalog.model import Product
from ...detect.claims import Claims
from ...detect.evidence import Evidence
from ..model import DIGEST_MARK, REMOVE, Step

RETAINED = "/var/lib/avshift/retained"


def steps(evidence: Evidence, going: list[Product], owned: Claims) -> Iterator[Step]:
    """Yield the step that retains data, if there is any."""
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


def probes(going: list[Product]) -> dict[str, Any]:
    """Return the probe for the sizes of what would be retained, and for the room."""
    return {"space": {"at": RETAINED, "trees": [path for product in going for path, _holds in product.retain]}}


def sizes(evidence: Evidence, going: list[Product]) -> dict[str, Any]:
    """Return {path: {files, bytes}} of what would be retained; it changes by itself."""
    kept = [path for product in going for path, _holds in product.retain]
    return {path: value for path in kept if (value := evidence.value("space", path)) is not None}
