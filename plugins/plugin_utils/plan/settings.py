# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Turn a provider's options into the text of its configuration files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..catalog.model import Provider
from ..errors import AvshiftError

PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
# By the two signs in a configuration file's first line Debian's scripts know that a person owns it.
NOTE = "## Managed by avshift.endpoint. Changes made here by hand are shown in the next plan and overwritten by it.\n"


@dataclass(frozen=True)
class File:
    """A configuration file as it should be. ``after_packages``: its directory comes with the packages."""

    path: str
    mode: str
    text: str
    after_packages: bool


def settled(provider: Provider, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options with the provider's defaults; AvshiftError on one that it does not have or of another type."""
    chosen = dict(provider.options)
    for name, value in options.items():
        if name not in chosen:
            raise _wrong(provider, name, "there is no such option", f"Use one of: {', '.join(sorted(chosen))}.")
        if type(value) is not type(chosen[name]):
            wanted = type(chosen[name]).__name__
            raise _wrong(provider, name, f"it is a {type(value).__name__}", f"Give a {wanted}.")
        if value not in provider.choices.get(name, [value]):
            raise _wrong(provider, name, f"it is {value}", f"Use one of: {', '.join(provider.choices[name])}.")
        texts = [] if isinstance(value, int) or value == provider.options[name] else [value]
        for text in value if isinstance(value, list) else texts:
            if not isinstance(text, dict) and not _is_one_line(text):
                raise _wrong(provider, name, f"{text!r} is not one line of text", "Give text without line ends.")
        chosen[name] = value
    _check_signatures(provider, chosen.get("site_signatures", {}))
    return chosen


def _is_one_line(text: object) -> bool:
    """Return True if a value can stand in a configuration file without ending its line."""
    return isinstance(text, str) and text != "" and text.isprintable()


def _check_signatures(provider: Provider, signatures: dict[str, Any]) -> None:
    """Refuse a name that would lead out of the signatures' directory, and text that is none."""
    for name, text in signatures.items():
        if not (isinstance(name, str) and PLAIN_NAME.fullmatch(name) and isinstance(text, str)):
            cause = f"{name} is not a plain file name, or its content is not text"
            raise _wrong(provider, "site_signatures", cause, "Give file names without a folder, each with its text.")


def _wrong(provider: Provider, name: str, cause: str, remedy: str) -> AvshiftError:
    return AvshiftError("option_wrong", f"Configuring {provider.name}", f"option {name}", cause, remedy)


def files(layout: dict[str, Any], options: dict[str, Any], paths: tuple[str, ...]) -> list[File]:
    """Return the files that the layout and the options call for; ``paths`` are the protected ones that exist."""
    values = {**options, "paths": list(paths)}
    chosen = [file for file in layout["files"] if _applies(file, options)]
    result = [File(file["path"], file["mode"], _text(file, values), False) for file in chosen]
    folder = layout["signatures"]["directory"]
    for name, text in sorted(options["site_signatures"].items()):
        result.append(File(f"{folder}/{name}", layout["signatures"]["mode"], text, True))
    return result


def _applies(file: dict[str, Any], options: dict[str, Any]) -> bool:
    return all(options[name] == value for name, value in file.get("when", {}).items())


def _text(file: dict[str, Any], values: dict[str, Any]) -> str:
    if "text" in file:
        return NOTE + str(file["text"])
    return NOTE + "".join(f"{key} {value}\n" for key, value in _lines(file["settings"], values))


def _lines(settings: dict[str, Any], values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, setting in settings.items():
        found = values[setting["option"]] if isinstance(setting, dict) else setting
        for value in found if isinstance(found, list) else [found]:
            yield key, {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
