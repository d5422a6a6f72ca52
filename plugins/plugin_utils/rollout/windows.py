# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When hosts may be started: windows by weekday and zone, which may pass midnight, and days that are frozen.

A moment is in a window only if the clock on a wall of its zone says so: where clocks are put back, a window is the
shorter of its two readings, and where they are put forward, an hour that is left out belongs to none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from ..times import utc

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOUR, DAY = 60, 24 * 60
# How many days to look ahead: the next opening is nearly always close.
NEAR, FAR = 10, 400
# Nowhere are clocks changed in these days.
ORDINARY = datetime(2026, 1, 14, tzinfo=timezone.utc)
FIRST, LAST = datetime.min.replace(tzinfo=timezone.utc), datetime.max.replace(tzinfo=timezone.utc)
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Window:
    """From a minute of some weekdays (0: Monday) to another, which is of the next day where it is not later."""

    days: tuple[int, ...]
    start: int
    end: int
    zone: str

    def to_json(self) -> dict[str, object]:
        """Return it as people write it."""
        days = [DAYS[day] for day in self.days]
        return {"days": days, "start": clock(self.start), "end": clock(self.end), "zone": self.zone}

    def __str__(self) -> str:
        """Return it in words."""
        days = "every day" if len(self.days) == len(DAYS) else ", ".join(DAYS[day] for day in self.days)
        return f"{days} {clock(self.start)}-{clock(self.end)} {self.zone}"


@dataclass(frozen=True)
class Freeze:
    """No host is started from a moment up to another one."""

    begins: datetime
    ends: datetime
    why: str

    def to_json(self) -> dict[str, object]:
        """Return it with moments in UTC."""
        return {"from": utc(self.begins), "until": utc(self.ends), "why": self.why}


@dataclass(frozen=True)
class Opening:
    """Whether hosts may be started now, until when, and if not, why and when next. None is never."""

    is_open: bool
    until: datetime | None
    next: datetime | None
    why: str = ""


def clock(minute: int) -> str:
    """Return a minute of a day as HH:MM."""
    return f"{minute // HOUR:02}:{minute % HOUR:02}"


def opening(windows: Iterable[Window], freezes: Iterable[Freeze], now: datetime) -> Opening:
    """Return whether hosts may be started now. Any of the windows will do, and no freeze may be in force."""
    windows, freezes = tuple(windows), tuple(freezes)
    near = _opening(windows, freezes, now, NEAR)
    is_sure = near.until is None or near.until < now + timedelta(days=NEAR // 2)
    return near if (near.next or near.is_open) and is_sure else _opening(windows, freezes, now, FAR)


def longest_of(windows: Iterable[Window]) -> int | None:
    """Return how many minutes the longest time is in which windows are open without a break; None without windows.

    Weeks in which no clock is changed are looked at.
    """
    windows = tuple(windows)
    spans = _joined(_spans(windows, ORDINARY, NEAR))
    return max((int((ends - begins).total_seconds()) // 60 for begins, ends in spans), default=None)


def _opening(windows: tuple[Window, ...], freezes: tuple[Freeze, ...], now: datetime, days: int) -> Opening:
    spans = _without(_joined(_spans(windows, now, days)) if windows else [(FIRST, LAST)], freezes)
    for begins, ends in spans:
        if begins <= now < ends:
            return Opening(True, None if ends == LAST else ends, None)
    upcoming = next((begins for begins, _ends in spans if begins > now), None)
    frozen = next((freeze for freeze in freezes if freeze.begins <= now < freeze.ends), None)
    why = f"changes are frozen until {utc(frozen.ends)}: {frozen.why}" if frozen else "no window is open"
    return Opening(False, None, upcoming, why)


def _spans(windows: tuple[Window, ...], now: datetime, days: int) -> Iterator[Span]:
    for window in windows:
        zone = ZoneInfo(window.zone)
        first = now.astimezone(zone).date() - timedelta(days=2)
        for number in range(days):
            day = first + timedelta(days=number)
            if day.weekday() in window.days and (span := _span(window, day, zone)):
                yield span


def _span(window: Window, day: date, zone: ZoneInfo) -> Span | None:
    """Return a window of a day, None where the clocks leave nothing of it."""
    later = window.end if window.end > window.start else window.end + DAY
    begins, ends = (_moments(day, minute, zone) for minute in (window.start, later))
    start, end = begins[-1], ends[0]
    if end <= start and ends[0] < ends[-1] and _is_twice(day, later, zone):
        end = ends[-1]
    return (start, end) if start < end else None


def _moments(day: date, minute: int, zone: ZoneInfo) -> list[datetime]:
    """Return both readings of a minute of a day in a zone, the earlier first; they are one on nearly all days."""
    return sorted(_local(day, minute, zone, fold).astimezone(timezone.utc) for fold in (0, 1))


def _is_twice(day: date, minute: int, zone: ZoneInfo) -> bool:
    """Return True if a clock says this twice; else, with two readings, it never does."""
    first, second = (_local(day, minute, zone, fold).astimezone(timezone.utc) for fold in (0, 1))
    return first < second


def _local(day: date, minute: int, zone: ZoneInfo, fold: int) -> datetime:
    at = day + timedelta(days=minute // DAY)
    return datetime(at.year, at.month, at.day, minute % DAY // HOUR, minute % HOUR, fold=fold, tzinfo=zone)


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for begins, ends in sorted(spans):
        if joined and begins <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(ends, joined[-1][1]))
        else:
            joined.append((begins, ends))
    return joined


def _without(spans: list[Span], freezes: Iterable[Freeze]) -> list[Span]:
    for freeze in freezes:
        cut = [[(begins, min(ends, freeze.begins)), (max(begins, freeze.ends), ends)] for begins, ends in spans]
        spans = [span for pair in cut for span in pair if span[0] < span[1]]
    return spans
