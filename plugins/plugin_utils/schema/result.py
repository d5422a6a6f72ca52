# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The result of checking a value against a schema."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass, field
from typing import Any

# Characters of a value that a message shows.
SHOWN = 60
Schema = dict[str, Any] | bool


@dataclass(frozen=True)
class Violation:
    """What does not fit: ``place`` ($.key[0].key), ``expected`` in words, ``found``: the value, shortened."""

    place: str
    expected: str
    found: str

    def __str__(self) -> str:
        """Return it as a message says it."""
        return f"{self.place}: expected {self.expected}, found {self.found}"


@dataclass
class Result:
    """Violations of one value, and the keys of it that some part of the schema has described."""

    violations: list[Violation] = field(default_factory=list)
    described: set[str] = field(default_factory=set)

    def take(self, other: Result) -> None:
        """Add what another part of the schema said of the same value."""
        if other is not NOTHING:
            self.violations += other.violations
            self.described |= other.described


# What nearly every keyword says of nearly every value. It is never added to.
NOTHING = Result()


def violation(place: str, expected: str, value: Any) -> Violation:
    """Return the violation of a value."""
    return Violation(place, expected, short(value))


def short(value: Any) -> str:
    """Return a value as JSON in ASCII, so that nothing in it can act on a terminal, and shortened."""
    if isinstance(value, (dict, list)) and value:
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    text = json.dumps(value if not isinstance(value, str) else value[: SHOWN + 1], default=str)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def below(place: str, key: Any) -> str:
    """Return the place of a key. What was read from YAML may have keys that are not text."""
    return f"{place}.{key}" if isinstance(key, str) and _is_plain(key) else f"{place}[{short(key)}]"


@functools.lru_cache(maxsize=4096)
def _is_plain(key: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9_-]{1,60}", key) is not None
