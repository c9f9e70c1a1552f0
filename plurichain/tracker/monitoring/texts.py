"""Times, ages and names as a tired person reads them.

Ages are rounded down, never to nothing; a name that is cut keeps both its ends.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from plurichain.tracker.reading import End

SECOND_NS: Final = 10**9
_UNITS: Final = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_LONGEST_NAME: Final = 34
_LAST_YEAR_S: Final = 253_402_300_799
"""The last second of 9999; a chain may name any time."""


def format_instant(time_ns: int) -> str:
    """Return Unix nanoseconds as "2026-11-23 03:12:05Z"; what is beyond years in nanoseconds."""
    seconds = time_ns // SECOND_NS
    if not 0 <= seconds <= _LAST_YEAR_S:
        return f"{time_ns} ns"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def format_age(duration_ns: int | None) -> str:
    """Return a duration in its two greatest units, "2 d 3 h", "41 min", "0.4 s"; None: "?"."""
    if duration_ns is None:
        return "?"
    if duration_ns < 0:
        return f"-{format_age(-duration_ns)}"
    rest = duration_ns // SECOND_NS
    if rest < 10:
        return f"{rest}.{duration_ns // (SECOND_NS // 10) % 10} s"
    place = next(place for place, (_, size) in enumerate(_UNITS) if rest >= size)
    shown = []
    for name, size in _UNITS[place : place + 2]:
        count, rest = divmod(rest, size)
        if count:
            shown.append(f"{count} {name}")
    return " ".join(shown)


def name_end(end: End) -> str:
    """Return an end as people write it: transfer/channel-0; of IBC v2 the client's id."""
    return f"{end.port}/{end.channel}" if end.port else end.channel


def say_holding(amount: int, denom: str, least: int | None) -> str:
    """Return what a wallet that is low holds, in ``denom``, and the least it should, if known."""
    if not amount:
        return f"is empty: 0{denom}"
    return f"holds {amount}{denom}, less than {least}"


def shorten(name: str) -> str:
    """Return a long name without its middle; what is told apart stands at both ends."""
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:20]}…{name[-10:]}"
