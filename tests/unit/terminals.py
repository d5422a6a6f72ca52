"""A simulated terminal that keeps what a person sees on it and above it."""

from __future__ import annotations

import re

TOKEN = re.compile(r"\x1b\[(\d*)([AJm])|(\r)|(\n)|([^\x1b\r\n]+)")


class Terminal:
    """Lines that were ever shown; only the last ``rows`` can be changed."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.lines, self._row, self._column = [""], 0, 0

    def write(self, text: str) -> None:
        """Take a text; every character of it is one that this terminal knows."""
        end = 0
        for token in TOKEN.finditer(text):
            assert token.start() == end, repr(text[end : token.start()])
            end = token.end()
            number, letter, back, newline, words = token.groups()
            if letter == "A":
                self._row = max(len(self.lines) - self.rows, self._row - int(number), 0)
            elif letter == "J":
                del self.lines[self._row + 1 :]
                self.lines[self._row] = self.lines[self._row][: self._column]
            elif back:
                self._column = 0
            elif newline:
                self._feed()
            self._put(words or "")
        assert end == len(text), repr(text[end:])

    def _feed(self) -> None:
        self._row, self._column = self._row + 1, 0
        if self._row == len(self.lines):
            self.lines.append("")

    def _put(self, words: str) -> None:
        while words:
            if self._column == self.columns:
                self._feed()
            now, words = words[: self.columns - self._column], words[self.columns - self._column :]
            line, end = self.lines[self._row], self._column + len(now)
            self.lines[self._row] = line[: self._column].ljust(self._column) + now + line[end:]
            self._column = end

    @property
    def text(self) -> str:
        """Everything that can be seen, including by scrolling back."""
        return "\n".join(self.lines)
