"""What a stand-in package is: its description, its sources, and the value of each of its switches."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from . import data
from .errors import LabError
from .paths import STAND_INS

Switch = bool | int | str
KEYS: dict[str, type] = {
    "base": str,
    "words": dict,
    "package": str,
    "version": str,
    "architecture": str,
    "maker": str,
    "depends": str,
    "description": str,
    "values": dict,
    "payload": dict,
    "programs": dict,
    "conffiles": list,
    "switches": dict,
}
REQUIRED = ("package", "version", "architecture", "maker", "description", "payload", "switches")
DESCRIPTION = "package.yml"
# C programs of several packages, and what several programs include.
SHARED = STAND_INS / "shared"
PLACEHOLDER = re.compile(r"@([a-z][a-z0-9_]*)@")


@dataclass(frozen=True)
class Source:
    """A source file, by its path below the stand-in's folder."""

    path: str
    text: str
    mode: int


@dataclass(frozen=True)
class StandIn:
    """One stand-in: its description, its sources and the value of each of its switches."""

    name: str
    description: Mapping[str, Any]
    sources: tuple[Source, ...]
    switches: Mapping[str, Switch]

    @property
    def values(self) -> dict[str, str]:
        """What stands for each @name@, but for what depends on the form of the package."""
        values = {"version": str(self.description["version"])}
        values.update((key, str(value)) for key, value in self.description.get("values", {}).items())
        for name, value in self.switches.items():
            values[name] = str(int(value)) if isinstance(value, bool) else str(value)
        return values

    def below(self, folder: str) -> list[Source]:
        """The sources in a folder, by their paths below it."""
        start = f"{folder}/"
        return [replace(one, path=one.path.removeprefix(start)) for one in self.sources if one.path.startswith(start)]

    def source(self, path: str) -> Source:
        """The source at a path."""
        for one in self.sources:
            if one.path == path:
                return one
        raise LabError("no such source", f"{self.name}: {path}", "no file has this name", "Correct package.yml")


def names() -> list[str]:
    """Every stand-in that has sources."""
    return sorted(path.parent.name for path in STAND_INS.glob(f"*/{DESCRIPTION}"))


def load(name: str, switches: Mapping[str, Switch] | None = None) -> StandIn:
    """The stand-in with its ordinary switches but for those given."""
    if name not in names():
        raise LabError("no such stand-in", name, f"there is {', '.join(names())}", "Name one of these")
    found, sources = _read(name)
    data.check(STAND_INS / name / DESCRIPTION, found, KEYS, REQUIRED)
    return StandIn(name, found, tuple(sources.values()), _switched(name, found["switches"], switches or {}))


def filled(text: str, values: Mapping[str, str], subject: str) -> str:
    """The text with the value of each @name@ in its place."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            known = ", ".join(sorted(values)) or "no names"
            raise LabError("unknown placeholder", subject, f"@{match[1]}@ is none of {known}", "Correct it")
        return values[match[1]]

    return PLACEHOLDER.sub(value, text)


def _read(name: str) -> tuple[dict[str, Any], dict[str, Source]]:
    """The description and the sources; those of the base, in this one's words, where it has none of its own."""
    folder = STAND_INS / name
    found = data.read(folder / DESCRIPTION, KEYS)
    sources = {one.path: one for one in (_source(folder, path) for path in _files(folder))}
    if "base" in found:
        base, base_sources = _read(found.pop("base"))
        words = found.pop("words", {})
        base = yaml.safe_load(_in_words(yaml.safe_dump(base), words))
        found = {**base, **found, "values": {**base.get("values", {}), **found.get("values", {})}}
        sources = {**_renamed(base_sources, words), **sources}
    named = set(found.get("programs", {}).values())
    for program in sorted(named) + [path.name for path in SHARED.glob("*.h") if named]:
        if f"src/{program}" not in sources and (SHARED / program).is_file():
            sources[f"src/{program}"] = replace(_source(SHARED, SHARED / program), path=f"src/{program}")
    return found, sources


def _renamed(sources: Mapping[str, Source], words: Mapping[str, str]) -> dict[str, Source]:
    renamed = (Source(_in_words(one.path, words), _in_words(one.text, words), one.mode) for one in sources.values())
    return {one.path: one for one in renamed}


def _in_words(text: str, words: Mapping[str, str]) -> str:
    if not words:
        return text
    longest_first = sorted(words, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda match: words[match[0]], text)


def _switched(name: str, ordinary: Mapping[str, Switch], given: Mapping[str, Switch]) -> dict[str, Switch]:
    for switch, value in given.items():
        if switch not in ordinary:
            known = ", ".join(sorted(ordinary)) or "none"
            raise LabError("no such switch", f"{name}: {switch}", f"it has {known}", "Name one of these")
        if type(value) is not type(ordinary[switch]):
            kind = type(ordinary[switch]).__name__
            raise LabError(
                "switch refused", f"{name}: {switch}", f"{value!r} is not of type {kind}", "Give another value"
            )
    return {**ordinary, **given}


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != DESCRIPTION)


def _source(folder: Path, path: Path) -> Source:
    mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
    return Source(str(path.relative_to(folder)), path.read_text(encoding="utf-8"), mode)
