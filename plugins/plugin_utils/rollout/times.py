# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read windows and frozen days as people write them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..times import utc
from .amounts import plain, unreadable
from .windows import DAY, DAYS, HOUR, Freeze, Window

CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?", re.ASCII)
MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2}))?(Z?))?", re.ASCII)
MOST_MINUTES = 366 * DAY
NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Two controllers may differ in these.
OWN_TIMES = ("localtime", "posixrules", "posix/localtime", "right/localtime", "Factory")
WORKDAYS = {"weekdays": DAYS[:5], "weekend": DAYS[5:], "all": DAYS, "daily": DAYS}


def window(given: Any, place: str) -> Window:
    """Return a window; AvshiftError for one without a zone or a length, or with unknown words."""
    content = _content(given, ("days", "start", "end", "zone"), place)
    found = [clock(content.get(key), f"{place}.{key}") for key in ("start", "end")]
    if found[0] == found[1] or found[0] == DAY:
        raise unreadable(place, "it ends when it begins", 'For a whole day give "00:00" and "24:00".')
    return Window(
        _days(content.get("days", "all"), f"{place}.days"), found[0], found[1], _zone(content.get("zone"), place)
    )


def freeze(given: Any, place: str) -> Freeze:
    """Return a freeze: whole days including the last one, or from one moment to another."""
    content = _content(given, ("from", "until", "why", "zone"), place)
    zone = _zone(content.get("zone", "UTC"), place)
    try:
        begins = _moment(content.get("from"), zone, f"{place}.from", at_end=False)
        ends = _moment(content.get("until"), zone, f"{place}.until", at_end=True)
    except OverflowError as error:
        raise unreadable(place, "the calendar has no such day", "Give days such as 2026-12-24.") from error
    why = str(content.get("why") or "").strip()
    if not why:
        raise unreadable(f"{place}.why", "it is empty", "Say why; each run that it stops shows it.")
    if ends <= begins:
        raise unreadable(place, "it ends before it begins", "Give from and until in this order.")
    return Freeze(begins, ends, why)


def minutes(given: Any, place: str) -> int:
    """Return a number of minutes, of at most a year."""
    text = plain(given)
    if not re.fullmatch("[0-9]{1,7}", text, re.ASCII) or int(text) > MOST_MINUTES:
        raise unreadable(place, f"{given} is not a number of minutes", "Give a number such as 60.")
    return int(text)


def clock(given: Any, place: str) -> int:
    """Return the minute of a day. YAML has made a number of minutes of 22:00 where it stood without quotes."""
    if isinstance(given, int) and not isinstance(given, bool) and HOUR <= given <= DAY:
        return given
    match = CLOCK.fullmatch(str(given).strip())
    found = int(match[1]) * HOUR + int(match[2]) if match and int(match[2]) < HOUR else DAY + 1
    if found > DAY:
        raise unreadable(place, f"{given} is no time of a day", 'Give it in quotes, as "22:00".')
    return found


def _content(given: Any, keys: tuple[str, ...], place: str) -> dict[str, Any]:
    unknown = [key for key in given if key not in keys] if isinstance(given, dict) else [given]
    if unknown or not isinstance(given, dict):
        raise unreadable(place, f"{unknown[0]!r:.60} is not known here", f"Give a mapping of {', '.join(keys)}.")
    return given


def _days(given: Any, place: str) -> tuple[int, ...]:
    listed = given if isinstance(given, (list, tuple)) else str(given).replace(";", ",").split(",")
    found: set[int] = set()
    for word in (str(one).strip().lower() for one in listed or [""]):
        first, dash, last = (part.strip() for part in word.partition("-"))
        if word in WORKDAYS:
            found |= {DAYS.index(day) for day in WORKDAYS[word]}
        elif _is_day(first) and (_is_day(last) if dash else True):
            begin, end = (DAYS.index(name[:3]) for name in (first, last or first))
            found |= {day % 7 for day in range(begin, end + (1 if end >= begin else 8))}
        else:
            raise unreadable(place, f"{word} is no day", "Give such as mon-fri, [sat, sun], weekdays or all.")
    return tuple(sorted(found))


def _is_day(word: str) -> bool:
    """Return True for a day's name, or its beginning of three letters or more."""
    return len(word) > 2 and any(name.startswith(word) for name in NAMES)


def _zone(given: Any, place: str) -> str:
    name = str(given or "").strip()
    if name in OWN_TIMES:
        return _no_zone(place, f"{name} is whatever a controller is set to")
    try:
        return str(ZoneInfo(name).key) if name else _no_zone(place, "no zone is given")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _no_zone(place, f"the zone {name} is not known on this controller")


def _no_zone(place: str, cause: str) -> str:
    raise unreadable(f"{place}.zone", cause, "Give one such as Europe/Berlin; the package tzdata has them.")


def _moment(given: Any, zone: str, place: str, at_end: bool) -> datetime:
    """Return a moment; a day's beginning, or the end of that day. YAML has made dates of what looks like them."""
    if isinstance(given, datetime):
        given = utc(given) if given.tzinfo else given.isoformat(timespec="seconds")
    match = MOMENT.fullmatch(given.isoformat() if isinstance(given, date) else str(given or "").strip())
    try:
        day = date.fromisoformat(match[1] if match else "")
    except ValueError as error:
        remedy = "Give a day as 2026-12-24 or a time as 2026-12-24T18:00."
        raise unreadable(place, f"{given} is no day and no time", remedy) from error
    if match is None or match[2] is None:
        day += timedelta(days=int(at_end))
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(timezone.utc)
    minute, second = clock(match[2], place), int(match[3] or 0)
    at = datetime(day.year, day.month, day.day) + timedelta(minutes=minute, seconds=min(second, 59))
    where = timezone.utc if match[4] else ZoneInfo(zone)
    # Where a clock says it twice or never, the freeze is the longer of the two.
    both = sorted(at.replace(tzinfo=where, fold=fold).astimezone(timezone.utc) for fold in (0, 1))
    return both[-1] if at_end else both[0]
