# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A list of devices as a console exports it: text with a line of headings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from . import headings, moments, table
from .device import FIELDS, TIMES, Device, DeviceList, Source, some, text_of
from .encoding import ENCODINGS, decoded
from .wrong import wrong

MOST_BYTES = 64 << 20
MOST_HEADINGS_SHOWN = 50


@dataclass(frozen=True)
class Form:
    """What the user says of an export, '' for what has to be detected: encoding, delimiter by name, {heading: field},
    time zone by its IANA name, and how days and months stand in dates (dmy, mdy, ymd).
    """

    encoding: str = ""
    delimiter: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    time_zone: str = ""
    date_order: str = ""


def parse(raw: bytes, path: str, time: str, form: Form | None = None) -> DeviceList:
    """Return the list that a file holds; ``time`` is the file's date, in UTC.

    Raises AvshiftError ``device_list_wrong`` or ``device_list_too_large``.
    """
    form = form or Form()
    own = _own(form, path)
    text, encoding = decoded(raw, path, form.encoding, lambda head: _known_in(head, own, form.delimiter))
    found = table.find(text, path, form.delimiter, lambda cells: _known(cells, own))
    language, map_ = headings.language_of(found.headings)
    columns = _columns(found.headings, {**map_, **own})
    reader = _Reader(columns, found, moments.zone_of(form.time_zone), form.date_order)
    devices = list(reader.devices(table.rows(text, path, found)))
    source = Source("export", path, time, hashlib.sha256(raw).hexdigest())
    preview = _preview(found, columns, reader)
    preview.update({"language": language or "unknown", "encoding": encoding, "devices": len(devices)})
    return DeviceList(source, devices, reader.gaps(), preview)


def _own(form: Form, path: str) -> dict[str, str]:
    """Return the user's map of headings. AvshiftError for an option that names something that does not exist."""
    odd = sorted({str(name) for name in form.columns.values()} - set(FIELDS))
    if odd:
        raise wrong(path, f"columns names no field of a device: {some(odd)}", f"Fields are {', '.join(FIELDS)}.")
    if form.encoding and form.encoding not in ENCODINGS:
        raise wrong(path, "no such encoding is read", f"Give encoding as one of {', '.join(ENCODINGS)}.")
    if form.delimiter and form.delimiter not in table.DELIMITERS:
        raise wrong(path, "no such delimiter is read", f"Give delimiter as one of {', '.join(table.DELIMITERS)}.")
    if form.date_order and form.date_order not in moments.ORDERS:
        raise wrong(path, "no such order of dates", f"Give date_order as one of {', '.join(moments.ORDERS)}.")
    return {headings.plain(heading): name for heading, name in form.columns.items()}


def _known(cells: list[str], own: dict[str, str]) -> int:
    """Return how many headings are known in the best matching language."""
    return max(headings.recognised(cells, {**known, **own}) for known in headings.LANGUAGES.values())


def _known_in(head: str, own: dict[str, str], delimiter: str) -> int:
    """Return how many known headings depend on the encoding: those with a letter outside ASCII."""
    marks = [table.DELIMITERS[delimiter]] if delimiter else table.DELIMITERS.values()
    lines = head.splitlines()[: table.MOST_BEFORE]
    cells = ([cell.strip('"') for cell in line.split(mark)] for line in lines for mark in marks)
    return max((_known([cell for cell in one if not cell.isascii()], own) for one in cells), default=0)


def _columns(found: list[str], known: dict[str, str]) -> dict[int, str]:
    """Return the field of each column; if two columns have the same field, the first counts."""
    columns: dict[int, str] = {}
    for number, heading in enumerate(found):
        name = known.get(headings.plain(heading))
        if name and name not in columns.values():
            columns[number] = name
    return columns


class _Reader:
    """Makes devices of rows, and keeps count of what could not be read."""

    def __init__(self, columns: dict[int, str], found: table.Found, zone: tzinfo | None, order: str) -> None:
        self._columns, self._found, self._zone, self._order = columns, found, zone, order
        self._width = len(found.headings)
        self.short: list[int] = []
        self.several: list[int] = []
        self.unnamed: list[int] = []
        self.times_not_read = 0

    def devices(self, rows: Iterator[tuple[int, list[str]]]) -> Iterator[Device]:
        """Yield the device of each row that has a name."""
        for number, cells in rows:
            if len(cells) < self._width or any(cell.strip() for cell in cells[self._width :]):
                self.short.append(number)
            elif table.may_be_several(cells, self._found):
                self.several.append(number)
            device = Device(**{name: self._value(name, cells[column]) for column, name in self._in(cells)})
            if device.is_named:
                yield device
            else:
                self.unnamed.append(number)

    def _in(self, cells: list[str]) -> Iterator[tuple[int, str]]:
        return ((column, name) for column, name in self._columns.items() if column < len(cells))

    def _value(self, name: str, cell: str) -> str:
        if name not in TIMES:
            return text_of(cell)
        told = moments.read(cell.strip(), self._zone, self._order)
        self.times_not_read += bool(cell.strip()) and not told
        return told

    def gaps(self) -> list[str]:
        """Return why devices may be missing."""
        told = []
        if self.short:
            told.append(f"{len(self.short)} rows do not fit the headings, the first in line {self.short[0]}")
        if self.several:
            told.append(
                f"{len(self.several)} rows may be several, which a quotation mark joins, the first ends in line "
                f"{self.several[0]}"
            )
        if self.unnamed:
            told.append(f"{len(self.unnamed)} rows name no device, the first in line {self.unnamed[0]}")
        return told


def _preview(found: table.Found, columns: dict[int, str], reader: _Reader) -> dict[str, Any]:
    """Return what was recognised, ignored and missing."""
    shown = [text_of(heading)[:100] for heading in found.headings]
    ignored = [heading for number, heading in enumerate(shown) if number not in columns]
    return {
        "delimiter": found.delimiter,
        "recognised": {shown[number]: name for number, name in columns.items()},
        "ignored": ignored[:MOST_HEADINGS_SHOWN],
        "missing": [name for name in FIELDS if name not in columns.values()],
        "times_not_read": reader.times_not_read,
    }
