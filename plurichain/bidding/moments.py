"""Times for people: how long until or since, and when in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

SECOND_NS = 1_000_000_000


def format_time(time_ns: int) -> str:
    """Return a Unix time in nanoseconds as `2026-06-01T10:00:00.250Z`."""
    seconds, rest_ns = divmod(time_ns, SECOND_NS)
    moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{rest_ns // 1_000_000:03}Z"


def format_span(span_ns: int) -> str:
    """Return a length of time, rounded down to what a person reads: `2 d 3 h`, `250 ms`."""
    if span_ns < SECOND_NS:
        return f"{max(span_ns, 0) // 1_000_000} ms"
    if span_ns < 60 * SECOND_NS:
        tenths = span_ns // (SECOND_NS // 10)
        return f"{tenths // 10}.{tenths % 10} s"
    minutes, seconds = divmod(span_ns // SECOND_NS, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s"
