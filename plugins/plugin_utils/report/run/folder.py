# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write all documents of a report into its folder, each in full or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...policy.packs import Pack
from ...record import records
from . import comma, gather, junit, markdown
from .fleet import Report

TEXTS: dict[str, Callable[[Report], Iterator[str]]] = {
    "report.json": Report.text,
    "report.md": markdown.text,
    "report.csv": comma.text,
    "junit.xml": junit.text,
}


@dataclass(frozen=True)
class Made:
    """What was written: {name: path}, the totals, and the table for a terminal."""

    paths: dict[str, str]
    totals: dict[str, Any]
    lines: list[str]


def make(records_dir: str, output_dir: str, policies: tuple[Pack, ...]) -> Made:
    """Write the report of a folder of records. Raises AvshiftError if that cannot be read or the other not written."""
    home = Path(output_dir).absolute()
    with tempfile.TemporaryFile() as file:
        report = gather.gather(records_dir, policies, gather.Spool(file))
        for name in TEXTS:
            records.write_texts(home / name, TEXTS[name](report))
        return Made({name: str(home / name) for name in TEXTS}, report.head["totals"], markdown.lines(report))
