"""How each field of the terms is written in canonical bytes (tests/vectors/README.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from plurichain.auction.credit_class import encode_credit_class, read_credit_class
from plurichain.auction.names import BidKind, PaymentRule, Settlement, Side
from plurichain.encoding.canonical import (
    Reader,
    decode_text,
    encode_text,
    lp,
    u8,
    u16,
    u32,
    u64,
    u128,
)
from plurichain.encoding.words import NamedEnum
from plurichain.errors import EncodingError
from plurichain.units import DURATION_MAX, Coin

_E = TypeVar("_E", bound=NamedEnum)


def _read_enum(kind: type[_E]) -> Callable[[Reader], _E]:
    def read(reader: Reader) -> _E:
        number = reader.read_u8()
        try:
            return kind(number)
        except ValueError:
            raise EncodingError(f"{number} is not a {kind.__name__}") from None

    return read


def _encode_kinds(kinds: tuple[BidKind, ...]) -> bytes:
    if not kinds or list(kinds) != sorted(set(kinds)):
        raise EncodingError("kinds are not ascending")
    return b"".join(u8(kind) for kind in kinds)


def _read_kinds(reader: Reader) -> tuple[BidKind, ...]:
    return tuple(_read_enum(BidKind)(reader) for _ in range(reader.remaining))


def _encode_max_steps(count: int) -> bytes:
    if not count:
        raise EncodingError("max_steps is 0")
    return u16(count)


def _encode_deposit(coins: tuple[Coin, ...]) -> bytes:
    denoms = [encode_text(coin.denom) for coin in coins]
    if denoms != sorted(set(denoms)) or any(coin.amount < 1 for coin in coins):
        raise EncodingError("deposit: denoms are not ascending, or an amount is below 1")
    pairs = zip(denoms, coins, strict=True)
    return u16(len(coins)) + b"".join(lp(denom) + u128(coin.amount) for denom, coin in pairs)


def _read_deposit(reader: Reader) -> tuple[Coin, ...]:
    count = reader.read_u16()
    return tuple(Coin(decode_text(reader.read_lp()), reader.read_u128()) for _ in range(count))


def _encode_window(duration_ns: int) -> bytes:
    if duration_ns > DURATION_MAX:
        raise EncodingError(f"a window of {duration_ns} ns is above {DURATION_MAX}")
    return u64(duration_ns)


class TermsField(NamedTuple):
    """How one field of the terms is written and read."""

    number: int
    name: str
    encode: Callable[[Any], bytes]
    read: Callable[[Reader], Any]


def _read_text(reader: Reader) -> str:
    return decode_text(reader.read_bytes(reader.remaining))


TERMS_FIELDS: Final = (
    TermsField(1, "side", u8, _read_enum(Side)),
    TermsField(2, "payment_rule", u8, _read_enum(PaymentRule)),
    TermsField(3, "kinds", _encode_kinds, _read_kinds),
    TermsField(4, "quantity", u64, Reader.read_u64),
    TermsField(5, "lot_denom", encode_text, _read_text),
    TermsField(6, "payment_denom", encode_text, _read_text),
    TermsField(7, "reserve_price", u128, Reader.read_u128),
    TermsField(8, "price_limit", u128, Reader.read_u128),
    TermsField(9, "max_quantity", u64, Reader.read_u64),
    TermsField(10, "max_steps", _encode_max_steps, Reader.read_u16),
    TermsField(11, "deposit", _encode_deposit, _read_deposit),
    TermsField(12, "commit_window_ns", _encode_window, Reader.read_u64),
    TermsField(13, "reveal_window_ns", _encode_window, Reader.read_u64),
    TermsField(14, "settlement", u8, _read_enum(Settlement)),
    TermsField(15, "delivery_window_ns", _encode_window, Reader.read_u64),
    TermsField(16, "max_bidders", u32, Reader.read_u32),
    TermsField(17, "title", encode_text, _read_text),
    TermsField(18, "delivery_start", u64, Reader.read_u64),
    TermsField(19, "delivery_end", u64, Reader.read_u64),
    TermsField(20, "credit_class", encode_credit_class, read_credit_class),
)
FIELDS_BY_NUMBER: Final = {field.number: field for field in TERMS_FIELDS}
