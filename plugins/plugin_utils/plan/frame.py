# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The first step, which announces a change, and the last one, which ends it."""

from __future__ import annotations

from collections.abc import Iterator

from ..detect.evidence import Evidence
from .model import CHANGE_MARK, DIGEST_MARK, REMOVE, STAGE, Step
from .platform import Places


def steps(evidence: Evidence, places: Places, products: list[str]) -> Iterator[Step]:
    """Yield the two steps around all others; ``products`` are the ids of those that go."""
    target = {"digest": DIGEST_MARK, "change_id": CHANGE_MARK, "products": products}
    yield Step(
        STAGE,
        "announce",
        "Announce the change in the host's log and start its journal",
        target,
        "no run of this plan",
        "run of this plan: begun",
        (),
        tuple(_made(evidence, places)),
        "The journal records that the run was rolled back.",
    )
    yield Step(
        REMOVE,
        "finish",
        "End the run in the journal and in the host's log",
        target,
        "run of this plan: begun",
        "run of this plan: done",
        (),
        ({"path": places.journal, "scope": "file", "change": "changed"},),
    )


def _made(evidence: Evidence, places: Places) -> Iterator[dict[str, str]]:
    """Yield what starting the journal creates or changes."""
    known = evidence.value("journal", places.journal) is not None
    if evidence.value("path", places.state) is None:
        yield {"path": places.state, "scope": "file", "change": "created"}
    yield {"path": places.journal, "scope": "file", "change": "changed" if known else "created"}
