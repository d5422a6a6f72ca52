# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the preflight results of an approved plan have said: what half-done steps leave of it says no more than that."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

BETWEEN = re.compile(r"[;,] ")
# A count, or the number of a line; those in names and versions are not.
NUMBER = re.compile(r"(?<![\w./:-])[0-9]+(?![\w./-])")

# A number as (digits, text).
Size = tuple[int, str]


def parts(check: dict[str, Any]) -> list[str]:
    """Return what a diagnosis lists."""
    return BETWEEN.split(str(check["diagnosis"]))


class Told:
    """The results of an approved plan."""

    def __init__(self, preflight: Iterable[dict[str, Any]]) -> None:
        self._parts: dict[str, set[str]] = {}
        for check in preflight:
            self._parts.setdefault(check["id"], set()).update(parts(check))

    def beyond(self, check: dict[str, Any]) -> list[str]:
        """Return the parts of a later diagnosis that were not in the approved one."""
        told = self._parts.get(check["id"], ())
        return [part for part in parts(check) if part not in told]

    def more(self, check: dict[str, Any]) -> list[str]:
        """Return the same without what is less: the same with lower numbers, or fewer of the same words."""
        told = self._parts.get(check["id"], ())
        numbers: dict[str, list[list[Size]]] = {}
        for part in told:
            numbers.setdefault(_masked(part), []).append(_numbers(part))
        words = {word for part in told for word in part.split()}
        return [part for part in self.beyond(check) if not _is_less(part, numbers) and not _is_some(part, words)]


def _masked(part: str) -> str:
    return NUMBER.sub("#", part)


def _numbers(part: str) -> list[Size]:
    """Return the numbers in an order of their own: a host may write one with thousands of digits."""
    bare = [number.lstrip("0") for number in NUMBER.findall(part)]
    return [(len(number), number) for number in bare]


def _is_less(part: str, numbers: dict[str, list[list[Size]]]) -> bool:
    mine = _numbers(part)
    # The text itself may hold the mark.
    alike = (told for told in numbers.get(_masked(part), ()) if len(told) == len(mine))
    return any(all(one <= other for one, other in zip(mine, told, strict=True)) for told in alike)


def _is_some(part: str, words: set[str]) -> bool:
    return not NUMBER.search(part) and {*part.split()} <= words
