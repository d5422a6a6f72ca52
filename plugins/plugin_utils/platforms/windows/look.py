# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host was asked, and what it answered, independent of what answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from . import names

Answer = dict[str, Any]
Item = dict[str, Any]

# Reasons why something could not be read; what is absent is known to be missing.
FAILURES = ("denied", "failed", "cut", "stale")
TEXTS = ("String", "ExpandString")
THERE, ABSENT, UNKNOWN = "there", "absent", "unknown"
VIEWS = {"Registry64": "64", "Registry32": "32"}
VARIABLES = {
    "systemdrive": "C:",
    "systemroot": "C:\\Windows",
    "windir": "C:\\Windows",
    "programfiles": "C:\\Program Files",
    "programfiles(x86)": "C:\\Program Files (x86)",
    "programdata": "C:\\ProgramData",
}


def seen(kind: str, what: str, where: str, value: dict[str, Any], user: str = "") -> Item:
    """Return the evidence of something that was seen; ``user`` is the owner of the hive, if it is in one."""
    place = {"user_place": user} if user else {}
    return {"id": f"{kind}:{what}", "kind": kind, "what": what, "where": where, **place, "value": value}


def unseen(kind: str, what: str, where: str, why: str, user: str = "") -> Item:
    """Return the evidence of something that could not be checked, and why."""
    place = {"user_place": user} if user else {}
    return {"id": f"{kind}:{what}", "kind": kind, "what": what, "where": where, **place, "unknown": why}


def why_not(answer: Answer) -> str:
    """Return why an answer is incomplete, '' if it is complete."""
    for failure in FAILURES:
        if failure in answer:
            told = "a limit of number, size or time was reached" if failure == "cut" else str(answer[failure])
            return f"{failure}: {told}"
    return ""


def text(values: dict[str, Any], name: str) -> str | None:
    """Return a text value, '' if there is none, and None if it is something else."""
    value = _value(values, name)
    if value is None:
        return ""
    return value["data"] if value["type"] in TEXTS and isinstance(value["data"], str) else None


def number(values: dict[str, Any], name: str) -> int | None:
    """Return a number; None if there is none, or if it is something else."""
    value = _value(values, name)
    return value["data"] if value is not None and isinstance(value["data"], int) else None


def several(values: dict[str, Any], name: str) -> list[str] | None:
    """Return a list of texts, empty if there is none, and None if it is something else."""
    value = _value(values, name)
    if value is None:
        return []
    data = [value["data"]] if isinstance(value["data"], str) else value["data"]
    return data if isinstance(data, list) else None


def _value(values: dict[str, Any], name: str) -> dict[str, Any] | None:
    """Return a value by its name, ignoring case."""
    wanted = name.lower()
    return next((value for key, value in values.items() if key.lower() == wanted), None)


@dataclass(frozen=True)
class Key:
    """A key that was read. ``view`` is 64, 32 or a user's SID; ``user`` that SID, '' of the machine."""

    path: str
    view: str
    answer: Answer
    user: str = ""

    @property
    def name(self) -> str:
        """Return its own name."""
        return names.name(self.path)

    @property
    def values(self) -> dict[str, Any]:
        """Return its values by name."""
        values: dict[str, Any] = self.answer.get("values", {})
        return values

    @property
    def where(self) -> str:
        """Return where it is, for people."""
        return f"{'HKU' if self.user else 'HKLM'}\\{self.user + chr(92) if self.user else ''}{self.path}" + (
            " (32-bit view)" if self.view == "32" else ""
        )

    def below(self) -> Iterator[Key]:
        """Yield the keys directly below it."""
        for name, answer in self.answer.get("below", {}).items():
            yield Key(f"{self.path}\\{name}", self.view, answer, self.user)

    def all(self) -> Iterator[Key]:
        """Yield it and all keys below it."""
        waiting = [self]
        while waiting:
            key = waiting.pop()
            yield key
            waiting += key.below()


@dataclass(frozen=True)
class Look:
    """Reads with their answers. ``signs`` are what the catalog looks for, by kind; ``variables`` are of the host."""

    reads: tuple[dict[str, Any], ...]
    answers: dict[str, Answer]
    signs: dict[str, list[str]] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=lambda: dict(VARIABLES))
    # Each folder's content by lower-case name, made once per folder: a host may list a hundred thousand.
    listed: dict[int, dict[str, Answer]] = field(default_factory=dict, compare=False, repr=False)

    def of_kind(self, kind: str) -> Iterator[tuple[dict[str, Any], Answer]]:
        """Yield the reads of a kind with their answers."""
        for read in self.reads:
            if read["kind"] == kind:
                yield read, self.answers.get(read["id"], {"failed": "it was not answered"})

    def keys(self, *paths: str) -> Iterator[Key]:
        """Yield the keys that were read at one of the paths: of both views, and of each user."""
        wanted = {path.lower() for path in paths}
        for read, answer in self.of_kind("key"):
            path = read["path"]
            if read["hive"] == "Users" and path[2:].lower() in wanted:
                if "each" not in answer:
                    yield Key(path[2:], "users", answer, "users")
                for user, key in answer.get("each", {}).items():
                    yield Key(path[2:], user, key, user)
            elif read["hive"] == "LocalMachine" and path.lower() in wanted:
                yield Key(path, VIEWS[read["view"]], answer)

    def key(self, path: str) -> Key | None:
        """Return the machine's key at a path in the 64-bit view, None if it was not asked for."""
        return next((key for key in self.keys(path) if key.view == "64"), None)

    def values(self, path: str) -> dict[str, Any]:
        """Return the values of the machine's key at a path; none where it was not read."""
        key = self.key(path)
        return {} if key is None else key.values

    def provided(self, name: str) -> dict[str, Any]:
        """Return what a provider of the running system said of the first instance; {} if it did not answer."""
        told = (answer for read, answer in self.of_kind("cim") if read["id"] == name)
        return next((one for answer in told for one in answer.get("instances", ())), {})

    def wants(self, kind: str, what: str) -> bool:
        """Return True if the catalog looks for what has this name."""
        return names.fits_any(self.signs.get(kind, ()), what)

    def is_makers(self, text: str) -> bool:
        """Return True if a text holds one of the vendor's own names."""
        told = text.lower()
        return any(word in told for word in self.signs.get("maker", ()))

    def trees(self) -> Iterator[tuple[str, Answer]]:
        """Yield the paths of the trees that were read, with a drive, and their answers."""
        for read, answer in self.of_kind("tree"):
            yield names.expanded(read["path"], self.variables).rstrip("\\"), answer

    def file(self, path: str) -> str:
        """Return whether a file or folder is there, absent, or unknown: nothing was read that would show it."""
        found = UNKNOWN
        for root, answer in self.trees():
            if names.is_below(path, [_literal(root)]):
                found = self._in_tree(path[len(root) :].strip("\\").split("\\"), answer)
                if found != UNKNOWN:
                    return found
        return found

    def _in_tree(self, parts: list[str], node: Answer) -> str:
        for part in filter(None, parts):
            if "absent" in node:
                return ABSENT
            if "below" not in node:
                return UNKNOWN
            below = self.listed.get(id(node))
            if below is None:
                below = self.listed[id(node)] = {name.lower(): child for name, child in node["below"].items()}
            if part.lower() not in below:
                return UNKNOWN if why_not(node) or names.is_short(part) else ABSENT
            node = below[part.lower()]
        return ABSENT if "absent" in node else UNKNOWN if "attributes" not in node else THERE

    def failed(self, kind: str, keys: Iterable[Key]) -> Iterator[Item]:
        """Yield what of keys, and of those below them, could not be read."""
        for top in keys:
            for key in top.all():
                why = why_not(key.answer)
                if why:
                    yield unseen(kind, f"{key.view}\\{key.path}", key.where, why, key.user)


def _literal(path: str) -> str:
    """Return a path as a pattern: Windows paths hold neither * nor ?, but a host's answer may."""
    return path.replace("*", "?")
