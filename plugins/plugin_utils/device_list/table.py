# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rows of an exported list: where its headings are, and what separates its cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from .device import MOST_DEVICES
from .wrong import too_large, wrong

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
    if len(best[2].headings) > MOST_COLUMNS:
        raise too_large(path, f"it has more than {MOST_COLUMNS} columns")
    return best[2]


def _cells(line: str, delimiter: str) -> list[str]:
    if len(line) > LONGEST_LINE:
        line = line[:LONGEST_LINE]
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def rows(text: str, path: str, found: Found) -> Iterator[tuple[int, list[str]]]:
    """Yield (number, cells) of each row below the headings that is not empty.

    Raises AvshiftError for a row that cannot be read, and past the number of devices that any fleet has.
    """
    lines = io.StringIO(text, newline="")
    for _line in range(found.line):
        next(lines, "")
    reader = csv.reader(lines, delimiter=DELIMITERS[found.delimiter], strict=True)
    count = 0
    try:
        next(reader, [])
        for cells in reader:
            if any(cell.strip() for cell in cells):
                count += 1
                if count > MOST_DEVICES:
                    raise too_large(path, f"it has more than {MOST_DEVICES:,} rows")
                yield found.line + reader.line_num, cells
    except csv.Error as error:
        raise wrong(path, f"line {found.line + reader.line_num}: {error}", "Export it again.") from error
