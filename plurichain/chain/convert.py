"""Between protobuf messages of the SDK and plain values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from plurichain.chain import protos
from plurichain.errors import BadReply, InputError
from plurichain.identifiers import validate_denom
from plurichain.units import Coin, make_coins

_NS = 1_000_000_000
_MAX_AMOUNT = 2**256 - 1


def make_coin_messages(coins: Iterable[Coin]) -> list[Any]:
    """Return the coins as the SDK wants them: by denom, each once, none of 0.

    Raises InputError for an amount or a denom that no chain takes.
    """
    ordered = make_coins(_read_coin(coin) for coin in coins)
    return [protos.coin.Coin(denom=coin.denom, amount=str(coin.amount)) for coin in ordered]


def _read_coin(coin: Coin) -> tuple[str, int]:
    validate_denom(coin.denom)
    amount: object = coin.amount
    # A float would come through as its text, which some chains cut off at the point.
    if type(amount) is not int or not 0 <= amount <= _MAX_AMOUNT:
        raise InputError(
            f"amount: {str(amount)[:40]} {coin.denom} is not a whole number from 0 to 2^256 - 1"
        )
    return coin.denom, amount


def read_coins(messages: Iterable[Any]) -> tuple[Coin, ...]:
    """Return the coins of a reply. Raises BadReply."""
    return tuple(Coin(item.denom, read_int(item.amount, "amount")) for item in messages)


def make_timestamp(time_ns: int) -> Any:
    """Return Unix nanoseconds as a Timestamp, exactly."""
    return protos.timestamp.Timestamp(seconds=time_ns // _NS, nanos=time_ns % _NS)


def read_timestamp(message: Any) -> int:
    """Return a Timestamp as Unix nanoseconds."""
    return int(message.seconds) * _NS + int(message.nanos)


def make_duration(duration_ns: int) -> Any:
    """Return nanoseconds as a Duration, exactly."""
    return protos.duration.Duration(seconds=duration_ns // _NS, nanos=duration_ns % _NS)


def read_duration(message: Any) -> int:
    """Return a Duration as nanoseconds."""
    return int(message.seconds) * _NS + int(message.nanos)


def read_int(text: str, field: str) -> int:
    """Return an integer that the SDK writes as text. Raises BadReply."""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise BadReply(f"{field}: {text!r} is not an integer")
    return int(text)
