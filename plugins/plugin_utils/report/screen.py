# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A block of lines on a terminal that stays below all else that is written, and is redrawn in place."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable

ERASE = "\x1b[{}A\r\x1b[J"
MORE = "  … and more, in the records"
# Columns and rows below which a terminal does not say its size.
LEAST_COLUMNS, LEAST_ROWS = 20, 4


class Screen:
    """``write`` writes a text as it is; ``size`` returns columns and rows of the terminal."""

    def __init__(self, write: Callable[[str], None], size: Callable[[], tuple[int, int]]) -> None:
        self._write, self._size = write, size
        self._lines: list[str] = []
        self._drawn = 0

    def show(self, lines: Iterable[str]) -> None:
        """Show lines in the place of those that are shown."""
        columns, rows = self._size()
        width = max(columns, LEAST_COLUMNS) - 1
        folded = self._folded(lines, width)
        most = max(rows, LEAST_ROWS) - 2
        self._lines = folded if len(folded) <= most else [*folded[: most - 1], MORE[:width]]
        self._draw()

    def leave(self, lines: Iterable[str]) -> None:
        """Write lines in the place of those that are shown, for good."""
        self._lines = self._folded(lines, max(self._size()[0], LEAST_COLUMNS) - 1)
        self._draw()
        self._lines, self._drawn = [], 0

    def hide(self) -> None:
        """Show nothing until there is something new to show."""
        self.erase()
        self._lines = []

    def erase(self) -> None:
        """Make room for what another is about to write."""
        if self._drawn:
            self._write(ERASE.format(self._drawn))
        self._drawn = 0

    def redraw(self) -> None:
        """Show the lines again below what another has written."""
        if self._lines:
            self._draw()

    def _draw(self) -> None:
        if self._lines:
            back = ERASE.format(self._drawn) if self._drawn else ""
            self._write("".join([back, *(f"{line}\n" for line in self._lines)]))
        self._drawn = len(self._lines)

    @staticmethod
    def _folded(lines: Iterable[str], width: int) -> list[str]:
        """Return lines of which none is wider than the terminal, which would fold it and move all others."""
        folded: list[str] = []
        for line in lines:
            # A character of another script may take two columns.
            columns = width if line.isascii() else width // 2
            indent = "    " if line.startswith(" ") else "  "
            folded += textwrap.wrap(line, columns, subsequent_indent=indent, break_on_hyphens=False) or [""]
        return folded
