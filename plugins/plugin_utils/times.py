# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Points in time as text in UTC, YYYY-MM-DDTHH:MM:SSZ: their order is that of the text. The clock is read elsewhere."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from ..module_utils.agreed.times import SECOND

FORM = "a day as YYYY-MM-DD, valid to its end in UTC, or a time as YYYY-MM-DDTHH:MM:SSZ"
# strptime alone takes a month of one digit too.
_PATTERN = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}Z)?", re.ASCII)
LAST_SECOND = "T23:59:59Z"


def end_of(text: object) -> str | None:
    """Return the last second of what a text names, None if it does not have that form."""
    if not isinstance(text, str) or not _PATTERN.fullmatch(text):
        return None
    end = text if text.endswith("Z") else text + LAST_SECOND
    try:
        datetime.strptime(end, SECOND)
    except ValueError:
        return None
    return end


def is_time(text: object) -> bool:
    """Return True if this is text that names a point in time, to the second, of a day that exists."""
    return isinstance(text, str) and end_of(text) == text


def is_day(text: str) -> bool:
    """Return True if a text is a day that exists, as YYYY-MM-DD."""
    return end_of(text) == text + LAST_SECOND


def is_after(text: str, other: str, seconds: int) -> bool:
    """Return True if a point in time lies more than some seconds after another."""
    return _point(text) > _point(other) + timedelta(seconds=seconds)


def utc(moment: datetime) -> str:
    """Return a moment, which has a zone, as records have it."""
    return moment.astimezone(timezone.utc).strftime(SECOND)


def moment(text: str) -> datetime:
    """Return a point in time as records have it as a moment."""
    return datetime.strptime(text, SECOND).replace(tzinfo=timezone.utc)


def _point(text: str) -> datetime:
    return moment(end_of(text) or "")
