# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A workbook of tables, written row by row (ECMA-376, SpreadsheetML): no formula, no link, no macro can be in it.

Libraries take some 17 microseconds a cell, which is a minute for a fleet of 100,000 hosts; this takes a third of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO, Any
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

from ..escape import harmless

# What a sheet, a cell and a sheet's name can hold.
MOST_ROWS, LIMIT, NAME = 500_000, 32_000, 31
FAST = 1
DECLARED = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# The second format of a cell is bold, for headers.
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
Rows = Iterable[Sequence[Any]]


@dataclass(frozen=True)
class Table:
    """Rows below a header, with the widths of its columns in characters."""

    name: str
    header: Sequence[str]
    rows: Callable[[], Rows]
    widths: Sequence[int]


def write(file: IO[bytes], tables: Iterable[Table]) -> None:
    """Write a workbook with a sheet for each table, or more where one is full. The same rows give the same bytes.

    Raises OSError if that cannot be done.
    """
    names: list[str] = []
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=FAST) as book:
        for table in tables:
            rows, first, number = iter(table.rows()), True, 1
            begun: list[Sequence[Any]] = []
            while begun or first:
                names.append(table.name if first else f"{table.name[: NAME - 4]} {number}")
                of_sheet = chain(begun, islice(rows, MOST_ROWS - len(begun)))
                _put(book, f"xl/worksheets/sheet{len(names)}.xml", _sheet(table, of_sheet))
                begun, first, number = list(islice(rows, 1)), False, number + 1
        for name, text in _frame(names).items():
            _put(book, name, [text])


def _put(book: ZipFile, name: str, texts: Iterable[str]) -> None:
    with book.open(name, "w") as part:
        part.write(DECLARED)
        for text in texts:
            part.write(text.encode())


def _sheet(table: Table, rows: Rows) -> Iterator[str]:
    """Yield a sheet: its header stays in sight, and its columns can be filtered."""
    columns = [_column(number) for number in range(len(table.header))]
    yield f'<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
    yield '<pane xSplit="1" ySplit="1" topLeftCell="B2" activePane="bottomRight" state="frozen"/>'
    yield "</sheetView></sheetViews><cols>"
    for number, width in enumerate(table.widths, 1):
        yield f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
    yield "</cols><sheetData>"
    yield _row(1, columns, table.header, ' s="1"')
    last = 1
    for last, row in enumerate(rows, 2):
        yield _row(last, columns, row)
    yield f'</sheetData><autoFilter ref="A1:{columns[-1]}{last}"/></worksheet>'


def _row(number: int, columns: list[str], row: Sequence[Any], style: str = "") -> str:
    """Return a row; what is empty has no cell."""
    cells = [f'<row r="{number}">']
    for column, value in zip(columns, row, strict=True):
        shown = harmless(value, LIMIT)
        if isinstance(shown, str):
            if shown:
                text = escape(shown) if "<" in shown or "&" in shown or ">" in shown else shown
                cells.append(
                    f'<c r="{column}{number}"{style} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
                )
        else:
            cells.append(f'<c r="{column}{number}"{style}><v>{shown!r}</v></c>')
    cells.append("</row>")
    return "".join(cells)


def _column(number: int) -> str:
    """Return the letters of a column, from 0."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _frame(names: list[str]) -> dict[str, str]:
    """Return the parts of a workbook around its sheets: {path: XML}."""
    numbered = list(enumerate(names, 1))
    listed = "".join(f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>' for n, name in numbered)
    related = "".join(_relation(n, "worksheet", f"worksheets/sheet{n}.xml") for n, _name in numbered)
    typed = "".join(_typed(f"/xl/worksheets/sheet{n}.xml", "worksheet") for n, _name in numbered)
    relations = f'<Relationships xmlns="{PACKAGE}/relationships">'
    return {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/styles.xml": STYLES,
        "xl/_rels/workbook.xml.rels": relations + related + _relation(0, "styles", "styles.xml") + "</Relationships>",
        "_rels/.rels": relations + _relation(1, "officeDocument", "xl/workbook.xml") + "</Relationships>",
        "[Content_Types].xml": (
            f'<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            + '<Default Extension="xml" ContentType="application/xml"/>'
            + _typed("/xl/workbook.xml", "sheet.main")
            + _typed("/xl/styles.xml", "styles")
            + typed
            + "</Types>"
        ),
    }


def _relation(number: int, kind: str, target: str) -> str:
    return f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'


def _typed(part: str, kind: str) -> str:
    return f'<Override PartName="{part}" ContentType="{TYPE}.{kind}+xml"/>'
