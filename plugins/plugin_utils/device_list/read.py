# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the file of a device list: an export, or a list that the inventory has written."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone

from ..documents import read_bytes
from ..errors import AvshiftError
from ..times import utc
from . import document, export
from .device import DeviceList
from .wrong import READING, too_large

MOST_BYTES = 256 << 20
# What a written list begins with, whatever its indent.
BEGINNING = b"{"


def file(path: str, form: export.Form | None = None) -> DeviceList:
    """Return the list of a file, with the file's date where that is all that is known of an export's.

    Raises AvshiftError ``file_unreadable``, ``device_list_wrong`` or ``device_list_too_large``.
    """
    try:
        # A larger file is refused by its size, before any of it is read.
        changed, size = os.stat(path).st_mtime, os.stat(path).st_size
        if size > MOST_BYTES:
            raise too_large(path, f"it has {size:,} bytes, and at most {MOST_BYTES:,} are read")
        raw = read_bytes(path, MOST_BYTES)
    except OSError as error:
        remedy = "Give the path of a file that can be read."
        raise AvshiftError("file_unreadable", READING, path, error.strerror or error, remedy) from error
    written = _written(raw)
    if written is not None:
        return document.parse(written, path)
    if len(raw) > export.MOST_BYTES:
        raise too_large(path, f"it has {len(raw):,} bytes, and at most {export.MOST_BYTES:,} of an export are read")
    return export.parse(raw, path, utc(datetime.fromtimestamp(changed, timezone.utc)), form)


def _written(raw: bytes) -> object | None:
    """Return the content of a list that the inventory has written; None for anything else."""
    if raw.lstrip()[:1] != BEGINNING:
        return None
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return content if document.is_one(content) else None
