"""Unix seconds as people and denoms write them; always UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from plurichain.energy.fields import TIME_MAX
from plurichain.errors import InputError
from plurichain.units import quote_value

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2})(:[0-9]{2})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_SECONDS: Final = re.compile(r"0|[1-9][0-9]{0,11}")
_SECOND: Final = timedelta(seconds=1)


def format_second(time: int) -> str:
    """Return Unix seconds as `2026-06-01T10:15:00Z`."""
    return (_EPOCH + time * _SECOND).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_stamp(time: int) -> str:
    """Return Unix seconds as a denom writes them, `20260601T1015`; years below 1000 are padded."""
    moment = _EPOCH + time * _SECOND
    return f"{moment.year:04}{moment.month:02}{moment.day:02}T{moment.hour:02}{moment.minute:02}"


def parse_stamp(text: str) -> int | None:
    """Return the Unix seconds of a denom's `20260601T1015`, None if it is no such moment."""
    try:
        moment = datetime.strptime(text, "%Y%m%dT%H%M").replace(tzinfo=UTC)
    except ValueError:
        return None
    time = (moment - _EPOCH) // _SECOND
    # strptime takes shorter numbers too, and years before 1970.
    return time if time >= 0 and format_stamp(time) == text else None


def parse_second(text: str, *, field: str) -> int:
    """Return the Unix seconds of `2026-06-01T10:15Z`, of the same with an offset, or of digits.

    Raises InputError that names the field and the value: a time without a zone is refused.
    """
    if _SECONDS.fullmatch(text) and int(text) <= TIME_MAX:
        return int(text)
    match = _RFC3339.fullmatch(text)
    if match is not None:
        day, clock, seconds, zone = match.groups()
        written = f"{day}T{clock}{seconds or ':00'}{'+00:00' if zone in 'Zz' else zone}"
        try:
            time = (datetime.fromisoformat(written) - _EPOCH) // _SECOND
        except ValueError:
            time = -1
        if 0 <= time <= TIME_MAX:
            return time
    raise InputError(
        f"{field}: {quote_value(text)} is not a time",
        remedy="write it as 2026-06-01T10:15Z, with Z or an offset such as +02:00",
    )
