"""Integers with a unit: durations, amounts, coins, and how people read and write them.

Everything here is exact. A number that a user typed is taken only if it is plain
ASCII digits; nothing is rounded, trimmed or guessed.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NewType

from plurichain.errors import InputError

Nanoseconds = NewType("Nanoseconds", int)
"""A duration, or an instant as Unix time, in 1e-9 s."""

U16_MAX: Final = 2**16 - 1
U32_MAX: Final = 2**32 - 1
U64_MAX: Final = 2**64 - 1
U128_MAX: Final = 2**128 - 1
DURATION_MAX: Final = 2**63 - 1
"""Longest duration in nanoseconds: what the chain's signed 64-bit durations hold."""

# Longest first, so that a written duration reads from the greatest unit down.
_DURATION_UNITS: Final = (
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
)
_DURATION: Final = re.compile("".join(rf"(?:([0-9]{{1,19}}){u})?" for u, _ in _DURATION_UNITS))
_INTEGER: Final = re.compile(r"0|[1-9][0-9]*")
# The rule of the SDK's bank module; identifiers.validate_denom holds the same one.
_COIN: Final = re.compile(r"([0-9]+)([a-zA-Z][a-zA-Z0-9/:._-]{2,127})")
_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?Z"
)
_EPOCH: Final = datetime.datetime(1970, 1, 1)  # noqa: DTZ001 - all of it is UTC
_SHOWN: Final = 40


def quote_value(value: str) -> str:
    """Return ``value`` quoted for an error message, cut if it is very long."""
    if len(value) <= _SHOWN:
        return repr(value)
    return f"{value[:_SHOWN]!r}… ({len(value)} characters)"


def parse_integer(text: str, *, field: str, minimum: int = 0, maximum: int = U128_MAX) -> int:
    """Return the integer that ``text`` writes in plain decimal digits.

    No sign, fraction, exponent, blank, leading zero or digit of another script.
    Raises InputError that names the field, the value and the rule.
    """
    # The length is compared first: a text of a million digits is never converted.
    if _INTEGER.fullmatch(text) and len(text) <= len(str(maximum)):
        value = int(text)
        if minimum <= value <= maximum:
            return value
    raise InputError(
        f"{field}: {quote_value(text)} is not a whole number from {minimum} to {maximum}",
        remedy="write plain decimal digits: no sign, point, exponent, blank or leading zero",
    )


def parse_duration_ns(value: str | int, *, field: str = "duration") -> Nanoseconds:
    """Return a duration in nanoseconds from "1h30m", "15s", "250ms", or an int of ns.

    Units h, m, s, ms, us, ns, each at most once, greatest first, whole numbers only.
    Raises InputError that names the field, the value and the rule.
    """
    if isinstance(value, int):
        total = value
    else:
        match = _DURATION.fullmatch(value) if value else None
        if match is None:
            raise InputError(
                f"{field}: {quote_value(value)} is not a duration",
                remedy='write whole numbers with units, greatest first, such as "1h30m" or "250ms"',
            )
        parts = zip(match.groups(), _DURATION_UNITS, strict=True)
        total = sum(int(digits) * size for digits, (_, size) in parts if digits)
    if not 0 <= total <= DURATION_MAX:
        raise InputError(f"{field}: {value} is not from 0 to {DURATION_MAX} nanoseconds")
    return Nanoseconds(total)


def parse_time_ns(text: str, *, field: str = "time") -> Nanoseconds:
    """Return Unix nanoseconds of an RFC 3339 time in UTC, "2026-06-01T10:00:00.5Z".

    Years 1 to 9999, so below zero before 1970. Raises InputError that names the field,
    the value and the rule.
    """
    match = _TIME.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        whole = datetime.datetime.fromisoformat(match[1]) - _EPOCH
    except ValueError:
        raise InputError(
            f"{field}: {quote_value(text)} is not a time in UTC",
            remedy='write it as in "2026-06-01T10:00:00Z"',
        ) from None
    seconds = whole.days * 86_400 + whole.seconds
    return Nanoseconds(seconds * 1_000_000_000 + int((match[2] or "").ljust(9, "0")))


def format_duration(duration_ns: int) -> str:
    """Return the one exact spelling of a duration, such as "1h30m"; zero is "0s"."""
    if duration_ns == 0:
        return "0s"
    text = "" if duration_ns > 0 else "-"
    rest = abs(duration_ns)
    for unit, size in _DURATION_UNITS:
        count, rest = divmod(rest, size)
        text += f"{count}{unit}" if count else ""
    return text


def _format_scaled(amount: int, decimals: int) -> str:
    """Return ``amount`` / 10**decimals exactly, without trailing zeros."""
    whole, fraction = divmod(abs(amount), 10**decimals)
    digits = f"{fraction:0{decimals}d}".rstrip("0")
    return ("-" if amount < 0 else "") + f"{whole}" + (f".{digits}" if digits else "")


def format_wh(energy_wh: int) -> str:
    """Return energy for people: "1.5 kWh" from 1500 Wh; exact, below 1 kWh in Wh."""
    if abs(energy_wh) < 1000:
        return f"{energy_wh} Wh"
    return f"{_format_scaled(energy_wh, 3)} kWh"


def format_micro(amount: int) -> str:
    """Return an amount of a micro-denom in whole units: "1.25" from 1250000; exact."""
    return _format_scaled(amount, 6)


@dataclass(frozen=True, slots=True, order=True)
class Coin:
    """An amount of one denom, in its smallest unit."""

    denom: str
    amount: int

    def __str__(self) -> str:
        return f"{self.amount}{self.denom}"


Coins = tuple[Coin, ...]
"""Coins in ascending order of denom, each once, none of amount 0."""


def make_coins(amounts: Iterable[tuple[str, int]]) -> Coins:
    """Return the canonical coins of (denom, amount) pairs; equal denoms are added.

    Raises InputError if an amount comes out negative.
    """
    totals: dict[str, int] = {}
    for denom, amount in amounts:
        totals[denom] = totals.get(denom, 0) + amount
    for denom, amount in totals.items():
        if amount < 0:
            raise InputError(f"{denom}: an amount of {amount} is below zero")
    return tuple(Coin(denom, totals[denom]) for denom in sorted(totals) if totals[denom])


def get_amount(coins: Iterable[Coin], denom: str) -> int:
    """Return the amount of ``denom`` in ``coins``, 0 if it is not there."""
    return sum(coin.amount for coin in coins if coin.denom == denom)


def add_coins(left: Iterable[Coin], right: Iterable[Coin]) -> Coins:
    """Return left + right."""
    return make_coins((coin.denom, coin.amount) for coin in (*left, *right))


def subtract_coins(left: Iterable[Coin], right: Iterable[Coin]) -> Coins:
    """Return left - right; raises InputError if a denom does not suffice."""
    negated = ((coin.denom, -coin.amount) for coin in right)
    return make_coins([*((coin.denom, coin.amount) for coin in left), *negated])


def parse_coins(text: str, *, field: str = "coins") -> Coins:
    """Return the coins of "10ueur,5watthour", in ascending order of denom.

    Amounts 1 to 2^128-1, each denom once; the empty text is no coins. Raises
    InputError that names the field, the value and the rule.
    """
    coins: dict[str, Coin] = {}
    for part in text.split(",") if text else ():
        match = _COIN.fullmatch(part)
        if match is None:
            raise InputError(
                f"{field}: {quote_value(part)} is not an amount and a denom",
                remedy='write coins as digits and denom, such as "10ueur" or "10ueur,5watthour"',
            )
        digits, denom = match.groups()
        amount = parse_integer(digits, field=field, minimum=1, maximum=U128_MAX)
        if denom in coins:
            raise InputError(f"{field}: {quote_value(denom)} is named twice")
        coins[denom] = Coin(denom, amount)
    return tuple(coins[denom] for denom in sorted(coins))


def format_coins(coins: Iterable[Coin]) -> str:
    """Return coins as text that parse_coins reads; the empty text for none."""
    return ",".join(str(coin) for coin in coins)
