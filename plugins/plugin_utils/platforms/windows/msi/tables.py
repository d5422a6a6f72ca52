# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tables of a package: they are stored column by column, and texts are numbers in a pool."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from .compound import streams
from .errors import DamagedError

Row = tuple["str | int | None", ...]
POOL, TEXTS, COLUMNS = "!_StringPool", "!_StringData", "!_Columns"
# A column's type: text, stream, or how many bytes a number has.
TEXT, NULLABLE, KEY, BINARY, WIDTH = 0x0800, 0x1000, 0x2000, 0x0900, 0xFF
LONG_REFERENCES, NEUTRAL, UTF8 = 1 << 31, 0, 65001
MOST_TEXTS, MOST_VALUES, MOST_COLUMNS, MOST_TABLES = 1_000_000, 3_000_000, 255, 1000
# The columns of the two tables that describe the others.
OF_COLUMNS = (0x0D40, 0x1502, 0x0D40, 0x1502)


@dataclass(frozen=True)
class Table:
    """A table: the names of its columns, and its rows; a value that is a stream is None."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def named(self, *names: str) -> Iterator[Row]:
        """Yield the values of some columns for each row; None for a column that does not exist."""
        places = [self.columns.index(name) if name in self.columns else -1 for name in names]
        for row in self.rows:
            yield tuple(row[place] if place >= 0 else None for place in places)


@dataclass
class _Pool:
    """The texts that rows name by number, and how many more values may be made of a package."""

    texts: list[str | None]
    width: int
    room: int = MOST_VALUES

    def text(self, number: int) -> str | None:
        if number >= len(self.texts):
            raise DamagedError("a row names a text that is not in its pool")
        return self.texts[number]

    def take(self, values: int) -> None:
        self.room -= values
        if self.room < 0:
            raise DamagedError(f"its tables hold more than {MOST_VALUES:,} values")


def tables(content: bytes) -> dict[str, Table]:
    """Return every table of a package by name.

    Raises DamagedError for an incomplete package or one that holds too much.
    """
    found = streams(content)
    if not {POOL, TEXTS, COLUMNS} <= set(found):
        raise DamagedError("it has no tables of a package")
    pool = _pool(found[POOL], found[TEXTS])
    layout: dict[str, dict[int, tuple[str, int]]] = {}
    for table, number, name, kind in _rows(found[COLUMNS], list(OF_COLUMNS), pool):
        if (
            not isinstance(table, str)
            or not isinstance(name, str)
            or not isinstance(number, int)
            or not isinstance(kind, int)
        ):
            raise DamagedError("its list of columns is damaged")
        layout.setdefault(table, {})[number] = (name, kind & 0xFFFF)
    if len(layout) > MOST_TABLES:
        raise DamagedError(f"it has more than {MOST_TABLES:,} tables")
    return {name: _table(found.get(f"!{name}", b""), columns, pool) for name, columns in sorted(layout.items())}


def _table(stream: bytes, columns: dict[int, tuple[str, int]], pool: _Pool) -> Table:
    if len(columns) > MOST_COLUMNS:
        raise DamagedError(f"a table has more than {MOST_COLUMNS} columns")
    ordered = [columns[number] for number in sorted(columns)]
    return Table(tuple(name for name, _kind in ordered), tuple(_rows(stream, [kind for _name, kind in ordered], pool)))


def _width(kind: int, pool: _Pool) -> int:
    if kind & TEXT:
        return 2 if _is_stream(kind) else pool.width
    return 2 if kind & WIDTH <= 2 else 4


def _is_stream(kind: int) -> bool:
    return kind & ~NULLABLE & ~KEY & 0xFFFF == BINARY


def _rows(stream: bytes, kinds: list[int], pool: _Pool) -> Iterator[Row]:
    widths = [_width(kind, pool) for kind in kinds]
    size = sum(widths)
    if len(stream) % size:
        raise DamagedError("a table has no whole number of rows")
    count = len(stream) // size
    pool.take(count * len(kinds))
    made = []
    begin = 0
    for kind, width in zip(kinds, widths, strict=True):
        numbers = _numbers(stream[begin : begin + width * count], width)
        made.append([_value(number, kind, width, pool) for number in numbers])
        begin += width * count
    yield from zip(*made, strict=True)


def _numbers(column: bytes, width: int) -> list[int]:
    if width == 3:
        return [int.from_bytes(column[at : at + 3], "little") for at in range(0, len(column), 3)]
    return [number for (number,) in struct.iter_unpack("<I" if width == 4 else "<H", column)]


def _value(number: int, kind: int, width: int, pool: _Pool) -> str | int | None:
    if not number:
        return None
    if kind & TEXT:
        return None if _is_stream(kind) else pool.text(number)
    return number - (1 << (8 * width - 1))


def _pool(pool: bytes, data: bytes) -> _Pool:
    if len(pool) < 4 or len(pool) % 4:
        raise DamagedError("its pool of texts is damaged")
    header = struct.unpack_from("<I", pool)[0]
    codepage = header & ~LONG_REFERENCES
    codec = {NEUTRAL: "", UTF8: "utf-8"}.get(codepage, f"cp{codepage}")
    texts: list[str | None] = [None]
    place = 0
    for size, references in _sizes(pool):
        if place + size > len(data) or len(texts) > MOST_TEXTS:
            raise DamagedError("its pool claims more texts than there are")
        texts.append(_decoded(data[place : place + size], codec) if references else None)
        place += size
    return _Pool(texts, 3 if header & LONG_REFERENCES else 2)


def _sizes(pool: bytes) -> Iterator[tuple[int, int]]:
    """Yield (bytes, references) of each text; one that is too long for 16 bits has its size in the entry behind it."""
    entries = struct.iter_unpack("<HH", pool[4:])
    for size, references in entries:
        if size == 0 and references:
            low, high = next(entries, (0, 0))
            size = low | high << 16
        yield size, references


def _decoded(text: bytes, codec: str) -> str:
    """Return a text; if the package names no code page, as UTF-8 or else in the Western one."""
    try:
        return text.decode(codec or "utf-8", "replace" if codec else "strict")
    except UnicodeDecodeError:
        return text.decode("cp1252", "replace")
    except LookupError as error:
        raise DamagedError(f"it is written in a code page that is not known here ({codec})") from error
