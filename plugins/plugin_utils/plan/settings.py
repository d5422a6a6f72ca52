# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an administrator asks of a provider: its options, held to what the catalog says of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..catalog.model import Catalog, Provider
from ..errors import AvshiftError

PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def settled(provider: Provider, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options with the provider's defaults; AvshiftError on one that it does not have or of another kind."""
    chosen = dict(provider.options)
    for name, value in options.items():
        if name not in chosen:
            raise _wrong(provider, name, "there is no such option", f"Use one of: {', '.join(sorted(chosen))}.")
        _check(provider, name, value)
        chosen[name] = value
    for name, rule in provider.rules.items():
        for needed in rule.get("needs", {}).get(str(chosen[name]), ()):
            if not chosen[needed]:
                raise _wrong(provider, needed, f"{name} is {chosen[name]}, and needs it", "Give a value.")
    return chosen


def _check(provider: Provider, name: str, value: Any) -> None:
    wanted, rule = provider.options[name], provider.rules[name]
    # Ansible's own values are of types derived from these, and bool is derived from int.
    if not isinstance(value, type(wanted)) or isinstance(value, bool) is not isinstance(wanted, bool):
        raise _wrong(provider, name, f"it is a {type(value).__name__}", f"Give a {type(wanted).__name__}.")
    if value not in provider.choices.get(name, [value]):
        raise _wrong(provider, name, f"it is {value}", f"Use one of: {', '.join(provider.choices[name])}.")
    if isinstance(value, int) and value < rule.get("least", value):
        raise _wrong(provider, name, f"it is {value}", f"Give at least {rule['least']}.")
    if isinstance(value, dict):
        _check_files(provider, name, value)
    for text in value if isinstance(value, list) else [value] if isinstance(value, str) else []:
        if not _is_text(text, bool(rule.get("several_lines"))):
            raise _wrong(provider, name, f"{text!r} is not one line of text", "Give text without line ends.")
        if text and not re.fullmatch(rule.get("pattern", ".*"), text, re.DOTALL):
            raise _wrong(provider, name, f"{text!r} does not fit {rule['pattern']}", str(rule["help"]))


def _is_text(text: object, several_lines: bool) -> bool:
    """Return True if a value can stand in a configuration file without ending its line."""
    if not isinstance(text, str):
        return False
    return all(part.isprintable() for part in (re.split("[\n\t]", text) if several_lines else [text]))


def _check_files(provider: Provider, name: str, files: dict[str, Any]) -> None:
    """Refuse a name that would lead out of a directory or that the engine would not read, and text that is none."""
    pattern = provider.rules[name].get("pattern", ".*")
    for file, text in files.items():
        if not (isinstance(file, str) and PLAIN_NAME.fullmatch(file) and isinstance(text, str)):
            cause = f"{file} is not a plain file name, or its content is not text"
            raise _wrong(provider, name, cause, "Give file names without a folder, each with its text.")
        if not re.fullmatch(pattern, file):
            raise _wrong(provider, name, f"the engine does not read {file}", f"Its name has to fit {pattern}.")


def _wrong(provider: Provider, name: str, cause: str, remedy: str) -> AvshiftError:
    return AvshiftError("option_wrong", f"Configuring {provider.name}", f"option {name}", cause, remedy)


def holds(when: dict[str, Any], options: dict[str, Any]) -> bool:
    """Return True if every option has the value, or one of the values, or is set or not, as a condition wants it."""
    return all(_fits(options[name], wanted) for name, wanted in when.items())


def _fits(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return bool(value) is wanted["set"]
    return value in wanted if isinstance(wanted, list) else bool(value == wanted)


def directories(provider: Provider, options: dict[str, Any]) -> Iterator[str]:
    """Yield the directories of all options that name such as may be missing on a host."""
    for name, rule in provider.rules.items():
        if rule.get("existing"):
            yield from options[name]


def provider_of(catalog: Catalog, provider_id: str) -> Provider:
    """Return a provider of the catalog; AvshiftError naming those that there are if it has no such one."""
    if provider_id not in catalog.providers:
        raise AvshiftError(
            "provider_unknown",
            "Choosing the replacement",
            provider_id,
            "the catalog has no such provider",
            f"Use one of: {', '.join(sorted(catalog.providers))}, or none.",
        )
    return catalog.providers[provider_id]
