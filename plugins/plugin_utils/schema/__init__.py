# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Check content against the published JSON schemas, on controllers that have no library for it.

ansible-core brings none, and a collection may ask for none at run time. What is interpreted is the part of draft
2020-12 that the schemas in ``catalog/data/schemas`` use; a keyword that is not known here is refused, so that a schema
cannot ask for something that nothing checks. The tests compare every answer with that of the library ``jsonschema``.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .branches import Branches
from .keywords import KEYWORDS
from .result import NOTHING, Result, Schema, Violation, below, short, violation

__all__ = ["Violation", "lines", "read", "short", "violations", "violations_of"]
HOME = Path(__file__).resolve().parents[1] / "catalog" / "data" / "schemas"
SUFFIX = ".schema.json"
ANNOTATIONS = frozenset(("$schema", "$id", "$defs", "title", "description", "default", "examples"))
# Read by the keyword that they belong to.
BESIDE = frozenset(("then", "else", "unevaluatedProperties"))


def violations(name: str, content: Any, part: str = "") -> list[Violation]:
    """Return how content breaks the schema NAME.schema.json, or a ``part`` of it such as ``$defs/item``.

    Raises KeyError for a part that does not exist and OSError for a schema that is not there.
    """
    check = _published(name)
    return list(check.of(_at(check.document, part), content, "$").violations)


def violations_of(schema: dict[str, Any], content: Any, place: str = "$") -> list[Violation]:
    """Return how content breaks a schema that is not a published one; ``place`` is what messages call the content."""
    return list(_Check(schema).of(schema, content, place).violations)


@functools.cache
def read(name: str) -> dict[str, Any]:
    """Return the schema NAME.schema.json."""
    content: dict[str, Any] = json.loads((HOME / f"{name}{SUFFIX}").read_text(encoding="utf-8"))
    return content


@functools.cache
def _published(name: str) -> _Check:
    return _Check(read(name))


def _at(document: dict[str, Any], part: str) -> Schema:
    found: Any = document
    for key in filter(None, part.lstrip("#").split("/")):
        found = found[key]
    checked: Schema = found
    return checked


class _Check:
    """One schema document; references that name no file lead to places in it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        # By the identity of a list in the document, which is not changed.
        self._branches: dict[int, Branches] = {}

    def of(self, schema: Schema, value: Any, place: str) -> Result:
        """Return what a schema says of a value."""
        if isinstance(schema, bool):
            return NOTHING if schema else Result([violation(place, "nothing here", value)])
        result = Result()
        for keyword in schema:
            if keyword in KEYWORDS:
                result.take(KEYWORDS[keyword](self, schema, value, place))
            elif keyword not in ANNOTATIONS and keyword not in BESIDE:
                raise KeyError(f"no such keyword is known here: {keyword}")
        if "unevaluatedProperties" in schema and isinstance(value, dict):
            result.take(self.others(schema["unevaluatedProperties"], value, result.described, place))
        return result

    def bearing_on(self, rules: list[Schema], value: Any) -> Iterator[Schema]:
        """Yield the rules of an ``allOf`` that may say something of a value."""
        if id(rules) not in self._branches:
            self._branches[id(rules)] = Branches(rules)
        return self._branches[id(rules)].bearing_on(value)

    def others(self, schema: Schema, value: dict[str, Any], described: set[str], place: str) -> Result:
        """Check the keys that nothing else describes against a schema."""
        result = Result()
        for key in value:
            if key in described:
                continue
            if schema is False:
                result.violations.append(violation(place, f"no key {short(key)}", value[key]))
            else:
                result.take(self.of(schema, value[key], below(place, key)))
            result.described.add(key)
        return result

    def referred(self, reference: str, value: Any, place: str) -> Result:
        """Return what the schema that a reference leads to says of a value."""
        file, _hash, part = reference.partition("#")
        other = _published(file[: -len(SUFFIX)]) if file else self
        return other.of(_at(other.document, part), value, place)


def lines(found: list[Violation], most: int = 5) -> Iterator[str]:
    """Yield violations as text, the first ones and how many more there are."""
    yield from map(str, found[:most])
    if len(found) > most:
        yield f"and {len(found) - most} more"
