# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Turn a provider's options into the text of its configuration files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ....plan.settings import holds

# The two # signs in its first line show Debian's scripts that a person owns a configuration file.
NOTE = "## Managed by avshift.endpoint. Changes made here by hand are shown in the next plan and overwritten by it.\n"
BEGIN, END = "# avshift.endpoint: begin\n", "# avshift.endpoint: end\n"
OPTION = re.compile("@([a-z_]+)@")


@dataclass(frozen=True)
class File:
    """A configuration file as it should be. ``unit`` reads it when it starts; '' is the engine.

    ``after_packages``: its directory comes with the packages. ``block``: ``text`` is only a part of it.
    """

    path: str
    mode: str
    text: str
    after_packages: bool
    unit: str = ""
    block: bool = False

    def within(self, before: str) -> str:
        """Return the file's new text, in which the owner's part stays byte for byte."""
        if not self.block:
            return self.text
        head, begin, rest = before.partition(BEGIN)
        tail = rest.partition(END)[2] if begin else ""
        gap = "" if begin or not head or head.endswith("\n") else "\n"
        return f"{head}{gap}{BEGIN}{self.text}{END}{tail}"


def files(layout: dict[str, Any], options: dict[str, Any]) -> list[File]:
    """Return the files that the layout and the options call for."""
    chosen = [file for file in layout.get("files", ()) if holds(file.get("when", {}), options)]
    result = [
        File(file["path"], file["mode"], _text(file, options), False, file.get("unit", ""), file.get("block", False))
        for file in chosen
    ]
    return [*result, *signatures(layout, options)]


def signatures(layout: dict[str, Any], options: dict[str, Any]) -> list[File]:
    """Return the files of your own signatures."""
    told = layout.get("signatures")
    if told is None:
        return []
    given = sorted(options[told["option"]].items())
    return [File(f"{told['directory']}/{name}", told["mode"], text, True) for name, text in given]


def _text(file: dict[str, Any], options: dict[str, Any]) -> str:
    note = NOTE if file.get("note", True) and not file.get("block") else ""
    if "settings" in file:
        return note + "".join(f"{key} {value}\n" for key, value in _lines(file["settings"], options))
    parts = file["text"] if isinstance(file["text"], list) else [file["text"]]
    return note + "".join(text for part in parts for text in _part(part, options))


def _lines(settings: dict[str, Any], options: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, setting in settings.items():
        for one in setting if isinstance(setting, list) else [setting]:
            for value in _values(one, options):
                yield key, value


def _values(setting: Any, options: dict[str, Any]) -> Iterator[str]:
    """Yield the values of a setting: one, one per list item, or none if it is empty or does not apply."""
    if not isinstance(setting, dict):
        yield _told(setting)
    elif holds(setting.get("when", {}), options):
        found = options[setting["option"]] if "option" in setting else setting["value"]
        yield from (
            _told(value) for value in (found if isinstance(found, list) else [found]) if value not in ("", None)
        )


def _part(part: Any, options: dict[str, Any]) -> Iterator[str]:
    if isinstance(part, str):
        yield _filled(part, options)
    elif holds(part.get("when", {}), options):
        for each in options[part["each"]] if "each" in part else [""]:
            yield _filled(part["text"], {**options, "each": each})


def _filled(text: str, options: dict[str, Any]) -> str:
    return OPTION.sub(lambda found: _told(options[found.group(1)]), text)


def _told(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
