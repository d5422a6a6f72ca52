# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Redact files and folders of documents."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ... import redacted
from ...approval import approval_document
from ...canonical import encode
from ...documents import PRIVATE, Modes, read_bytes, write_changed
from ...errors import AvshiftError
from ...fleet import document
from ...record import records
from ..run import fleet
from .names import Names, Pseudonyms
from .redactor import Redactor
from .vocabulary import known

READING = "Redacting documents"
KINDS = {document.KIND: "plan", approval_document.KIND: "approval", fleet.KIND: "report", records.KIND: "record"}
MOST_BYTES = document.MOST_BYTES


@dataclass(frozen=True)
class Made:
    """Absolute paths of what was, or would be, written, by the path of what it was made from; what was left out.

    ``is_new`` is False where every one was there with its content already.
    """

    paths: dict[str, str]
    left_out: list[str]
    is_new: bool


def make(sources: list[str], output_dir: str, modes: Modes = PRIVATE, dry_run: bool = False) -> Made:
    """Write the redacted form of every record, plan, approval and report in ``sources``, files or folders.

    A host, user or address is called the same in all of them. Files of other kinds are left out, and named.
    Raises AvshiftError if there is nothing to redact, one is damaged or redacted already, or cannot be read or written.
    """
    home = _real(output_dir)
    found, left_out = _documents(sources, home)
    if not found:
        cause = "there is no record, plan, approval or report"
        raise _wrong("nothing_to_redact", ", ".join(sources), cause, "Give the files or folders that a run wrote.")
    pseudonyms, words = Pseudonyms(), known()
    names = Names(pseudonyms, words)
    for path in found:
        pseudonyms.avoid(_text(path))
    for path in found:
        names.look(_content(path))
    redactor = Redactor(pseudonyms, words)
    folders = {path: _folder(home, redactor.text(path.parent.name)) for path in found}
    paths: dict[str, str] = {}
    is_new = False
    for path in found:
        made = redactor.document(_content(path))
        target = _free(folders[path], _stem(made), set(paths.values()))
        paths[str(path)] = str(target)
        is_new |= write_changed(str(target.parent), {target.name: encode(made)}, modes, dry_run)[1]
    return Made(paths, left_out, is_new)


def _real(path: str) -> Path:
    """Return a path without links and dots: where each of two paths leads is compared, and what its folder is called
    becomes a name.
    """
    return Path(os.path.realpath(path))


def _folder(home: Path, name: str) -> Path:
    """Return a folder of redacted documents; one that is a link could lead to the originals."""
    folder = home / name
    if folder.is_symlink():
        cause = "it is a link, and what it leads to would be overwritten"
        raise _wrong("not_written", str(folder), cause, "Remove it, or give another folder.")
    return folder


def _documents(sources: list[str], home: Path) -> tuple[list[Path], list[str]]:
    """Return the paths of what is of a kind that can be redacted, and those of other files."""
    found: list[Path] = []
    left_out: list[str] = []
    for path in _files(sources, home):
        if path.suffix == ".json" and _is_redactable(path):
            found.append(path)
        else:
            left_out.append(str(path))
    return found, left_out


def _files(sources: list[str], home: Path) -> Iterator[Path]:
    """Yield every file once; what was written by an earlier call lies in ``home``, and is no source."""
    seen = set()
    for source in sources:
        given = _real(source)
        if not given.exists():
            raise _wrong("file_unreadable", source, "it is not there", "Give files or folders that can be read.")
        for path in [given] if given.is_file() else sorted(given.rglob("*")):
            if path.is_file() and path not in seen and home not in path.parents:
                seen.add(path)
                yield path


def _is_redactable(path: Path) -> bool:
    content = _content(path)
    redacted.refuse(content, READING, str(path))
    kind = KINDS.get(str(content.get("kind"))) if isinstance(content, dict) else None
    if kind == "record" and not isinstance(content.get("host"), str):
        raise _wrong("file_damaged", str(path), "it is a record of no host", "Leave it out, or make it again.")
    return kind is not None


def _text(path: Path) -> str:
    try:
        return read_bytes(path, MOST_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong("file_unreadable", str(path), error, "Give files or folders that can be read.") from error


def _content(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        cause = f"it is not complete JSON ({error})"
        raise _wrong("file_damaged", str(path), cause, "Leave it out, or make it again.") from error


def _stem(made: dict[str, Any]) -> str:
    """Return what a redacted document's file is called: a record as its host is, another as its kind."""
    kind = KINDS[made["kind"].removesuffix(redacted.ENDING)]
    return str(made["host"]) if kind == "record" else kind


def _free(folder: Path, stem: str, taken: set[str]) -> Path:
    """Return a path in a folder that no document has yet."""
    numbers = itertools.count(2)
    target = folder / f"{stem}.json"
    while str(target) in taken:
        target = folder / f"{stem}-{next(numbers)}.json"
    return target


def _wrong(code: str, subject: str, cause: object, remedy: str) -> AvshiftError:
    return AvshiftError(code, READING, subject, cause, remedy)
