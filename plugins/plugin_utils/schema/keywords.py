# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each keyword of a schema asks of a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from .result import NOTHING, Result, Schema, Violation, below, short, violation

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "number": (int, float),
    "integer": (int,),
}


class Check(Protocol):
    """What a keyword needs from the schema that contains it."""

    def of(self, schema: Schema, value: Any, place: str) -> Result:
        """Return what a schema says of a value."""

    def referred(self, reference: str, value: Any, place: str) -> Result:
        """Return what the schema that a reference leads to says of a value."""

    def bearing_on(self, rules: list[Schema], value: Any) -> Iterator[Schema]:
        """Yield the rules of an ``allOf`` that may say something of a value."""

    def others(self, schema: Schema, value: dict[str, Any], described: set[str], place: str) -> Result:
        """Check the keys that nothing else describes against a schema."""


def _reference(check: Check, schema: dict[str, Any], value: Any, place: str) -> Result:
    return check.referred(schema["$ref"], value, place)


def _properties(check: Check, schema: dict[str, Any], value: Any, place: str) -> Result:
    result = Result()
    if isinstance(value, dict):
        for key, rule in schema["properties"].items():
            if key in value:
                result.violations += check.of(rule, value[key], below(place, key)).violations
                result.described.add(key)
    return result


def _additional(check: Check, schema: dict[str, Any], value: Any, place: str) -> Result:
    if not isinstance(value, dict):
        return NOTHING
    return check.others(schema["additionalProperties"], value, set(schema.get("properties", ())), place)


def _required(_check: Check, schema: dict[str, Any], value: Any, place: str) -> Result:
    if not isinstance(value, dict):
        return NOTHING
    missing = [key for key in schema["required"] if key not in value]
    return Result([violation(place, f"the key {key}", value) for key in missing]) if missing else NOTHING


def _names(check: Check, schema: dict[str, Any], value: Any, place: str) -> Result:
    result = Result()
    for key in value if isinstance(value, dict) else ():
        result.violations += check.of(schema["propertyNames"], key, below(place, key)).violations
    return result


def _items(check: Check, schema: dict[str, Any], value: Any, place: str) -> Result:
    result = Result()
    if isinstance(value, list):
        for number in range(len(schema.get("prefixItems", ())), len(value)):
            result.violations += check.of(schema["items"], value[number], f"{place}[{number}]").violations
    return result


def _prefix(check: Check, schema: dict[str, Any], value: Any, place: str) -> Result:
    result = Result()
    for number, (rule, item) in enumerate(
        zip(schema["prefixItems"], value if isinstance(value, list) else (), strict=False)
    ):
        result.violations += check.of(rule, item, f"{place}[{number}]").violations
    return result


def _all_of(check: Check, schema: dict[str, Any], value: Any, place: str) -> Result:
    result = Result()
    for rule in check.bearing_on(schema["allOf"], value):
        result.take(check.of(rule, value, place))
    return result


def _some_of(check: Check, schema: dict[str, Any], value: Any, place: str) -> Result:
    """Return what the fitting branches describe; if none fits, the violations of the closest one."""
    keyword = "anyOf" if "anyOf" in schema else "oneOf"
    results: list[Result] = []
    for rule in schema[keyword]:
        results.append(check.of(rule, value, place))
        # Only of an object do other branches describe more: what each of thousands of items is gets one answer.
        if keyword == "anyOf" and not results[-1].violations and not isinstance(value, dict):
            return NOTHING
    fitting = [result for result in results if not result.violations]
    if not fitting:
        return Result(min((result.violations for result in results), key=_farness))
    if keyword == "oneOf" and len(fitting) > 1:
        return Result([violation(place, "one form alone, and several fit", value)])
    return Result([], set().union(*(result.described for result in fitting)))


def _farness(found: list[Violation]) -> tuple[bool, int]:
    """A branch for another type, or another constant, says nothing useful of this value."""
    return any(one.expected.startswith(("a ", "an ", "exactly ")) and "." not in one.place for one in found), len(found)


def _condition(check: Check, schema: dict[str, Any], value: Any, place: str) -> Result:
    asked = check.of(schema["if"], value, place)
    rule = schema.get("else" if asked.violations else "then")
    result = Result() if asked.violations else Result([], set(asked.described))
    if rule is not None:
        result.take(check.of(rule, value, place))
    return result


def _type(_check: Check, schema: dict[str, Any], value: Any, place: str) -> Result:
    wanted = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if any(_is(value, name) for name in wanted):
        return NOTHING
    words = " or ".join(("an " if name[0] in "aeiou" else "a ") + name for name in wanted)
    return Result([violation(place, words, value)])


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, TYPES[name])


def _same(one: Any, other: Any) -> bool:
    """JSON's equality: true is not 1, and 1.0 is 1."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return bool(isinstance(one, bool) == isinstance(other, bool) and one == other)


def _enum(_check: Check, schema: dict[str, Any], value: Any, place: str) -> Result:
    if any(_same(value, choice) for choice in schema["enum"]):
        return NOTHING
    return Result([violation(place, "one of " + ", ".join(map(short, schema["enum"])), value)])


def _const(_check: Check, schema: dict[str, Any], value: Any, place: str) -> Result:
    if _same(value, schema["const"]):
        return NOTHING
    return Result([violation(place, f"exactly {short(schema['const'])}", value)])


def _unique(_check: Check, schema: dict[str, Any], value: Any, place: str) -> Result:
    if not schema["uniqueItems"] or not isinstance(value, list):
        return NOTHING
    seen: list[Any] = []
    texts: set[str] = set()
    for item in value:
        if item in texts if isinstance(item, str) else any(_same(item, other) for other in seen):
            return Result([violation(place, "each item once", item)])
        texts.add(item) if isinstance(item, str) else seen.append(item)
    return NOTHING


def _is_regex(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def _is_lines(text: str) -> bool:
    return all(part.isprintable() for part in re.split("[\n\t]", text))


# Formats that are checked. The last three are not of the draft: they are what the options of providers need.
FORMATS: dict[str, tuple[Callable[[str], Any], str]] = {
    "regex": (_is_regex, "a regular expression"),
    "line": (str.isprintable, "one line of text"),
    "lines": (_is_lines, "lines of text without control characters"),
    "file_name": (re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*").fullmatch, "a file name without a folder"),
}


def _format(_check: Check, schema: dict[str, Any], value: Any, place: str) -> Result:
    fits, words = FORMATS.get(schema["format"], (bool, ""))
    if words and isinstance(value, str) and not fits(value):
        return Result([violation(place, words, value)])
    return NOTHING


# Patterns that would mean nothing to a reader.
IN_WORDS = {r"\S": "text that is not blank"}


def _pattern(_check: Check, schema: dict[str, Any], value: Any, place: str) -> Result:
    form = schema["pattern"]
    if isinstance(value, str) and re.search(form, value) is None:
        return Result([violation(place, IN_WORDS.get(form, f"text that matches {form}"), value)])
    return NOTHING


def _limit(keyword: str, kind: str, breaks: Callable[[Any, Any], bool], words: str) -> Callable[..., Result]:
    """Return the check of a keyword that sets a bound to a number, a length or a text."""

    def checked(_check: Check, schema: dict[str, Any], value: Any, place: str) -> Result:
        if _is(value, kind) and breaks(value, schema[keyword]):
            return Result([violation(place, words % schema[keyword], value)])
        return NOTHING

    return checked


KEYWORDS: dict[str, Callable[..., Result]] = {
    "$ref": _reference,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "properties": _properties,
    "additionalProperties": _additional,
    "required": _required,
    "propertyNames": _names,
    "items": _items,
    "prefixItems": _prefix,
    "allOf": _all_of,
    "anyOf": _some_of,
    "oneOf": _some_of,
    "if": _condition,
    "uniqueItems": _unique,
    "format": _format,
    "minLength": _limit("minLength", "string", lambda value, least: len(value) < least, "%s characters or more"),
    "maxLength": _limit("maxLength", "string", lambda value, most: len(value) > most, "at most %s characters"),
    "minItems": _limit("minItems", "array", lambda value, least: len(value) < least, "%s items or more"),
    "maxItems": _limit("maxItems", "array", lambda value, most: len(value) > most, "at most %s items"),
    "minProperties": _limit("minProperties", "object", lambda value, least: len(value) < least, "%s keys or more"),
    "maxProperties": _limit("maxProperties", "object", lambda value, most: len(value) > most, "at most %s keys"),
    "minimum": _limit("minimum", "number", lambda value, least: value < least, "%s or more"),
    "maximum": _limit("maximum", "number", lambda value, most: value > most, "at most %s"),
    "exclusiveMinimum": _limit("exclusiveMinimum", "number", lambda value, least: value <= least, "more than %s"),
    "pattern": _pattern,
}
