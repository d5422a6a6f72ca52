"""When hosts may start: whatever the clocks of a time zone do, only when the local time says so."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout import times
from ansible_collections.avshift.endpoint.plugins.plugin_utils.rollout.windows import (
    DAYS,
    Freeze,
    Window,
    clock,
    opening,
    utc,
)
from hypothesis import given
from hypothesis import strategies as st

# One that changes at 1:00 UTC, one at midnight of its own, one by half an hour, one that never does.
ZONES = ("Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Asia/Kolkata")
BERLIN = ZoneInfo("Europe/Berlin")


def _window(days: Any, start: str, end: str, zone: str = "Europe/Berlin") -> Window:
    return times.window({"days": days, "start": start, "end": end, "zone": zone}, "windows[0]")


def _at(text: str, zone: str = "Europe/Berlin", fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(timezone.utc)


NIGHT = _window("mon-fri", "22:00", "06:00")
SITUATIONS = [
    (NIGHT, "2026-11-27T21:59", False),  # a Friday
    (NIGHT, "2026-11-27T22:00", True),
    (NIGHT, "2026-11-28T05:59", True),  # Friday's window, on Saturday
    (NIGHT, "2026-11-28T06:00", False),
    (NIGHT, "2026-11-28T23:00", False),
    (NIGHT, "2026-11-30T03:00", False),  # Sunday has none
    (_window("all", "00:00", "24:00"), "2026-11-28T23:59", True),
    (_window("fri-mon", "10:00", "11:00"), "2026-11-29T10:30", True),
    (_window("fri-mon", "10:00", "11:00"), "2026-12-01T10:30", False),
    # 2:30 does not exist when clocks go forward, and exists twice when they go back.
    (_window("all", "02:15", "02:45"), "2026-03-29T03:20", False),
    (_window("all", "22:00", "02:30"), "2026-10-25T02:40", False),
    (_window("all", "02:30", "06:00"), "2026-10-25T02:10", False),
]


@pytest.mark.parametrize(("window", "at", "is_open"), SITUATIONS, ids=str)
def test_a_window_is_open_when_its_zone_s_clock_says_so(window: Window, at: str, is_open: bool) -> None:
    assert opening([window], [], _at(at)).is_open is is_open


MINUTES = st.integers(0, 24 * 60)
WINDOWS = st.builds(
    Window,
    st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    st.integers(0, 24 * 60 - 1),
    MINUTES,
    st.sampled_from(ZONES),
).filter(lambda window: window.start != window.end)
# These include the nights in which clocks change.
MOMENTS = st.datetimes(datetime(2026, 3, 1), datetime(2026, 11, 30)).map(lambda at: at.replace(tzinfo=timezone.utc))


def _says_so(window: Window, now: datetime) -> bool:
    """Return whether the local time is within a window of its weekday or of the day before."""
    local = now.astimezone(ZoneInfo(window.zone))
    minute, day = local.hour * 60 + local.minute, local.weekday()
    if window.start < window.end:
        return day in window.days and window.start <= minute < window.end
    return (day in window.days and minute >= window.start) or ((day - 1) % 7 in window.days and minute < window.end)


@given(windows=st.lists(WINDOWS, min_size=1, max_size=3), now=MOMENTS)
def test_it_is_open_only_if_a_clock_on_the_wall_says_so(windows: list[Window], now: datetime) -> None:
    found = opening(windows, [], now)
    if found.is_open:
        assert any(_says_so(window, now) for window in windows)
        assert found.until is None or found.until > now
    else:
        assert found.next is None or found.next > now


@given(window=WINDOWS, now=MOMENTS)
def test_the_next_opening_is_one_and_it_closes_when_it_is_said_to(window: Window, now: datetime) -> None:
    found = opening([window], [], now)
    if found.next:
        assert opening([window], [], found.next).is_open
        assert not opening([window], [], found.next - timedelta(seconds=1)).is_open
    if found.until:
        assert opening([window], [], found.until - timedelta(seconds=1)).is_open
        assert not opening([window], [], found.until).is_open


@given(window=WINDOWS, now=MOMENTS, days=st.integers(1, 40))
def test_nothing_is_open_in_frozen_days(window: Window, now: datetime, days: int) -> None:
    freeze = Freeze(now - timedelta(days=1), now + timedelta(days=days), "the year ends")
    found = opening([window], [freeze], now)
    assert not found.is_open
    assert "the year ends" in found.why
    assert found.next is None or found.next >= freeze.ends
    assert not opening([], [freeze], now).is_open
    assert opening([], [freeze], freeze.ends).is_open
    before = opening([], [freeze], freeze.begins - timedelta(hours=1))
    assert (before.is_open, before.until) == (True, freeze.begins)


@given(window=WINDOWS)
def test_a_window_is_read_as_it_is_written(window: Window) -> None:
    assert times.window(window.to_json(), "windows[0]") == window


@pytest.mark.parametrize(
    ("given_days", "expected"),
    [
        ("mon-fri", "mon tue wed thu fri"),
        ("weekend", "sat sun"),
        (["Monday", "SUN"], "mon sun"),
        ("sat-mon", "mon sat sun"),
        ("Thurs - Sat", "thu fri sat"),
    ],
    ids=str,
)
def test_days_are_taken_as_people_write_them(given_days: Any, expected: str) -> None:
    found = _window(given_days, "1:00", "2:00").days
    assert [DAYS[day] for day in found] == expected.split()


def test_times_that_yaml_has_made_numbers_of_are_times() -> None:
    found = times.window({"days": "all", "start": 1320, "end": "06:00", "zone": "UTC"}, "windows[0]")
    assert (clock(found.start), clock(found.end)) == ("22:00", "06:00")


WRONG = [
    ({"days": "all", "start": "1:00", "end": "2:00"}, "windows[0].zone: no zone is given"),
    ({"days": "all", "start": "1:00", "end": "2:00", "zone": "Mars/Olympus"}, "Mars/Olympus is not known"),
    ({"days": "all", "start": "1:00", "end": "2:00", "zone": "../../etc/passwd"}, "is not known on this controller"),
    ({"days": "all", "start": "1:00", "end": "1:00", "zone": "UTC"}, "it ends when it begins"),
    ({"days": "all", "start": 22, "end": "1:00", "zone": "UTC"}, "windows[0].start: 22 is no time of a day"),
    ({"days": "all", "start": "24:01", "end": "1:00", "zone": "UTC"}, "24:01 is no time of a day"),
    ({"days": "someday", "start": "1:00", "end": "2:00", "zone": "UTC"}, "someday is no day"),
    ({"days": "all", "from": "1:00", "end": "2:00", "zone": "UTC"}, "'from' is not known here"),
    *(
        ({"days": days, "start": "1:00", "end": "2:00", "zone": "UTC"}, "is no day")
        # Each of these would be Monday, or Monday alone, by its first letters; an empty list never.
        for days in ("month", "monkey", "mon fri", "mon–fri", "mon-", "mo", [], [""], "", None)
    ),
    *(
        ({"days": "all", "start": "1:00", "end": "2:00", "zone": zone}, "is whatever a controller is set to")
        for zone in ("localtime", "posixrules")
    ),
    ("nights", "'nights' is not known here"),
]


@pytest.mark.parametrize(("given_window", "words"), WRONG, ids=str)
def test_a_window_that_is_none_is_refused_by_its_place(given_window: Any, words: str) -> None:
    with pytest.raises(AvshiftError) as caught:
        times.window(given_window, "windows[0]")
    assert words in str(caught.value)
    assert caught.value.code == "rollout_unreadable"


@pytest.mark.parametrize(
    ("begins", "ends", "zone", "expected"),
    [
        ("2026-12-20", "2026-12-20", "Europe/Berlin", ("2026-12-19T23:00:00Z", "2026-12-20T23:00:00Z")),
        ("2026-12-20T18:00", "2027-01-02", "UTC", ("2026-12-20T18:00:00Z", "2027-01-03T00:00:00Z")),
        ("2026-10-25", "2026-10-25", "Europe/Berlin", ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")),
        # 2:30 is there twice when clocks go back, and never when they go forward.
        ("2026-10-25T02:30", "2026-10-25T02:30", "Europe/Berlin", ("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")),
        ("2026-03-29T02:30", "2026-03-29T03:00", "Europe/Berlin", ("2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z")),
        (
            datetime(2026, 12, 20).date(),
            datetime(2026, 12, 21, 1),
            "UTC",
            ("2026-12-20T00:00:00Z", "2026-12-21T01:00:00Z"),
        ),
    ],
    ids=str,
)
def test_frozen_days_end_with_their_last_one(begins: Any, ends: Any, zone: str, expected: tuple[str, str]) -> None:
    freeze = times.freeze({"from": begins, "until": ends, "why": "x", "zone": zone}, "freeze[0]")
    assert (utc(freeze.begins), utc(freeze.ends)) == expected
    assert times.freeze(freeze.to_json(), "freeze[0]") == freeze


@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "2026-12-20", "until": "2026-12-19", "why": "x"},
        {"from": "2026-02-30", "until": "2026-12-19", "why": "x"},
        {"from": "2026-02-01", "until": "2026-12-19"},
        {"from": "2026-02-01", "why": "x"},
        {"from": "soon", "until": "later", "why": "x"},
        {"from": "0001-01-01", "until": "2026-01-01", "why": "x", "zone": "Europe/Berlin"},
        {"from": "2026-01-01", "until": "9999-12-31", "why": "x"},
    ],
    ids=str,
)
def test_frozen_days_that_are_none_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(AvshiftError) as caught:
        times.freeze(wrong, "freeze[0]")
    assert caught.value.code == "rollout_unreadable"
