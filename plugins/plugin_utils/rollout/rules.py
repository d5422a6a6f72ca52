# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules of a rollout: rings, the gates between them, how many hosts may be down at once, and when."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from .amounts import Amount
from .windows import Freeze, Window

NO_WORD, BY_FILE, BY_A_PERSON = "none", "file", "stop"
WORDS = (NO_WORD, BY_FILE, BY_A_PERSON)
BY_CLASS, BY_HASH = "class", "hash"
PICKS = (BY_CLASS, BY_HASH)


@dataclass(frozen=True)
class Gate:
    """What has to hold of a ring before the next one begins. Seconds and minutes are whole numbers or parts."""

    min_clean: Amount
    max_unreachable: Amount
    max_window: float | None
    deny_verdicts: tuple[str, ...]
    deny_new_checks: bool
    soak: int
    approval: str


@dataclass(frozen=True)
class Ring:
    """Hosts that go together. ``hosts`` are patterns of the inventory, () for all that are left."""

    name: str
    hosts: tuple[str, ...]
    size: Amount | None
    pick: str
    gate: Gate
    stop_after: Amount


@dataclass(frozen=True)
class Group:
    """How many hosts with the same value may be away at once. ``by`` is a variable of hosts, or the beginning of the
    names of inventory groups with a * behind it.
    """

    by: str
    at_once: Amount


@dataclass(frozen=True)
class Rules:
    """A whole rollout. ``host_time_limit`` is in minutes, ``retry_unreachable`` in rounds."""

    rings: tuple[Ring, ...]
    at_once: Amount
    groups: tuple[Group, ...]
    windows: tuple[Window, ...]
    freeze: tuple[Freeze, ...]
    host_time_limit: int
    retry_unreachable: int

    def to_json(self) -> dict[str, Any]:
        """Return it as a plan has it, which is read as the same again."""
        told: dict[str, Any] = _plain(self)
        return told


def _plain(value: Any) -> Any:
    if isinstance(value, (Amount, Window, Freeze)):
        return value.to_json()
    if isinstance(value, (Rules, Ring, Gate, Group)):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
