# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write all documents of a report into its folder, each in full or not at all, and their checksums."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...catalog.packs import Pack
from ...documents import PRIVATE, Modes, remove, write_by, write_text, write_texts
from ...errors import AvshiftError
from ...record.console import Console
from . import comma, gather, html, junit, listed, markdown, oscal, poam, workbook
from .fleet import Report

WORKBOOK, SUMS = "report.xlsx", "SHA256SUMS"
# Those that take longest come first.
TEXTS: dict[str, Callable[[Report], Iterator[str]]] = {
    "oscal-assessment-results.json": oscal.text,
    "report.html": html.text,
    "report.md": markdown.text,
    "report.csv": comma.text,
    "reconciliation.csv": comma.compared,
    "junit.xml": junit.text,
    "oscal-poam.json": poam.text,
    "report.json": Report.text,
}
NAMES = (WORKBOOK, *TEXTS)
# For fewer hosts, the documents are written one after the other.
FEW_HOSTS = 1000
BLOCK = 1 << 20


@dataclass(frozen=True)
class Made:
    """What was written: {name: path}, the totals, what to show on a terminal, and what a device list came to."""

    paths: dict[str, str]
    totals: dict[str, Any]
    lines: list[str]
    compared: dict[str, int]


def make(
    records_dir: str,
    output_dir: str,
    policies: tuple[Pack, ...],
    modes: Modes = PRIVATE,
    console: Console | None = None,
    devices: listed.Listed | None = None,
) -> Made:
    """Write the report of a folder of records, with what the replacement's console says of hosts, and compared with
    a management server's list of devices.

    Raises AvshiftError if the records cannot be read or a document not be written.
    """
    home = Path(output_dir).absolute()
    with _spool() as spool:
        report = gather.gather(records_dir, policies, spool, console, devices)

        def write(name: str) -> tuple[str, str]:
            return name, _write(report, home / name, modes)

        few = report.head["totals"]["hosts"] < FEW_HOSTS
        sums = {name: digest for name, digest in gather.in_processes(write, list(NAMES), alone=few) if digest}
        listed = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
        write_text(home / SUMS, listed, modes)
        paths = {name: str(home / name) for name in (*sorted(sums), SUMS)}
        compared = (report.head["device_list"] or {}).get("counts", {})
        return Made(paths, report.head["totals"], markdown.lines(report), compared)


@contextlib.contextmanager
def _spool() -> Iterator[gather.Spool]:
    """Provide a place for what is known of hosts; AvshiftError where it, or what is made of it, finds no room."""
    try:
        with tempfile.TemporaryFile() as file:
            yield gather.Spool(file)
    except OSError as error:
        subject, cause = error.filename or "a temporary file", error.strerror or error
        remedy = "Make room in the folder for temporary files, or name another one in the variable TMPDIR."
        raise AvshiftError("not_written", "Making a report", str(subject), cause, remedy) from error


def sums(folder: str) -> dict[str, str]:
    """Return the SHA-256 of each document of a report that a folder holds, by name."""
    return {name: _digest(Path(folder) / name) for name in (*NAMES, SUMS) if (Path(folder) / name).is_file()}


def _write(report: Report, path: Path, modes: Modes) -> str:
    """Write one document and return its SHA-256; if there is none, remove an earlier one and return ''."""
    if path.name == WORKBOOK:
        write_by(path, lambda draft: workbook.write(report, draft), modes)
    else:
        write_texts(path, TEXTS[path.name](report), modes)
    return _digest(path) if path.stat().st_size else remove(path)


def _digest(path: Path) -> str:
    whole = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            whole.update(block)
    return whole.hexdigest()
