# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an administrator asks of a provider: its options, checked against what the catalog says of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import schema
from ..catalog.model import Catalog, Provider
from ..errors import AvshiftError

# bool comes before int, which it is derived from.
TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


def settled(provider: Provider, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options with the provider's defaults; AvshiftError on one that it does not have or of another kind."""
    chosen = dict(provider.options)
    for name, value in options.items():
        if name not in chosen:
            remedy = f"Use one of: {', '.join(sorted(chosen))}."
            raise _wrong(provider, schema.short(name).strip('"'), "there is no such option", remedy)
        chosen[name] = _checked(provider, name, value)
    for name, rule in provider.rules.items():
        for needed in rule.get("needs", {}).get(str(chosen[name]), ()):
            if not chosen[needed]:
                raise _wrong(provider, needed, f"{name} is {chosen[name]}, and needs it", "Give a value.")
    return chosen


def _checked(provider: Provider, name: str, value: Any) -> Any:
    """Return an option's value. Ansible's own validator would convert one of another type: true to 1, 1 to true."""
    rule = provider.rules[name]
    wanted = schema_of(rule)
    for broken in schema.violations_of(wanted, value, name):
        pattern = rule.get("pattern", "")
        cause = f"expected {broken.expected.replace(_whole(pattern), pattern)}, found {broken.found}"
        raise _wrong(provider, broken.place, cause, str(rule["help"]))
    # To JSON, 2.0 is an integer; to an engine that reads it in its configuration, it is none.
    return int(value) if wanted["type"] == "integer" and isinstance(value, float) else value


def schema_of(rule: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of an option's value, from what the catalog says of the option."""
    text: dict[str, Any] = {"type": "string", "format": "lines" if rule.get("several_lines") else "line"}
    if "pattern" in rule:
        text["pattern"] = _whole(rule["pattern"])
    kind = next(name for known, name in TYPES.items() if isinstance(rule["default"], known))
    form: dict[str, Any] = {
        "string": text,
        "array": {"items": text},
        # Files with their text. No name leads out of a directory, or is one that the engine would not read.
        "object": {
            "propertyNames": {"allOf": [{"type": "string", "format": "file_name"}, text]},
            "additionalProperties": {"type": "string"},
        },
    }.get(kind, {})
    bounds = {keyword: rule[key] for key, keyword in (("choices", "enum"), ("least", "minimum")) if key in rule}
    return {**form, **bounds, "type": kind}


def _whole(pattern: str) -> str:
    """Return a pattern that a text fits as a whole, or is empty."""
    return rf"\A(?s:{pattern})?\Z"


def _wrong(provider: Provider, name: str, cause: str, remedy: str) -> AvshiftError:
    return AvshiftError("option_wrong", f"Configuring {provider.name}", f"option {name}", cause, remedy)


def holds(when: dict[str, Any], options: dict[str, Any]) -> bool:
    """Return True if every option meets a condition: has the value, or one of the values, or is set or unset."""
    return all(_fits(options[name], wanted) for name, wanted in when.items())


def _fits(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return bool(value) is wanted["set"]
    return value in wanted if isinstance(wanted, list) else bool(value == wanted)


def directories(provider: Provider, options: dict[str, Any]) -> Iterator[str]:
    """Yield the directories of all options whose directories may be missing on a host."""
    for name, rule in provider.rules.items():
        if rule.get("existing"):
            yield from options[name]


def provider_of(catalog: Catalog, provider_id: str) -> Provider:
    """Return a provider of the catalog; AvshiftError naming the known ones if there is none of this ID."""
    if provider_id not in catalog.providers:
        raise AvshiftError(
            "provider_unknown",
            "Choosing the replacement",
            provider_id,
            "the catalog has no such provider",
            f"Use one of: {', '.join(sorted(catalog.providers))}, or none.",
        )
    return catalog.providers[provider_id]
