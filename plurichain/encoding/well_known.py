"""Protobuf's own messages for instants, durations and messages of any type.

Sources: google/protobuf/{timestamp,duration,any}.proto.
"""

from __future__ import annotations

from typing import Final

from plurichain.encoding.message import Message
from plurichain.encoding.protobuf import MessageWriter
from plurichain.errors import EncodingError

_BILLION: Final = 1_000_000_000
GO_ZERO_TIME_NS: Final = -62_135_596_800 * _BILLION
"""Go's zero time, 0001-01-01T00:00:00Z, as Unix nanoseconds: how an unset time is written."""


def encode_timestamp(time_ns: int) -> bytes:
    """Return a Timestamp of Unix nanoseconds; the nanoseconds part is never negative."""
    seconds, nanos = divmod(time_ns, _BILLION)
    return MessageWriter().write_int(1, seconds).write_int(2, nanos).finish()


def decode_timestamp(data: bytes) -> int:
    """Return the Unix nanoseconds of a Timestamp; raises EncodingError."""
    message = Message.read(data)
    nanos = message.get_int(2)
    if not 0 <= nanos < _BILLION:
        raise EncodingError(f"a timestamp has {nanos} nanoseconds")
    return message.get_int(1) * _BILLION + nanos


def encode_duration(duration_ns: int) -> bytes:
    """Return a Duration of nanoseconds from 0 up; raises EncodingError below 0."""
    if duration_ns < 0:
        raise EncodingError(f"a duration of {duration_ns} ns is below zero")
    return encode_timestamp(duration_ns)


def decode_duration(data: bytes) -> int:
    """Return the nanoseconds of a Duration from 0 up; raises EncodingError."""
    duration_ns = decode_timestamp(data)
    if duration_ns < 0:
        raise EncodingError(f"a duration of {duration_ns} ns is below zero")
    return duration_ns


def encode_any(type_url: str, value: bytes) -> bytes:
    """Return an Any that holds the message ``value`` of type ``type_url``."""
    return MessageWriter().write_text(1, type_url).write_bytes(2, value).finish()


def decode_any(data: bytes, *, type_url: str) -> bytes:
    """Return the message in an Any; raises EncodingError if it is of another type."""
    message = Message.read(data)
    found = message.get_text(1)
    if found != type_url:
        raise EncodingError(f"a message of type {found[:100]!r} is not {type_url}")
    return message.get_bytes(2)
