# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Times of device lists, as text in UTC. An ambiguous time is not read."""

from __future__ import annotations

import re
from datetime import datetime, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..times import utc
from .wrong import wrong

ORDERS = ("dmy", "mdy", "ymd")
CLOCK = r"(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(?: ?([AaPp])\.?[Mm]\.?)?)?"
ISO = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){CLOCK}", re.ASCII)
OTHER = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){CLOCK}", re.ASCII)
ZONE = re.compile(r" ?(Z|UTC|[+-]\d{2}:?\d{2})$", re.ASCII)
# Servers write these for "never".
FIRST, LAST = "1990-01-01T00:00:00Z", "2100-01-01T00:00:00Z"


def zone_of(name: str) -> tzinfo | None:
    """Return a time zone by its IANA name, None for ''. AvshiftError if the controller does not know it."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise wrong(name, "no such time zone is known here", "Give time_zone as Europe/Berlin or UTC.") from error


def read(text: str, zone: tzinfo | None = None, order: str = "") -> str:
    """Return a time in UTC; '' for one that is none, whose day could be a month, or whose zone is not known.

    ``zone`` counts where the text names none; ``order`` is how days and months stand: dmy, mdy or ymd, '' if unknown.
    """
    named = ZONE.search(text)
    bare = text[: named.start()] if named and ":" in text[: named.start()] else text
    parts = _parts(bare.strip(), order)
    where = _offset(named[1]) if named and bare is not text else zone
    if parts is None or where is None:
        return ""
    try:
        told = utc(datetime(*parts, tzinfo=where))
    except (ValueError, OverflowError):
        return ""
    return told if FIRST <= told < LAST else ""


def _offset(name: str) -> tzinfo | None:
    if name in ("Z", "UTC"):
        return timezone.utc
    try:
        return datetime.strptime(name, "%z").tzinfo
    except ValueError:
        return None


def _parts(text: str, order: str) -> tuple[int, int, int, int, int, int] | None:
    """Return year, month, day, hour, minute and second; None for another form, or where the order is not known."""
    if found := ISO.fullmatch(text):
        year, month, day, *clock = found.groups()
    elif found := OTHER.fullmatch(text):
        first, mark, second, year, *clock = found.groups()
        # Where dots stand between them the day comes first.
        told = order or ("dmy" if mark == "." else "mdy" if int(second) > 12 else "dmy" if int(first) > 12 else "")
        if told not in ("dmy", "mdy"):
            return None
        day, month = (first, second) if told == "dmy" else (second, first)
    else:
        return None
    if clock[0] is None:
        return None
    hour = int(clock[0])
    if clock[3]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if clock[3] in "Pp" else 0)
    return int(year), int(month), int(day), hour, int(clock[1]), int(clock[2] or 0)
