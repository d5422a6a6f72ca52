# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Names as Windows compares them, and text as JSON can hold it."""

import re

HALVES = re.compile("[\ud800-\udfff]")
# What .NET writes to JSON in place of an unpaired surrogate.
REPLACEMENT = "\ufffd"


def folded(name):
    """Return the form that names have in common if they differ only in case: their capitals."""
    capital = name.upper()
    if len(capital) == len(name):
        return capital
    return "".join(char.upper() if len(char.upper()) == 1 else char for char in name)


def whole(text):
    """Return text without unpaired surrogates, which JSON parsers read in different ways."""
    return HALVES.sub(REPLACEMENT, text)


def wide(raw):
    """Return the text of little-endian UTF-16; an odd last byte is the lower half of a character, as in .NET."""
    raw = raw + b"\0" if len(raw) % 2 else raw
    return whole(raw.decode("utf-16-le", "surrogatepass"))
