"""Times for people: rounded down, so that nobody is told of time that is not there."""

from __future__ import annotations

import pytest

from plurichain.bidding.moments import format_span, format_time

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("span_ns", "text"),
    [
        (-5, "0 ms"),
        (0, "0 ms"),
        (999_999_999, "999 ms"),
        (SECOND, "1.0 s"),
        (1_999_999_999, "1.9 s"),
        (60 * SECOND - 1, "59.9 s"),
        (60 * SECOND, "1 min 0 s"),
        (3600 * SECOND - 1, "59 min 59 s"),
        (3600 * SECOND, "1 h 0 min"),
        (86_400 * SECOND - 1, "23 h 59 min"),
        (51 * 3600 * SECOND, "2 d 3 h"),
    ],
)
def test_spans(span_ns: int, text: str) -> None:
    assert format_span(span_ns) == text


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_780_308_000_250_999_999, "2026-06-01T10:00:00.250Z"),
    ],
)
def test_times(time_ns: int, text: str) -> None:
    assert format_time(time_ns) == text
