# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Exceptions and accepted checks of this host: which are valid, and which have expired."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..exceptions import EXPIRED, IN_FORCE
from ..model import ALL, Check
from .case import Case


def _excepted(case: Case) -> Iterator[Check]:
    staying = [
        _told(entry, "every product, and the host as it is" if entry["product"] == ALL else entry["product"])
        for entry in case.granted
        if entry["status"] == IN_FORCE and entry["product"] in case.goal.excepted
    ]
    if staying:
        yield Check(
            "excepted",
            "warning",
            "An exception lets something stay for now",
            "; ".join(staying),
            "The first plan after that day removes it; until then the host does not count as clean.",
        )


def _expired(case: Case) -> Iterator[Check]:
    over = [
        _told(entry, entry["product"] or entry["preflight"]) for entry in case.granted if entry["status"] == EXPIRED
    ]
    if over:
        yield Check(
            "exception_expired",
            "warning",
            "An exception or accepted check has expired and is ignored",
            "; ".join(over),
            "Have it renewed, or remove it from the file.",
        )


def waived(case: Case, results: list[Check]) -> list[Check]:
    """Return a result that names the accepted checks by which one of the other results is accepted."""
    overridable = {result.id for result in results if result.level == "overridable"}
    used = [
        _told(entry, entry["preflight"])
        for entry in case.granted
        if entry["status"] == IN_FORCE and entry["preflight"] in overridable
    ]
    return (
        [Check("waived", "info", "A preflight result is accepted in the exceptions file", "; ".join(used))]
        if used
        else []
    )


def _told(entry: dict[str, Any], what: str) -> str:
    return f"{what} by {entry['id']} until {entry['expires']}, approved by {entry['approver']}: {entry['reason']}"


CHECKS = (_excepted, _expired)
