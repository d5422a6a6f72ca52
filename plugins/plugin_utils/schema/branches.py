# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules of an ``allOf``, found by the constant that their conditions ask for.

A host's answer has thousands of items, and each kind of item has a condition of its own. Those of other kinds would say
nothing of an item, and are not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .result import Schema


class Branches:
    """The rules of one ``allOf``."""

    def __init__(self, rules: list[Schema]) -> None:
        self._rules = rules
        self._always: list[int] = []
        # By key and by the text that it has to have.
        self._asking: dict[str, dict[str, list[int]]] = {}
        for number, rule in enumerate(rules):
            asked = _asked_by(rule)
            if asked is None:
                self._always.append(number)
            else:
                self._asking.setdefault(asked[0], {}).setdefault(asked[1], []).append(number)

    def bearing_on(self, value: Any) -> Iterator[Schema]:
        """Yield the rules that may say something of a value, in their order."""
        if not self._asking or not isinstance(value, dict):
            yield from self._rules
            return
        numbers = list(self._always)
        for key, by_text in self._asking.items():
            if key not in value:
                numbers += [number for several in by_text.values() for number in several]
            elif isinstance(value[key], str):
                numbers += by_text.get(value[key], ())
        yield from (self._rules[number] for number in sorted(numbers))


def _asked_by(rule: Schema) -> tuple[str, str] | None:
    """Return (key, text) of a rule that is nothing but a condition which asks one key for one text, else None."""
    if not isinstance(rule, dict) or set(rule) != {"if", "then"} or list(rule["if"]) != ["properties"]:
        return None
    asked = [(key, wanted.get("const")) for key, wanted in rule["if"]["properties"].items()]
    return next(((key, text) for key, text in asked if isinstance(text, str)), None)
