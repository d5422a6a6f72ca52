"""Points in time as text: only days that exist, and their order."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from ansible_collections.avshift.endpoint.plugins.module_utils.prove.vendor import _hours_since_date
from ansible_collections.avshift.endpoint.plugins.plugin_utils.times import end_of, is_after, is_time
from hypothesis import given
from hypothesis import strategies as st

SECOND = "%Y-%m-%dT%H:%M:%SZ"
SECONDS = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2900, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2026-11-30", "2026-11-30T23:59:59Z"),
        ("2028-02-29", "2028-02-29T23:59:59Z"),
        ("2026-11-30T04:05:06Z", "2026-11-30T04:05:06Z"),
        ("2026-02-29", None),
        ("2026-11-31", None),
        ("2026-13-01", None),
        ("0000-01-01", None),
        ("2026-1-1", None),
        ("2026-11-30T24:00:00Z", None),
        ("2026-11-30T23:59:60Z", None),
        ("2026-11-30T23:60:00Z", None),
        ("2026-11-30T04:05:06", None),
        ("2026-11-30T04:05:06+00:00", None),
        ("2026-11-30 04:05:06Z", None),
        ("2026-11-30\n", None),
        (" 2026-11-30", None),
        ("٢٠٢٦-11-30", None),
        ("", None),
        (20261130, None),
        (None, None),
    ],
)
def test_end_of_a_day_and_of_a_second(text: object, end: str | None) -> None:
    assert end_of(text) == end
    if isinstance(text, str):
        assert is_time(text) is (text == end)


@given(SECONDS, SECONDS, st.integers(min_value=0, max_value=10**8))
def test_after_is_more_seconds_than_these(one: datetime, other: datetime, seconds: int) -> None:
    told = is_after(one.strftime(SECOND), other.strftime(SECOND), seconds)
    assert told is ((one - other).total_seconds() > seconds)


@given(st.dates(min_value=datetime(1971, 1, 1).date(), max_value=datetime(2900, 1, 1).date()), SECONDS)
def test_hours_since_a_date_begin_with_its_day_in_utc(day: object, now: datetime) -> None:
    begun = datetime.fromisoformat(str(day))
    whole = (now - begun) // timedelta(hours=1)
    assert _hours_since_date(f"databases of {day}", (now - datetime(1970, 1, 1)).total_seconds()) == whole


@pytest.mark.parametrize("text", ["2026-02-30", "20261301", "0000-01-01", "never", ""])
def test_no_date_has_no_hours(text: str) -> None:
    assert _hours_since_date(text, 0.0) is None
