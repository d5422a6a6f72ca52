# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the product's directories can be removed without touching anything else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ....detect.claims import of_kind
from ....listed import first
from ....plan.model import Check
from ....plan.preflight.case import Case
from .. import removal

# Where /opt and others lead in a system that comes as an image.
BY_DESIGN = "/var"


def _links_on_the_way(case: Case) -> Iterator[Check]:
    image = case.evidence.host.get("image")
    led = [
        f"{item['what']} (really {item['value']['real']})"
        for item in of_kind(case.owned, "path")
        if item["value"].get("real", removal.paths.place_of(item)) != removal.paths.place_of(item)
        and not (image and item["value"]["real"] == BY_DESIGN + item["what"])
    ]
    trees = {path for product in case.going for path in product.trees}
    for item in removal.paths.obstacles(case.evidence, list(case.going)):
        if item["what"] in trees and "leads_to" in item["value"]:
            led.append(f"{item['what']} (really {item['value']['leads_to']})")
    if led:
        yield Check(
            "path_through_link",
            "error",
            "A directory of the product is reached through a symbolic link",
            ", ".join(sorted(set(led))),
            "Nothing is removed through a link. Move the directory to its normal path, or mount its disk there; then "
            "plan again.",
        )


def _mounts(case: Case) -> Iterator[Check]:
    points = [f"{item['what']} ({item['value']['source']})" for item in of_kind(case.owned, "mount")]
    if points:
        yield Check(
            "tree_is_mount",
            "error",
            "Something is mounted in a directory of the product",
            ", ".join(points),
            "What is mounted there may still be needed. Unmount it, remove it from fstab and from mount "
            "units, and plan again.",
        )
    shared = {path for product in case.going for path in product.parents}
    stay = sorted(path for path in shared if case.evidence.value("mount", path) is not None)
    if stay:
        yield Check(
            "parent_is_mount",
            "info",
            "A directory that the vendor's products share is a mount point and stays",
            ", ".join(stay),
            "Unmount it after the change, if it is no longer needed.",
        )


def _flags(case: Case) -> Iterator[Check]:
    ours, others = removal.paths.flagged(case.evidence, list(case.going))
    if others:
        yield Check(
            "path_immutable",
            "error",
            "Immutable or append-only files outside the plan's scope block removal",
            first(others),
            "Clear the flags with 'chattr -i -a', and plan again. The plan does not clear them above the product's "
            "directories, on files with another name elsewhere, or if there are too many.",
        )
    elif ours:
        yield Check(
            "path_immutable",
            "overridable",
            "Immutable or append-only flags keep files from being removed",
            first([f"{flag['path']} ({removal.paths.words_of(flag['flags'])})" for flag in ours]),
            "Find out why they were set; accept this ID to have them cleared.",
        )


def _held(case: Case) -> Iterator[Check]:
    held = _told(case, "held")
    if held:
        yield Check(
            "path_busy",
            "warning",
            "Other programs have files of the product open",
            first([f"{told['path']} ({told['process']})" for told in held]),
            "The files are removed anyway; the processes keep them open until they end.",
        )


def _names_elsewhere(case: Case) -> Iterator[Check]:
    linked = _told(case, "linked")
    if linked:
        yield Check(
            "hard_links",
            "warning",
            "Files of the product have another name elsewhere",
            first(linked),
            "Only the name in the product's directory is removed; the file stays under its other name as it is. "
            "'find / -xdev -samefile' finds that one.",
        )


def _told(case: Case, key: str) -> list[Any]:
    return [
        told for item in removal.paths.obstacles(case.evidence, list(case.going)) for told in item["value"].get(key, ())
    ]


CHECKS = (
    _links_on_the_way,
    _mounts,
    _flags,
    _held,
    _names_elsewhere,
)
