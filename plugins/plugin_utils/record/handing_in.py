# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hand a machine's own records in to a folder for the records of all, where one that counts more stays."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..documents import PRIVATE, Modes
from ..schema.answers import UNFIT
from . import records


def hand_in(folder: str, inbox: str, modes: Modes = PRIVATE, dry_run: bool = False) -> tuple[list[str], list[str]]:
    """Return (names of the records that were handed in, in words why others could not be read).

    A controller may have changed a host since: of two records of it, the one that counts is in the inbox afterwards.
    Raises AvshiftError if that cannot be written.
    """
    own, unread = _own(Path(folder))
    if dry_run or not own:
        return _newer(own, Path(inbox)), unread
    with records.alone(inbox, modes):
        new = _newer(own, Path(inbox))
        for name in new:
            records.write(Path(inbox) / name, own[name], modes)
    return new, unread


def _own(folder: Path) -> tuple[dict[str, dict[str, Any]], list[str]]:
    names = sorted(os.listdir(folder)) if folder.is_dir() else []
    read = {name: records.read_one(folder / name) for name in names if name.endswith(records.SUFFIX)}
    unread = [f"{folder / name} is not handed in: {problem}" for name, (_record, problem) in read.items() if problem]
    return {name: record for name, (record, _problem) in read.items() if record is not None}, unread


def _newer(own: Mapping[str, dict[str, Any]], inbox: Path) -> list[str]:
    """Return the names of the records that count and are not in the inbox; one there that cannot be read never does."""
    there = {name: records.read_one(inbox / name)[0] for name in own if (inbox / name).exists()}
    return [name for name, record in own.items() if not _stays(there.get(name), record)]


def _stays(there: dict[str, Any] | None, record: dict[str, Any]) -> bool:
    if there is None or there["host"] != record["host"]:
        return False
    try:
        return records.newest((there, record)) == there
    except UNFIT:
        return False
