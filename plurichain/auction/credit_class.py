"""A lot that is a class of energy credits instead of one denom (design 3.4).

A creator that wants "solar from zone north, any hour of the first of June" names a class;
whoever delivers then names the coins it escrows, and each must lie in the class by its
attributes. Credits here are only what a class asks about: where their attributes come
from, and whether their origin is verified, is known to the chain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from plurichain.encoding.canonical import Reader, decode_text, encode_text, lp, u16, u64
from plurichain.errors import EncodingError, InputError, TermsError
from plurichain.identifiers import validate_chain_id
from plurichain.units import U64_MAX, Coin

# Bounds the work of a match, and of the payouts of one bidder.
MAX_CLASS_WORDS: Final = 16
MAX_LOT_COINS: Final = 128
_LAST_SECOND: Final = 253_402_300_799
_TECHNOLOGY: Final = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)
_ZONE_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class CreditClass:
    """Credits that are as good as each other to the creator of an auction.

    Times are Unix seconds; a credit's interval lies in [interval_from, interval_until).
    0 and () leave a field open. Words are ascending by their bytes, without repeats.
    """

    interval_from: int = 0
    interval_until: int = 0
    technologies: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    def holds(
        self, *, origin: str, technology: str, zone: str, interval_start: int, interval_end: int
    ) -> bool:
        """Tell whether a credit with these attributes lies in the class."""
        return (
            interval_start >= self.interval_from
            and (not self.interval_until or interval_end <= self.interval_until)
            and (not self.technologies or technology in self.technologies)
            and (not self.zones or zone in self.zones)
            and (not self.origins or origin in self.origins)
        )


def _encode_words(words: tuple[str, ...]) -> bytes:
    encoded = [encode_text(word) for word in words]
    if encoded != sorted(set(encoded)):
        raise EncodingError("words of a class are not ascending")
    return u16(len(encoded)) + b"".join(map(lp, encoded))


def _read_words(reader: Reader) -> tuple[str, ...]:
    return tuple(decode_text(reader.read_lp()) for _ in range(reader.read_u16()))


def encode_credit_class(credit_class: CreditClass) -> bytes:
    """Return the value of terms field 20; raises EncodingError if it has none."""
    return (
        u64(credit_class.interval_from)
        + u64(credit_class.interval_until)
        + _encode_words(credit_class.technologies)
        + _encode_words(credit_class.zones)
        + _encode_words(credit_class.origins)
    )


def read_credit_class(reader: Reader) -> CreditClass:
    """Return the class that a value of terms field 20 writes; raises EncodingError."""
    interval_from, interval_until = reader.read_u64(), reader.read_u64()
    return CreditClass(
        interval_from, interval_until, _read_words(reader), _read_words(reader), _read_words(reader)
    )


def _is_zone(word: str) -> bool:
    try:
        size = len(word.encode())
    except UnicodeEncodeError:
        return False
    return 1 <= size <= _ZONE_BYTES and not any(
        ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in word
    )


def _is_chain_id(word: str) -> bool:
    try:
        validate_chain_id(word)
    except InputError:
        return False
    return True


def validate_credit_class(credit_class: CreditClass) -> None:
    """Raise TermsError, naming field, value and rule, on a class that no chain would take."""
    start, end = credit_class.interval_from, credit_class.interval_until
    for name, second in (("interval_from", start), ("interval_until", end)):
        if not 0 <= second <= _LAST_SECOND:
            raise TermsError(f"credit_class: {name} {second} is not from 0 to {_LAST_SECOND}")
    if end and end <= start:
        raise TermsError(f"credit_class: interval_until {end} is not after interval_from {start}")
    lists = (
        ("technologies", credit_class.technologies, lambda word: bool(_TECHNOLOGY.fullmatch(word))),
        ("zones", credit_class.zones, _is_zone),
        ("origins", credit_class.origins, _is_chain_id),
    )
    for name, words, is_word in lists:
        if len(words) > MAX_CLASS_WORDS:
            raise TermsError(f"credit_class: {len(words)} {name} are more than {MAX_CLASS_WORDS}")
        for word in words:
            if not is_word(word):
                raise TermsError(f"credit_class: {word!r} cannot be one of the {name}")
        if list(words) != sorted(set(words), key=str.encode):
            raise TermsError(f"credit_class: {name} {', '.join(words)} are not ascending")


def validate_lot_coins(coins: Sequence[Coin], units: int) -> None:
    """Raise InputError unless ``coins`` are what somebody who owes ``units`` has to name.

    At most 128 coins, ascending by denom, each at least 1, adding up to exactly ``units``.
    """
    denoms = [coin.denom for coin in coins]
    if len(coins) > MAX_LOT_COINS:
        raise InputError(f"credits: {len(coins)} coins are more than {MAX_LOT_COINS}")
    if denoms != sorted(set(denoms)):
        raise InputError("credits: denoms are not ascending, or one stands twice")
    for coin in coins:
        if not 1 <= coin.amount <= U64_MAX:
            raise InputError(f"credits: {coin} is not from 1 to {U64_MAX}")
    total = sum(coin.amount for coin in coins)
    if total != units:
        raise InputError(
            f"credits: {total} Wh are named, {units} Wh can have to be delivered",
            remedy=f"name coins that add up to exactly {units} Wh",
        )


def split_delivery(coins: Iterable[Coin], units: int) -> tuple[tuple[Coin, ...], tuple[Coin, ...]]:
    """Return what ``units`` take from ``coins`` in ascending denom order, and the rest."""
    delivered: list[Coin] = []
    rest: list[Coin] = []
    for coin in sorted(coins, key=lambda coin: coin.denom):
        taken = min(coin.amount, units)
        units -= taken
        if taken:
            delivered.append(Coin(coin.denom, taken))
        if taken < coin.amount:
            rest.append(Coin(coin.denom, coin.amount - taken))
    return tuple(delivered), tuple(rest)
