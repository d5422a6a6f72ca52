# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rows of an exported list: where its headings are, and what separates its cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from .device import MOST_DEVICES
from .headings import plain
from .wrong import too_large, wrong

if TYPE_CHECKING:
    from _csv import Reader

DELIMITERS = {"tab": "\t", "semicolon": ";", "comma": ",", "pipe": "|"}
MOST_COLUMNS = 200
# Lines before the headings: a title, a date, the line by which a spreadsheet knows the delimiter.
MOST_BEFORE = 20
LONGEST_LINE = 100_000


@dataclass(frozen=True)
class Found:
    """Where a table begins: the number of its line of headings, its delimiter by name, and the headings."""

    line: int
    delimiter: str
    headings: list[str]


def find(text: str, path: str, given: str, fits: Callable[[list[str]], int]) -> Found:
    """Return where the headings are. ``given`` is the user's delimiter or ''; ``fits`` says how many are known.

    Raises AvshiftError where no line has a known heading.
    """
    choices = {given: DELIMITERS[given]} if given else DELIMITERS
    best: tuple[int, int, Found] | None = None
    for number, line in enumerate(islice(io.StringIO(text, newline=""), MOST_BEFORE)):
        for name, delimiter in choices.items():
            headings = _cells(line, delimiter)
            known = fits(headings)
            # More known headings count first, then more columns; the first line of several wins.
            if known and (best is None or (known, len(headings)) > best[:2]):
                best = (known, len(headings), Found(number, name, headings))
    if best is None:
        cause = "no line at its beginning has a heading that is known"
        raise wrong(path, cause, "Give a map of its headings with the option columns.")
    found = replace(best[2], headings=_whole(text, best[2]))
    if len(found.headings) > MOST_COLUMNS:
        raise too_large(path, f"it has more than {MOST_COLUMNS} columns")
    return found


def _whole(text: str, found: Found) -> list[str]:
    """Return all headings: one in quotes may be of several lines, and after a delimiter at the end there is none."""
    try:
        headings = next(_reader(text, found), found.headings)
    except csv.Error:
        return found.headings
    while headings and not headings[-1].strip():
        headings = headings[:-1]
    return headings


def _reader(text: str, found: Found, strict: bool = False) -> Reader:
    """Return a reader that stands before the headings."""
    lines = io.StringIO(text, newline="")
    for _line in range(found.line):
        next(lines, "")
    return csv.reader(lines, delimiter=DELIMITERS[found.delimiter], strict=strict)


def _cells(line: str, delimiter: str) -> list[str]:
    if len(line) > LONGEST_LINE:
        line = line[:LONGEST_LINE]
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def rows(text: str, path: str, found: Found) -> Iterator[tuple[int, list[str]]]:
    """Yield (number, cells) of each row below the headings that is not empty, and does not repeat them.

    Raises AvshiftError for a row that cannot be read, and past the number of devices that any fleet has.
    """
    reader, count = _reader(text, found, strict=True), 0
    headings = [plain(heading) for heading in found.headings]
    try:
        for cells in reader:
            # Lists of several groups that were put one below the other have their headings again and again.
            if any(cell.strip() for cell in cells) and [plain(cell) for cell in cells[: len(headings)]] != headings:
                count += 1
                if count > MOST_DEVICES:
                    raise too_large(path, f"it has more than {MOST_DEVICES:,} rows")
                yield found.line + reader.line_num, cells
    except csv.Error as error:
        remedy = "Correct the quotation marks there, or leave that column out and export it again."
        raise wrong(path, f"line {found.line + reader.line_num}: {error}", remedy) from error


def may_be_several(cells: list[str], found: Found) -> bool:
    """Return True if a row may have swallowed others. Consoles put no cell of a list with tabs in quotes, so that one
    may begin with a quotation mark, and end with the next one many rows below.
    """
    return found.delimiter == "tab" and any("\t" in cell and ("\n" in cell or "\r" in cell) for cell in cells)
