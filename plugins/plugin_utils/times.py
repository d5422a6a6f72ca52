# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Points in time as text in UTC, YYYY-MM-DDTHH:MM:SSZ: their order is that of the text. The clock is read elsewhere."""

from __future__ import annotations

import calendar
import re

FORM = "a day as YYYY-MM-DD, which counts to its end in UTC, or a time as YYYY-MM-DDTHH:MM:SSZ"
_PATTERN = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})Z)?", re.ASCII)
LAST_SECOND = "T23:59:59Z"


def end_of(text: object) -> str | None:
    """Return the last second of what a text names, None if it does not have that form."""
    found = _PATTERN.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    if not (year and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]):
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    return found[0] if found[4] else found[0] + LAST_SECOND


def is_after(text: str, other: str, seconds: int) -> bool:
    """Return True if a point in time lies more than some seconds after another."""
    return _seconds(text) > _seconds(other) + seconds


def _seconds(text: str) -> int:
    return calendar.timegm(tuple(map(int, re.findall(r"\d+", end_of(text) or ""))))
