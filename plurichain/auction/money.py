"""What is deposited and escrowed, from the terms and a bid (design 3.2)."""

from __future__ import annotations

from collections.abc import Iterable

from plurichain.auction.bid import Bid
from plurichain.auction.names import BidKind, BidSide, Settlement, Side
from plurichain.auction.terms import Terms
from plurichain.units import Coin, get_amount, make_coins


def compute_default_deposit(terms: Terms) -> Coin | None:
    """Return the deposit of terms that name none, in the payment denom.

    Forward quantity × price_limit; reverse a tenth of quantity × cap, rounded up;
    double max_quantity × price_limit. None where a factor is not given or is 0.
    """
    if terms.side is Side.REVERSE:
        whole = terms.quantity * (terms.reserve_price or 0)
        amount = -(-whole // 10)
    else:
        units = terms.quantity if terms.side is Side.FORWARD else terms.max_quantity
        amount = units * (terms.price_limit or 0)
    return Coin(terms.payment_denom, amount) if amount else None


def compute_deposit(terms: Terms) -> tuple[Coin, ...]:
    """Return the flat deposit in force: what the terms name, else the default."""
    if terms.deposit:
        return terms.deposit
    default = compute_default_deposit(terms)
    return (default,) if default else ()


def compute_creator_escrow(terms: Terms, named: Iterable[Coin] = ()) -> tuple[Coin, ...]:
    """Return the creator's whole side: the lot, or quantity × cap; nothing in award mode.

    ``named`` are the coins that the creator names where the lot is a class of credits.
    """
    if terms.settlement is Settlement.AWARD or terms.side is Side.DOUBLE:
        return ()
    if terms.side is Side.FORWARD:
        if terms.credit_class is not None:
            return tuple(named)
        return make_coins([(terms.lot_denom, terms.quantity)])
    return make_coins([(terms.payment_denom, terms.quantity * (terms.reserve_price or 0))])


def _compute_fitting_options(bid: Bid, quantity: int) -> list[tuple[int, int]]:
    return [(step.quantity, step.price) for step in bid.steps if step.quantity <= quantity]


def compute_greatest_payment(bid: Bid, quantity: int) -> int:
    """Return the most that a buyer's bid offers for at most ``quantity`` units."""
    if bid.kind is BidKind.CHOICE:
        return max((price for _, price in _compute_fitting_options(bid, quantity)), default=0)
    if bid.minimum > quantity:
        return 0
    total = 0
    rest = quantity
    for step in bid.steps:
        units = min(step.quantity, rest)
        total += units * step.price
        rest -= units
    return total


def compute_greatest_delivery(bid: Bid, quantity: int) -> int:
    """Return the most units that a seller's bid can have to deliver of ``quantity`` wanted."""
    if bid.kind is BidKind.CHOICE:
        return max((units for units, _ in _compute_fitting_options(bid, quantity)), default=0)
    return 0 if bid.minimum > quantity else min(bid.total_quantity, quantity)


def compute_class_delivery(terms: Terms, bid: Bid | None) -> int:
    """Return the Wh of credits that have to be named: by a seller with ``bid``, or, without a
    bid, by the creator. 0 where the lot is no class, or nothing moves.
    """
    if terms.credit_class is None or terms.settlement is Settlement.AWARD:
        return 0
    if bid is None:
        return terms.quantity if terms.side is Side.FORWARD else 0
    if bid.side is BidSide.BUY:
        return 0
    limit = bid.total_quantity if terms.side is Side.DOUBLE else terms.quantity
    return compute_greatest_delivery(bid, limit)


def compute_reveal_escrow(
    bid: Bid, terms: Terms, deposit: Iterable[Coin], named: Iterable[Coin] = ()
) -> tuple[Coin, ...]:
    """Return what the bidder adds at the reveal, beyond the deposit, coin by coin.

    Nothing in award mode. In a double auction no lot bounds the quantity but the bid.
    ``named`` are the coins that a seller names where the lot is a class of credits; they
    are escrowed as they are, whatever the deposit holds.
    """
    if terms.settlement is Settlement.AWARD:
        return ()
    limit = bid.total_quantity if terms.side is Side.DOUBLE else terms.quantity
    if bid.side is BidSide.BUY:
        denom, needed = terms.payment_denom, compute_greatest_payment(bid, limit)
    elif terms.credit_class is not None:
        return tuple(named)
    else:
        denom, needed = terms.lot_denom, compute_greatest_delivery(bid, limit)
    return make_coins([(denom, max(0, needed - get_amount(deposit, denom)))])
