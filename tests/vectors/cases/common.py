"""Values and small writers that the cases of several subjects share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from plurichain.auction.bid import Bid, Step
from plurichain.auction.names import BidKind, BidSide, PaymentRule, Side
from plurichain.auction.terms import Terms

LAYOUT = "written out by hand from the layout in README.md"
RULES = "design 3.2 and 3.3, worked out by hand"
SECOND_NS = 10**9

Vector = dict[str, Any]


def vector(name: str, provenance: str, given: dict[str, Any], expected: dict[str, Any]) -> Vector:
    """Return one vector in the form that README.md documents."""
    return {"name": name, "provenance": provenance, "input": given, "expected": expected}


FORWARD_TERMS = Terms(
    side=Side.FORWARD,
    payment_rule=PaymentRule.LAST_ACCEPTED,
    quantity=100_000,
    lot_denom="watthour",
    payment_denom="ueur",
    price_limit=500,
    commit_window_ns=15 * SECOND_NS,
    reveal_window_ns=15 * SECOND_NS,
)
REVERSE_TERMS = replace(
    FORWARD_TERMS,
    side=Side.REVERSE,
    payment_rule=PaymentRule.VCG,
    price_limit=None,
    reserve_price=400,
)


def schedule(side: BidSide, *steps: tuple[int, int]) -> Bid:
    """Return a schedule of (quantity, price) steps."""
    return Bid(BidKind.SCHEDULE, side, tuple(Step(*step) for step in steps))


def buy(*steps: tuple[int, int]) -> Bid:
    """Return a buyer's schedule."""
    return schedule(BidSide.BUY, *steps)


def sell(*steps: tuple[int, int]) -> Bid:
    """Return a seller's schedule."""
    return schedule(BidSide.SELL, *steps)


def choice(side: BidSide, *options: tuple[int, int]) -> Bid:
    """Return a choice of (quantity, total price) options."""
    return Bid(BidKind.CHOICE, side, tuple(Step(*option) for option in options))


def block(side: BidSide, minimum: int, *steps: tuple[int, int]) -> Bid:
    """Return a block: nothing, or at least ``minimum`` units of a schedule."""
    return Bid(BidKind.BLOCK, side, tuple(Step(*step) for step in steps), minimum)
