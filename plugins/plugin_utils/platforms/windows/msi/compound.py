# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The streams of a package, which is a compound file. A hostile one costs no more than its own size allows."""

from __future__ import annotations

import io
import struct
from typing import Any

from .errors import DamagedError, NoReaderError

MAGIC, HEADER = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 512
FREE = 0xFFFFFFFA
IN_HEADER, MOST_STREAMS = 109, 10_000
# Errors of the library on a damaged file: its own are OSErrors, and it follows the tree by recursion.
BROKEN = (
    *(OSError, LookupError, TypeError, ValueError, AttributeError),
    *(ArithmeticError, AssertionError, RecursionError, struct.error),
)
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._"
PAIR, SINGLE, TABLE = 0x3800, 0x4800, 0x4840


def streams(content: bytes) -> dict[str, bytes]:
    """Return {name: bytes} of the streams whose name begins with ! as tables do.

    Raises DamagedError for an incomplete package, and NoReaderError if olefile is not installed on the controller.
    """
    olefile = _library()
    _check(content)
    found: dict[str, bytes] = {}
    # The limit covers everything that is read: names may be equal once they are decoded.
    room = len(content)
    try:
        with olefile.OleFileIO(io.BytesIO(content), raise_defects=olefile.DEFECT_INCORRECT) as package:
            entries = package.listdir()
            if len(entries) > MOST_STREAMS:
                raise DamagedError(f"it has more than {MOST_STREAMS:,} streams")
            for entry in entries:
                name = decoded(entry[-1])
                if len(entry) == 1 and name.startswith("!"):
                    found[name] = _stream(package, entry, room)
                    room -= len(found[name])
    except BROKEN as error:
        raise DamagedError(f"its streams cannot be read ({type(error).__name__}: {error})") from error
    return found


def _library() -> Any:
    try:
        import olefile  # type: ignore[import-untyped]
    except ImportError as error:
        words = "the Python package olefile (python3-olefile of Debian and Ubuntu) is not on the controller"
        raise NoReaderError(words) from error
    return olefile


def _check(content: bytes) -> None:
    """Refuse what claims more than there is, before the library believes it: sizes of sectors, counts, and chains."""
    if len(content) < HEADER or content[:8] != MAGIC:
        raise DamagedError("it is no compound file")
    version, _order, shift, small = struct.unpack_from("<HHHH", content, 26)
    if (version, shift) not in ((3, 9), (4, 12)) or small != 6:
        raise DamagedError("its sectors have a size that there is not")
    sectors = len(content) >> shift
    fats, difats = (struct.unpack_from("<I", content, place)[0] for place in (44, 72))
    if fats > sectors or difats > sectors:
        raise DamagedError("it claims more sectors than it holds")
    if fats > IN_HEADER + difats * ((1 << (shift - 2)) - 1):
        raise DamagedError("its list of sectors is shorter than it claims")
    _check_lists(content, shift, fats)


def _check_lists(content: bytes, shift: int, fats: int) -> None:
    """Refuse a list of sectors that is named twice, so that the whole list is no longer than the file."""
    held = [one for one in struct.unpack_from(f"<{IN_HEADER}I", content, 76) if one < FREE]
    place, seen = struct.unpack_from("<I", content, 68)[0], set()
    per = (1 << (shift - 2)) - 1
    while place < FREE:
        begin = (place + 1) << shift
        if place in seen or begin + (1 << shift) > len(content):
            raise DamagedError("the chain of its list of sectors does not end")
        seen.add(place)
        *more, place = struct.unpack_from(f"<{per + 1}I", content, begin)
        held += [one for one in more if one < FREE]
    if len(set(held)) != len(held) or len(held) < fats:
        raise DamagedError("its list of sectors is not whole")


def _stream(package: Any, entry: list[str], room: int) -> bytes:
    if package.get_size(entry) > room:
        raise DamagedError("its streams are larger than it is")
    told: bytes = package.openstream(entry).read()
    return told


def decoded(name: str) -> str:
    """Return a stream's name as tables use it: characters of 64 lie in pairs in one of the file's."""
    told = ""
    for char in name:
        code = ord(char)
        if PAIR <= code < SINGLE:
            told += ALPHABET[(code - PAIR) & 0x3F] + ALPHABET[(code - PAIR) >> 6]
        elif SINGLE <= code < TABLE:
            told += ALPHABET[code - SINGLE]
        else:
            told += "!" if code == TABLE else char
    return told
