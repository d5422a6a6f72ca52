# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A table for a terminal."""

from __future__ import annotations

from .escape import visible

WIDEST = 60


def table(header: list[str], rows: list[list[object]], widest: int = WIDEST) -> list[str]:
    """Return the lines of a table with columns as wide as their widest cell, of at most so many characters."""
    cells = [header, *[[visible(value, widest) for value in row] for row in rows]]
    widths = [max(len(line[column]) for line in cells) for column in range(len(header))]
    lines = [
        "  ".join(value.ljust(width) for value, width in zip(line, widths, strict=True)).rstrip() for line in cells
    ]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]
