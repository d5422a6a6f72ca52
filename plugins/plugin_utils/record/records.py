# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One JSON document a host, the same for a dry run and a real one. A folder of them is all that a report needs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..canonical import encode
from ..errors import AvshiftError
from . import versions
from .quick import parse

FORMAT_VERSION = 2
KIND = "avshift.endpoint record"


def compose(host: str, mode: str, run: dict[str, Any], verdict: str, **content: Any) -> dict[str, Any]:
    """Return a host's record.

    ``mode`` is plan, migrate or verify; ``run`` is {change_id, time, collection_version, catalog_digest}.
    ``content`` is what there is of plan, approval, outcomes, window_seconds, verification, exceptions, failure.
    """
    empty: dict[str, Any] = {
        "plan": None,
        "approval": None,
        "outcomes": {},
        "window_seconds": None,
        "verification": None,
        "exceptions": [],
        "failure": None,
    }
    return {
        "format_version": FORMAT_VERSION,
        "kind": KIND,
        "host": host,
        "mode": mode,
        "run": run,
        "verdict": verdict,
        **empty,
        **content,
    }


def collected_in(record: dict[str, Any]) -> dict[str, Any]:
    """Return what the last look at a record's host gave, as kaspersky_info returns it; empty if there was none."""
    return (record["verification"] or {}).get("collected") or {}


def path_of(folder: str, host: str) -> Path:
    """Return where a host's record lies; whatever the host is called, it is one file in that folder."""
    return Path(folder) / f"{quote(host, safe='')}.json"


def write(path: Path, record: dict[str, Any]) -> None:
    """Write a record so that it is there in full or not at all."""
    write_text(path, encode(record))


def write_text(path: Path, text: str) -> None:
    """Write a document of the controller in one go; AvshiftError if that cannot be done."""
    write_texts(path, (text,))


def write_texts(path: Path, texts: Iterable[str]) -> None:
    """Write a document that comes in pieces, so that it is there in full or not at all."""

    def write_draft(draft: Path) -> None:
        with draft.open("w", encoding="utf-8", errors="backslashreplace") as document:
            document.writelines(texts)

    write_by(path, write_draft)


def write_by(path: Path, write_draft: Callable[[Path], None]) -> None:
    """Have a document written to a draft beside it, which takes its place when it is there in full."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_draft(draft)
        draft.replace(path)
    except OSError as error:
        raise _not_written(path, error) from error


def remove(path: Path) -> str:
    """Remove a document of an earlier time, if there is one, and return ''."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _not_written(path, error) from error
    return ""


def _not_written(path: Path, error: OSError) -> AvshiftError:
    return AvshiftError(
        "not_written", "Writing a document", str(path), error.strerror or error, "Give a folder that can be written."
    )


def read(folder: str) -> Iterator[tuple[str, dict[str, Any] | None, str]]:
    """Yield (file name, record or None, why it could not be read) of each record in a folder, by name.

    Raises AvshiftError if there is no such folder.
    """
    for name in names(folder):
        record, problem = read_one(Path(folder) / name)
        yield name, record, problem


def names(folder: str) -> list[str]:
    """Return the names of a folder's records, sorted. Raises AvshiftError if there is no such folder."""
    home = Path(folder)
    if not home.is_dir():
        raise AvshiftError(
            "records_missing",
            "Reading records",
            folder,
            "there is no such folder",
            "Give the folder that a run wrote its records to.",
        )
    return sorted(name for name in os.listdir(home) if name.endswith(".json"))


def read_one(path: str | Path) -> tuple[dict[str, Any] | None, str]:
    """Return (record or None, why it could not be read). One of an older format version is returned as a new one."""
    try:
        with open(path, "rb", buffering=0) as file:
            record = parse(file.read())
    except (OSError, ValueError, RecursionError) as error:
        return None, f"it cannot be read as JSON ({error})"
    if not isinstance(record, dict) or record.get("kind") != KIND:
        return None, "it is not a record of avshift.endpoint"
    return versions.upgraded(record, FORMAT_VERSION)
