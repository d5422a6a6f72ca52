# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host's task checks before the host is started: stop file, window, the limit of its ring, its group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..documents import PRIVATE, Modes
from ..errors import NOT_BEGUN, AvshiftError
from ..fleet import stop_file
from . import folder

ON = "Run again once that has changed; avshift.endpoint.rollout_status says what is holding up the rollout."
AGAIN = "Run again, and leave the plan as it is during the run."


def refuse(look: Mapping[str, Any], stop: str | None, host: str, now: str) -> None:
    """Raise AvshiftError with the code not_begun for a host that may not be begun. ``look`` is empty where no rollout
    is in force.
    """
    stop_file.refuse(stop, host)
    if look:
        _refuse(host, _too_late(look, now) or folder.threshold(look))


def refuse_other_plan(look: Mapping[str, Any], host: str, approved: str | None) -> None:
    """Raise AvshiftError for a host whose rings, windows and groups are not those of the plan that was approved.

    ``approved`` is the digest of that plan, whose signature was checked, None where no approval is needed. The rollout
    was read from the file earlier, and another plan may have been in it then, or half of one.
    """
    if not look:
        return
    if look["plan"] and not look["digest"]:
        _refuse(host, "the plan could not be read when the rings and windows of this run were decided", AGAIN)
    if approved is not None and look["digest"] != approved:
        _refuse(host, "the rings and windows of this run are not those of the approved plan", AGAIN)


def begin(look: Mapping[str, Any], stop: str | None, host: str, now: str, modes: Modes = PRIVATE) -> None:
    """Mark a host as begun, or raise AvshiftError as ``refuse`` does."""
    stop_file.refuse(stop, host)
    if look:
        _refuse(host, _too_late(look, now) or folder.begin(look, host, now, modes))


def _refuse(host: str, why: str, remedy: str = ON) -> None:
    if why:
        cause, unchanged = f"it was not started: {why}", "This run has changed nothing on it."
        raise AvshiftError(NOT_BEGUN, "Migrating", host, cause, f"{unchanged} {remedy}")


def _too_late(look: Mapping[str, Any], now: str) -> str:
    """Return why a host no longer fits into the window, '' where it does."""
    if look.get("closed"):
        return str(look["closed"])
    if not look["until"] or now <= look["until"]:
        return ""
    return f"it might not be done before the window closes: the last host may begin at {look['until']}"
