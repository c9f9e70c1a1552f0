"""Which openings the terms take and which they forfeit (design 3.2).

The chain learns of a bid only at the reveal, so the client asks the same question
before it seals. The codes are those the chain records.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Final

from plurichain.auction.bid import Bid, decode_bid, encode_bid
from plurichain.auction.names import BidKind, BidSide, Side
from plurichain.auction.terms import Terms
from plurichain.errors import BidError, EncodingError

_BID_SIDES: Final = {
    Side.FORWARD: (BidSide.BUY,),
    Side.REVERSE: (BidSide.SELL,),
    Side.DOUBLE: (BidSide.BUY, BidSide.SELL),
}


def _find_wrong_side(bid: Bid, terms: Terms) -> str | None:
    if bid.side in _BID_SIDES[terms.side]:
        return None
    words = " or ".join(side.text for side in _BID_SIDES[terms.side])
    return f"side: {bid.side.text} is not what a {terms.side.text} auction takes ({words})"


def _find_wrong_kind(bid: Bid, terms: Terms) -> str | None:
    if bid.kind in terms.kinds:
        return None
    words = ", ".join(kind.text for kind in terms.kinds)
    return f"kind: {bid.kind.text} is not what the terms take ({words})"


def _find_out_of_order(bid: Bid, _: Terms) -> str | None:
    for index, (before, step) in enumerate(pairwise(bid.steps), start=1):
        if bid.kind is BidKind.CHOICE:
            if step.quantity <= before.quantity:
                return f"options[{index}]: quantity {step.quantity} is not above {before.quantity}"
        elif bid.side is BidSide.BUY and step.price > before.price:
            return f"steps[{index}]: price {step.price} is above {before.price}; must not increase"
        elif bid.side is BidSide.SELL and step.price < before.price:
            return f"steps[{index}]: price {step.price} is below {before.price}; must not decrease"
    return None


def _find_too_many_steps(bid: Bid, terms: Terms) -> str | None:
    if len(bid.steps) <= terms.max_steps:
        return None
    return f"steps: {len(bid.steps)} are more than max_steps {terms.max_steps}"


def _find_price_above_limit(bid: Bid, terms: Terms) -> str | None:
    limit = terms.price_limit
    if limit is None:
        return None
    for index, step in enumerate(bid.steps):
        units = step.quantity if bid.kind is BidKind.CHOICE else 1
        if step.price > units * limit:
            return f"steps[{index}]: price {step.price} is above price_limit {limit} a unit"
    return None


def _find_quantity_above_limit(bid: Bid, terms: Terms) -> str | None:
    if not terms.max_quantity or bid.total_quantity <= terms.max_quantity:
        return None
    return f"quantity: {bid.total_quantity} units are more than max_quantity {terms.max_quantity}"


def _find_minimum_above_total(bid: Bid, _: Terms) -> str | None:
    if bid.minimum <= bid.total_quantity:
        return None
    return f"minimum: {bid.minimum} is more than the total of {bid.total_quantity}"


# Checked in this order; the first that applies is the reason that the chain records.
_CHECKS: Final[tuple[tuple[str, Callable[[Bid, Terms], str | None]], ...]] = (
    ("wrong_side", _find_wrong_side),
    ("wrong_kind", _find_wrong_kind),
    ("out_of_order", _find_out_of_order),
    ("too_many_steps", _find_too_many_steps),
    ("price_above_limit", _find_price_above_limit),
    ("quantity_above_limit", _find_quantity_above_limit),
    ("minimum_above_total", _find_minimum_above_total),
)
NOT_CANONICAL: Final = "not_canonical"
REASONS: Final = (NOT_CANONICAL, *(code for code, _ in _CHECKS))


def find_inadmissible(bid_bytes: bytes, terms: Terms) -> str | None:
    """Return the code of the first rule the opened bid breaks, None if it is admissible."""
    try:
        bid = decode_bid(bid_bytes)
    except EncodingError:
        return NOT_CANONICAL
    for code, find in _CHECKS:
        if find(bid, terms) is not None:
            return code
    return None


def validate_bid(bid: Bid, terms: Terms) -> None:
    """Raise BidError if revealing the bid would forfeit the deposit.

    The error names the field, the value and the rule.
    """
    remedy = "change the bid; sealed as it is, its deposit would be forfeited at the reveal"
    try:
        encode_bid(bid)
    except EncodingError as error:
        raise BidError(error.cause, remedy=remedy) from None
    for _, find in _CHECKS:
        if (cause := find(bid, terms)) is not None:
            raise BidError(cause, remedy=remedy)
