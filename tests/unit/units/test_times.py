"""Times as RFC 3339 writes them, exact to the nanosecond."""

from __future__ import annotations

import calendar
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.encoding.well_known import GO_ZERO_TIME_NS
from plurichain.errors import InputError
from plurichain.units import parse_time_ns


@pytest.mark.parametrize(
    ("text", "time_ns"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("1970-01-01T00:00:01.5Z", 1_500_000_000),
        ("1969-12-31T23:59:59.999999999Z", -1),
        ("2026-06-01T10:00:00.123456789Z", 1_780_308_000_123_456_789),
        ("0001-01-01T00:00:00Z", GO_ZERO_TIME_NS),
    ],
)
def test_times_are_exact(text: str, time_ns: int) -> None:
    """Before 1970 too, down to Go's zero time."""
    assert parse_time_ns(text) == time_ns


@given(st.datetimes(), st.integers(0, 10**9 - 1))
def test_seconds_and_nanoseconds_add_up(at: datetime.datetime, nanos: int) -> None:
    """Whatever the moment."""
    text = at.replace(microsecond=0).isoformat()

    assert parse_time_ns(f"{text}.{nanos:09d}Z") == calendar.timegm(at.timetuple()) * 10**9 + nanos


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-06-01",
        "2026-06-01T10:00:00",
        "2026-06-01T10:00:00+00:00",
        "2026-06-01 10:00:00Z",
        "2026-06-01T10:00:00.Z",
        "2026-06-01T10:00:00.1234567890Z",
        "2026-02-30T10:00:00Z",
        "2026-06-01T25:00:00Z",
        "0000-01-01T00:00:00Z",
        "２026-06-01T10:00:00Z",
        "2026-06-01T10:00:00Z\n",
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    """By the name of the field."""
    with pytest.raises(InputError, match="starts_at: "):
        parse_time_ns(text, field="starts_at")
