# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Groups of which one controller has a part. A limit holds among controllers only if they share marks and records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ..errors import AvshiftError
from .gates import some_names

SHARED = "avshift_output_shared"
CODE, WHAT = "group_incomplete", "Keeping the limits of groups"
REMEDY = (
    "Run it with all hosts of the group in one inventory and without job slices; or let all "
    f"controllers use one avshift_output_dir, and confirm that with -e {SHARED}=true. No host was touched."
)


def refuse(
    groups: Iterable[Mapping[str, Any]], inventory: Collection[str], ours: Collection[str], done: Collection[str]
) -> None:
    """Raise AvshiftError for a group of which more hosts might be away than may be, since others may change some.

    ``groups`` are those of a plan, ``inventory`` the hosts that this controller knows, ``ours`` those that it may
    change, and ``done`` those that no controller changes any more.
    """
    known, mine, gone = set(inventory), set(ours), set(done)
    for group in groups:
        left = [host for host in group["hosts"] if host not in gone]
        elsewhere = [host for host in left if host not in known]
        if elsewhere and mine & set(left) and len(left) > group["at_once"]:
            cause = (
                f"{len(elsewhere)} of its {len(group['hosts'])} hosts are not in this inventory "
                f"({some_names(elsewhere)}), as in a slice of AWX: another controller might change them at the same "
                f"time, and only {group['at_once']} may be away"
            )
            raise AvshiftError(CODE, WHAT, f"{group['by']} {group['value']}", cause, REMEDY)


def refuse_unknown(groups: Collection[Mapping[str, Any]], is_of_engine: bool) -> None:
    """Raise AvshiftError for groups whose other hosts are unknown: those of an engine's job without a plan."""
    if groups and is_of_engine:
        names = ", ".join(sorted({str(group["by"]) for group in groups}))
        cause = (
            "this is a job of AWX or ansible-runner, which may be a slice, and only an approved plan says which "
            "hosts there are"
        )
        raise AvshiftError(CODE, WHAT, f"groups by {names}", cause, f"Have a plan approved. {REMEDY}")
