"""The rules of single fields (tests/vectors/README.md, Energy). Each raises EnergyError."""

from __future__ import annotations

import re
from typing import Final

from plurichain.encoding.canonical import encode_text
from plurichain.errors import EncodingError, EnergyError
from plurichain.units import U64_MAX, quote_value

MINUTE: Final = 60
TIME_MAX: Final = 253_402_300_740
"""The last whole minute of the year 9999, in Unix seconds."""

_ID: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_TECHNOLOGY: Final = re.compile(r"[a-z0-9_]{1,32}")
_CHAIN_ID: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,49}")
# What moves a cursor, turns the direction of text or cannot be seen.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def _refuse(field: str, value: str, rule: str) -> EnergyError:
    return EnergyError(f"{field}: {quote_value(value)} is not {rule}")


def validate_id(text: str, *, field: str) -> None:
    """Refuse what is no id of a device or an issuing body."""
    if _ID.fullmatch(text) is None:
        raise _refuse(field, text, "1 to 64 of a-z, 0-9, dot, hyphen, a letter or digit first")


def validate_technology(text: str, *, field: str = "technology") -> None:
    """Refuse what is no name of a technology."""
    if _TECHNOLOGY.fullmatch(text) is None:
        raise _refuse(field, text, "1 to 32 of a-z, 0-9, underscore")


def validate_origin_chain(text: str, *, field: str = "origin_chain") -> None:
    """Refuse what is no chain id."""
    if _CHAIN_ID.fullmatch(text) is None:
        raise _refuse(field, text, "a chain id: 1 to 50 of letters, digits, . _ -")


def validate_printable(text: str, *, field: str, minimum: int, maximum: int) -> None:
    """Refuse text that is not ``minimum`` to ``maximum`` bytes of printable UTF-8."""
    try:
        length = len(encode_text(text))
    except EncodingError as error:
        raise EnergyError(f"{field}: {error.cause}") from None
    if not minimum <= length <= maximum:
        raise EnergyError(f"{field}: {length} bytes are not {minimum} to {maximum}")
    if _UNPRINTABLE.search(text):
        raise _refuse(field, text, "printable: it holds a control or direction character")
    if text.startswith(" ") or text.endswith(" "):
        raise _refuse(field, text, "free of spaces at its ends")


def validate_zone(text: str, *, field: str = "zone") -> None:
    """Refuse what is no grid zone."""
    validate_printable(text, field=field, minimum=1, maximum=64)


def validate_range(value: int, *, field: str, minimum: int, maximum: int) -> None:
    """Refuse an integer outside ``minimum`` to ``maximum``."""
    if not minimum <= value <= maximum:
        raise EnergyError(f"{field}: {value} is not from {minimum} to {maximum}")


def validate_capacity(capacity_w: int) -> None:
    """Refuse a capacity of 0 W or beyond 64 bits."""
    validate_range(capacity_w, field="capacity_w", minimum=1, maximum=U64_MAX)


def validate_interval(start: int, end: int) -> None:
    """Refuse an interval that is empty, not on whole minutes, or beyond the year 9999."""
    for field, time in (("interval_start", start), ("interval_end", end)):
        validate_range(time, field=field, minimum=0, maximum=TIME_MAX)
        if time % MINUTE:
            raise EnergyError(f"{field}: {time} is not on a whole minute")
    if start >= end:
        raise EnergyError(f"interval_end: {end} is not after interval_start {start}")


def validate_bytes(data: bytes, *, field: str, length: int) -> None:
    """Refuse bytes of another length."""
    if len(data) != length:
        raise EnergyError(f"{field}: {len(data)} bytes are not {length}")
