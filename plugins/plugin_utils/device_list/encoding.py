# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The text of an exported list: its encoding is recognised, or asked for, and never guessed."""

from __future__ import annotations

import codecs
from collections.abc import Callable

from .wrong import wrong

ENCODINGS = ("utf-8", "utf-16", "windows-1251", "windows-1252")
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ANOTHER = {b"PK\x03\x04": "an XLSX or ZIP file", b"\xd0\xcf\x11\xe0": "an XLS file", b"<?xml": "an XML file"}
SAVE = "Save it as text: CSV or TXT, separated by tabs, commas or semicolons."
HEAD = 4096
# In UTF-16 of any language at least one byte of so many is zero. Fewer zero bytes are those of a damaged file.
SELDOM, FEW = 50, 4


def decoded(raw: bytes, path: str, given: str, fits: Callable[[str], int]) -> tuple[str, str]:
    """Return (text, encoding). ``given`` is the user's word or ''; ``fits`` says how many headings of a text it knows.

    Raises AvshiftError if the file is not text, or its encoding cannot be determined.
    """
    for begin, what in ANOTHER.items():
        if raw.startswith(begin):
            raise wrong(path, f"it is {what}, which is not read", SAVE)
    name = given or _marked(raw) or _without_mark(raw, path, fits)
    if name == "utf-16" and not _marked(raw):
        name = _wide(raw) or name
    try:
        text = raw.decode("utf-8-sig" if name == "utf-8" else name)
    except (UnicodeError, LookupError) as error:
        raise wrong(path, f"it is not all {name}", "Give its encoding with the option encoding.") from error
    if "\x00" in text:
        raise wrong(path, "it holds a zero byte, which no text does", SAVE)
    return text.removeprefix("\ufeff"), name.removesuffix("-sig")


def _marked(raw: bytes) -> str:
    return next((name for mark, name in MARKS if raw.startswith(mark)), "")


def _without_mark(raw: bytes, path: str, fits: Callable[[str], int]) -> str:
    """Return the encoding of text without a mark: UTF-16 by its zero bytes, UTF-8 by its form, others by headings."""
    if wide := _wide(raw):
        return wide
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return _of_one_byte(raw, path, fits)
    return "utf-8"


def _wide(raw: bytes) -> str:
    """Return which UTF-16 a text without a mark is in, '' for none. In Cyrillic, only tabs, digits and ends of lines
    have a zero byte, always on the same side.
    """
    head = raw[: HEAD & ~1]
    first, second = head[::2].count(0), head[1::2].count(0)
    if min(first, second) * 10 >= max(first, second) or max(first, second) < max(FEW, len(head) // SELDOM):
        return ""
    return "utf-16-le" if second > first else "utf-16-be"


def _of_one_byte(raw: bytes, path: str, fits: Callable[[str], int]) -> str:
    """Return the encoding in which more headings are known than in the other."""
    known = {name: fits(raw[:HEAD].decode(name, "replace")) for name in ("windows-1251", "windows-1252")}
    best = max(known, key=lambda name: known[name])
    if list(known.values()).count(known[best]) > 1:
        cause = "it is not UTF-8, and its headings do not show whether it is windows-1251 or windows-1252"
        raise wrong(path, cause, "Give its encoding with the option encoding.")
    return best
