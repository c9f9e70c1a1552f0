"""The terms of an auction and their canonical bytes (design 3.1, tests/vectors/README.md).

A field at its default is left out of the bytes, so a field that comes later changes no
hash of older terms.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, fields
from typing import Any, Final

from plurichain.auction.credit_class import CreditClass, validate_credit_class
from plurichain.auction.names import BidKind, PaymentRule, Settlement, Side
from plurichain.auction.terms_fields import FIELDS_BY_NUMBER, TERMS_FIELDS
from plurichain.encoding.canonical import Reader, lp, u8, u16
from plurichain.errors import EncodingError, InputError, TermsError
from plurichain.identifiers import validate_denom
from plurichain.units import DURATION_MAX, U16_MAX, U32_MAX, U64_MAX, U128_MAX, Coin

TERMS_VERSION: Final = 1
DEFAULT_MAX_STEPS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Everything that a creator fixes about an auction.

    Quantities are units of ``lot_denom`` or Wh of ``credit_class``, prices are
    ``payment_denom`` a unit, windows nanoseconds, delivery times Unix seconds. 0, "", ()
    and None mean "not given".
    """

    side: Side
    payment_rule: PaymentRule
    kinds: tuple[BidKind, ...] = (BidKind.SCHEDULE,)
    quantity: int = 0
    lot_denom: str = ""
    payment_denom: str = ""
    reserve_price: int | None = None
    price_limit: int | None = None
    max_quantity: int = 0
    max_steps: int = DEFAULT_MAX_STEPS
    deposit: tuple[Coin, ...] = ()
    commit_window_ns: int
    reveal_window_ns: int
    settlement: Settlement = Settlement.COINS
    delivery_window_ns: int = 0
    max_bidders: int = 0
    title: str = ""
    delivery_start: int = 0
    delivery_end: int = 0
    credit_class: CreditClass | None = None


# A field without a default is never equal to what stands here, and so always written.
_DEFAULTS: Final = {field.name: field.default for field in fields(Terms)}


def encode_terms(terms: Terms) -> bytes:
    """Return the canonical bytes; raises EncodingError if a value does not fit its field."""
    out = bytearray(u8(TERMS_VERSION))
    for field in TERMS_FIELDS:
        value = getattr(terms, field.name)
        if value != _DEFAULTS[field.name]:
            try:
                out += u16(field.number) + lp(field.encode(value))
            except EncodingError as error:
                raise EncodingError(f"{field.name}: {error.cause}") from None
    return bytes(out)


def decode_terms(data: bytes) -> Terms:
    """Return the terms of canonical bytes; raises EncodingError if they are not canonical."""
    reader = Reader(data)
    if (version := reader.read_u8()) != TERMS_VERSION:
        raise EncodingError(f"version {version} is not {TERMS_VERSION}")
    values: dict[str, Any] = {}
    while reader.remaining:
        number, value = reader.read_u16(), Reader(reader.read_lp())
        field = FIELDS_BY_NUMBER.get(number)
        if field is None:
            raise EncodingError(f"field {number} is unknown")
        values[field.name] = field.read(value)
    try:
        terms = Terms(**values)
    except TypeError:
        raise EncodingError("a field that is always written is missing") from None
    # Order, repeats, lengths, defaults that were written and values out of range all show here.
    if encode_terms(terms) != data:
        raise EncodingError("these terms are written in other bytes")
    return terms


# Rules that need the reserve as the price nobody bids beyond (design 3.3).
_RULES_WITH_CAP: Final = (PaymentRule.FIRST_REJECTED, PaymentRule.SECOND_PRICE, PaymentRule.VCG)
# Bounds the work of every payout.
MAX_DEPOSIT_COINS: Final = 8
# The end of the year 9999: the last instant that a TOML date can write.
LAST_SECOND: Final = 253_402_300_799


def _require(condition: bool, field: str, value: object, rule: str) -> None:
    if not condition:
        raise TermsError(f"{field}: {value} {rule}")


def _require_range(terms: Terms, field: str, minimum: int, maximum: int) -> None:
    value = getattr(terms, field)
    rule = f"is not from {minimum} to {maximum}"
    _require(minimum <= value <= maximum, field.removesuffix("_ns"), value, rule)


def _validate_rule(terms: Terms) -> None:
    """Raise TermsError unless side, rule and kinds are cleared on a chain."""
    rule = terms.payment_rule
    _require(terms.side is not Side.DOUBLE, "side", "double", "is not supported yet")
    double_only = rule in (PaymentRule.MIDPOINT, PaymentRule.MCAFEE)
    _require(not double_only, "payment_rule", rule.text, f"is not for side {terms.side.text}")
    _require(rule is not PaymentRule.CORE, "payment_rule", rule.text, "is not cleared on a chain")
    words = ", ".join(kind.text for kind in terms.kinds) or "none"
    only_schedules = terms.kinds == (BidKind.SCHEDULE,)
    _require(only_schedules, "kinds", words, "is not supported yet; write schedule alone")
    _require_range(terms, "quantity", 1, U64_MAX)
    if rule is PaymentRule.SECOND_PRICE:
        _require(terms.quantity == 1, "quantity", terms.quantity, "is not 1, as second_price needs")


def _validate_prices(terms: Terms) -> None:
    """Raise TermsError unless reserve, cap and limit are there where the side needs them."""
    reserve, limit = terms.reserve_price, terms.price_limit
    if terms.side is Side.REVERSE:
        _require(limit is None, "price_limit", limit, "is not for a reverse auction")
        if terms.settlement is Settlement.COINS:
            _require(reserve is not None, "reserve_price", "none", "but settled coins need a cap")
        if terms.payment_rule in _RULES_WITH_CAP:
            rule = f"but {terms.payment_rule.text} needs a cap in a reverse auction"
            _require(reserve is not None, "reserve_price", "none", rule)
        if reserve is not None:
            _require_range(terms, "reserve_price", 1, U128_MAX)
        return
    _require(limit is not None, "price_limit", "none", "but a forward auction needs one")
    _require_range(terms, "price_limit", 1, U128_MAX)
    if reserve is not None:
        _require_range(terms, "reserve_price", 0, U128_MAX)
        _require(reserve <= (limit or 0), "reserve_price", reserve, "is above price_limit")


def _validate_denoms(terms: Terms) -> None:
    """Raise TermsError unless lot, payment and deposit are in proper denoms."""
    try:
        validate_denom(terms.payment_denom, field="payment_denom")
        if terms.credit_class is not None:
            both = terms.lot_denom
            _require(not both, "lot_denom", both, "is given beside a credit_class")
            validate_credit_class(terms.credit_class)
        # What an award is of may be no coin at all.
        elif terms.lot_denom or terms.settlement is Settlement.COINS:
            validate_denom(terms.lot_denom, field="lot_denom")
        for coin in terms.deposit:
            validate_denom(coin.denom, field="deposit")
    except InputError as error:
        raise TermsError(error.cause) from None
    same = terms.lot_denom == terms.payment_denom
    _require(not same, "lot_denom", terms.lot_denom, "is the payment_denom too")
    denoms = [coin.denom for coin in terms.deposit]
    few = len(denoms) <= MAX_DEPOSIT_COINS
    _require(few, "deposit", len(denoms), f"coins are more than {MAX_DEPOSIT_COINS}")
    _require(denoms == sorted(set(denoms)), "deposit", denoms, "is not ascending by denom")
    for coin in terms.deposit:
        _require(1 <= coin.amount <= U128_MAX, "deposit", coin, f"is not from 1 to {U128_MAX}")


def _validate_times(terms: Terms) -> None:
    """Raise TermsError unless windows are positive and the energy interval is in order."""
    _require_range(terms, "commit_window_ns", 1, DURATION_MAX)
    _require_range(terms, "reveal_window_ns", 1, DURATION_MAX)
    if terms.settlement is Settlement.AWARD:
        _require_range(terms, "delivery_window_ns", 1, DURATION_MAX)
    else:
        window = terms.delivery_window_ns
        _require(window == 0, "delivery_window", window, "is only for settlement award")
    if terms.delivery_start or terms.delivery_end:
        _require_range(terms, "delivery_start", 1, LAST_SECOND)
        _require_range(terms, "delivery_end", 1, LAST_SECOND)
        later = terms.delivery_start < terms.delivery_end
        _require(later, "delivery_end", terms.delivery_end, "is not after delivery_start")


def validate_terms(terms: Terms) -> None:
    """Raise TermsError, naming field, value and rule, on terms that no chain would take.

    The limits of a chain's parameters are not looked at here.
    """
    _validate_rule(terms)
    _validate_prices(terms)
    _validate_denoms(terms)
    _require_range(terms, "max_quantity", 0, U64_MAX)
    _require_range(terms, "max_steps", 1, U16_MAX)
    _require_range(terms, "max_bidders", 0, U32_MAX)
    _validate_times(terms)
    one_line = not any(unicodedata.category(letter) == "Cc" for letter in terms.title)
    _require(one_line, "title", repr(terms.title), "holds a control character")
    try:
        encode_terms(terms)
    except EncodingError as error:
        raise TermsError(error.cause) from None
