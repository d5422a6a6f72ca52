# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""A registry value in the form of .NET: answers read the same, wherever they come from."""

import base64
import struct

from .letters import wide

NONE, TEXT, EXPANDED, BINARY, DWORD, DWORD_BIG, _LINK, TEXTS, _LIST, _FULL, _NEEDS, QWORD = range(12)
TYPES = {
    NONE: "None",
    TEXT: "String",
    EXPANDED: "ExpandString",
    BINARY: "Binary",
    DWORD: "DWord",
    TEXTS: "MultiString",
    QWORD: "QWord",
}
UNKNOWN = "Unknown"


def answered(kind, raw):
    """Return {type, data} of a value; for a type that .NET has no name for, data is None."""
    return {"type": TYPES.get(kind, UNKNOWN), "data": _data(kind, raw)}


def texts_of(value):
    """Return the texts in an answered value, in which a pattern may be searched."""
    data = value["data"]
    return [data] if isinstance(data, str) else data if isinstance(data, list) else []


def _data(kind, raw):
    if kind in (TEXT, EXPANDED):
        text = wide(raw)
        return text[:-1] if text.endswith("\0") else text
    if kind == TEXTS:
        return _texts(wide(raw))
    if kind == DWORD and len(raw) == 4:
        return struct.unpack("<i", raw)[0]
    if kind in (DWORD, QWORD) and len(raw) == 8:
        return struct.unpack("<q", raw)[0]
    if kind in (NONE, BINARY, DWORD, DWORD_BIG, QWORD):
        return {"base64": base64.b64encode(raw).decode("ascii")}
    return None


def _texts(joined):
    """Return a list of texts: each ends with a NUL, and a final NUL that ends the list is not one of them."""
    if not joined:
        return []
    found = joined[:-1].split("\0") if joined.endswith("\0") else joined.split("\0")
    # Only the last one can be the end of the list.
    return found[:-1] if found[-1] == "" else found
