# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which host of a plan this machine is, if it fetches its work itself: by its machine ID, not by a name."""

from __future__ import annotations

from typing import Any

from ..errors import AvshiftError
from ..plan.model import Carried
from ..visible import visible

LOOKING = "Looking this machine up in the plan"
MOST_NAMED = 5


def named(document: dict[str, Any], machine: str | None, path: str) -> str:
    """Return the name that a plan has for a machine. Raises AvshiftError if none of its hosts is that machine, or more
    than one, as happens where machines were cloned.
    """
    if not machine:
        raise AvshiftError(
            "machine_unnamed",
            LOOKING,
            path,
            "the machine does not report a machine ID",
            "Give it one, and plan it again.",
        )
    found: list[str] = sorted(host for host, entry in document["hosts"].items() if Carried.of(entry).machine == machine)
    if len(found) == 1:
        return found[0]
    if not found:
        raise AvshiftError(
            "machine_not_planned",
            LOOKING,
            path,
            "none of its hosts is this machine",
            "Have this machine planned and approved, then fetch the plan.",
        )
    some = ", ".join(visible(host) for host in found[:MOST_NAMED])
    raise AvshiftError(
        "machine_ambiguous",
        LOOKING,
        path,
        f"{len(found)} of its hosts report this machine ID: {some}",
        "Give each cloned machine a machine ID of its own, and plan them again.",
    )
