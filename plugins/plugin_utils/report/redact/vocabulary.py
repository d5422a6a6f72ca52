# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The collection's own words: they reveal nothing about its user."""

from __future__ import annotations

import errno
import functools
import os
import re
from collections.abc import Iterator
from pathlib import Path

# Letters and digits, joined by single dots and hyphens: kesl.service, real-time, 12.1.0-1297.
WORD = re.compile(r"\w+(?:[.-]\w+)*")
PARTS = re.compile(r"[^\W_]+")
HOME = Path(__file__).resolve().parents[3]
ROOMS, KINDS = ("plugin_utils", "module_utils"), {".py", ".yml", ".json"}
# These are a console's words in other languages, which users also use for their own names.
FOREIGN = {HOME / "plugin_utils" / "device_list" / "headings.py"}


@functools.cache
def known() -> frozenset[str]:
    """Return every word of the collection's code and catalog, and of the system's own errors, without case."""
    return frozenset(word.casefold() for text in _texts() for word in _words(text))


def _texts() -> Iterator[str]:
    yield from (os.strerror(number) for number in errno.errorcode)
    for room in ROOMS:
        for path in sorted((HOME / room).rglob("*")):
            if path.suffix in KINDS and path not in FOREIGN:
                yield path.read_text(encoding="utf-8")


def _words(text: str) -> Iterator[str]:
    for word in WORD.findall(text):
        yield word
        yield from PARTS.findall(word)
