# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The packages that Windows Installer keeps of the products that would go: read, missing, damaged or not read."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any

from ..look import Look, why_not
from ..msi.contents import contents
from ..msi.errors import DamagedError, NoReaderError
from ..planning import LARGEST, is_path, packages
from .checks.packages import DAMAGED, MISSING, READ

UNREAD = "unread"
# How many entries of each list of a package are kept; the counts cover all of them.
MOST_TOLD = 20_000
GZIP = 31


def of(look: Look, wanted: set[str]) -> dict[str, dict[str, Any]]:
    """Return {ProductCode: package} of the wanted products whose package Windows Installer names."""
    answers = {read["path"].lower(): answer for read, answer in look.of_kind("content")}
    found = {}
    for code, name, path in packages(look):
        if code in wanted:
            found[code] = {"name": name, "path": path, **_read(path, answers.get(path.lower()))}
    return found


def _read(path: str, answer: dict[str, Any] | None) -> dict[str, Any]:
    """Return {state, why} of a package, and the content of its tables if they could be read."""
    try:
        told = contents(_bytes(path, answer))
    except DamagedError as error:
        return {"state": DAMAGED, "why": str(error)}
    except (NoReaderError, _UnreadError) as error:
        return {"state": UNREAD, "why": str(error)}
    except _MissingError as error:
        return {"state": MISSING, "why": str(error)}
    short = {kind: rows[:MOST_TOLD] if isinstance(rows, list) else rows for kind, rows in told.items()}
    return {"state": READ, "why": "", **short}


class _MissingError(Exception):
    """A package is not where it should be."""


class _UnreadError(Exception):
    """A package was not read."""


def _bytes(path: str, answer: dict[str, Any] | None) -> bytes:
    if not path:
        raise _MissingError("Windows Installer names no file")
    if not is_path(path):
        raise _UnreadError("it is not on a drive of the host")
    if answer is None:
        raise _UnreadError("it was not asked for")
    if "absent" in answer:
        raise _MissingError("there is no such file")
    if "gzip" not in answer:
        raise _UnreadError(why_not(answer) or "it is larger than what is read")
    return _unpacked(answer["gzip"], int(answer["size"]))


def _unpacked(packed: str, size: int) -> bytes:
    if size > LARGEST:
        raise _UnreadError("it is larger than what is read")
    try:
        unpacker = zlib.decompressobj(GZIP)
        content = unpacker.decompress(base64.b64decode(packed), LARGEST + 1)
    except (ValueError, binascii.Error, zlib.error) as error:
        raise _UnreadError(f"what came of it cannot be unpacked ({error})") from error
    if len(content) != size or not unpacker.eof:
        raise _UnreadError("its content has another length than announced")
    return content
