"""Which openings the terms forfeit, and for what reason."""

from __future__ import annotations

from dataclasses import replace

from plurichain.auction.bid import Bid, encode_bid
from plurichain.auction.names import BidKind, BidSide, PaymentRule, Side
from plurichain.auction.terms import Terms, encode_terms
from plurichain.units import U64_MAX, U128_MAX
from tests.vectors.cases.common import (
    FORWARD_TERMS,
    REVERSE_TERMS,
    RULES,
    Vector,
    block,
    buy,
    choice,
    sell,
    vector,
)

ANY_KIND = (BidKind.SCHEDULE, BidKind.CHOICE, BidKind.BLOCK)
BUY, SELL = BidSide.BUY, BidSide.SELL
FORWARD = replace(FORWARD_TERMS, kinds=ANY_KIND, payment_rule=PaymentRule.PAY_AS_BID)
REVERSE = replace(REVERSE_TERMS, kinds=ANY_KIND, payment_rule=PaymentRule.PAY_AS_BID)
DOUBLE = replace(FORWARD_TERMS, side=Side.DOUBLE, quantity=0)
NARROW = replace(FORWARD, max_steps=2, max_quantity=10)

_CASES: tuple[tuple[str, Terms, Bid, str | None], ...] = (
    ("buyer in a forward auction", FORWARD, buy((10, 500), (5, 300)), None),
    ("seller in a reverse auction", REVERSE, sell((10, 100), (5, 300)), None),
    ("buyer in a double auction", DOUBLE, buy((1, 1)), None),
    ("seller in a double auction", DOUBLE, sell((1, 1)), None),
    ("seller in a forward auction", FORWARD, sell((1, 1)), "wrong_side"),
    ("buyer in a reverse auction", REVERSE, buy((1, 1)), "wrong_side"),
    ("choice where schedules are taken", FORWARD_TERMS, choice(BUY, (1, 1)), "wrong_kind"),
    ("block where schedules are taken", REVERSE_TERMS, block(SELL, 1, (1, 1)), "wrong_kind"),
    ("equal prices of a buyer", FORWARD, buy((1, 5), (1, 5)), None),
    ("equal prices of a seller", REVERSE, sell((1, 5), (1, 5)), None),
    ("rising prices of a buyer", FORWARD, buy((1, 5), (1, 6)), "out_of_order"),
    ("falling prices of a seller", REVERSE, sell((1, 6), (1, 5)), "out_of_order"),
    ("third step out of order", REVERSE, sell((1, 5), (1, 6), (1, 5)), "out_of_order"),
    ("rising prices in a block", FORWARD, block(BUY, 1, (1, 5), (1, 6)), "out_of_order"),
    ("options ascending", FORWARD, choice(BUY, (1, 20), (2, 10)), None),
    ("options of equal quantity", FORWARD, choice(BUY, (1, 20), (1, 30)), "out_of_order"),
    ("options descending", REVERSE, choice(SELL, (2, 20), (1, 30)), "out_of_order"),
    ("sixteen steps by default", FORWARD, buy(*[(1, 9)] * 16), None),
    ("seventeen steps by default", FORWARD, buy(*[(1, 9)] * 17), "too_many_steps"),
    ("two steps of two", NARROW, buy((5, 9), (5, 9)), None),
    ("three steps of two", NARROW, buy(*[(1, 9)] * 3), "too_many_steps"),
    ("a block's minimum is no step", NARROW, block(BUY, 1, (5, 9), (5, 9)), None),
    ("a block of three steps", NARROW, block(BUY, 1, (1, 9), (1, 9), (1, 9)), "too_many_steps"),
    ("price above price_limit", FORWARD, buy((1, 501), (1, 500)), "price_above_limit"),
    ("price far above price_limit", FORWARD, buy((1, U128_MAX)), "price_above_limit"),
    ("option at quantity × price_limit", FORWARD, choice(BUY, (3, 1500)), None),
    ("option above quantity × price_limit", FORWARD, choice(BUY, (3, 1501)), "price_above_limit"),
    (
        "second option above its limit",
        FORWARD,
        choice(BUY, (3, 1500), (4, 2001)),
        "price_above_limit",
    ),
    ("block above price_limit", FORWARD, block(BUY, 1, (1, 501)), "price_above_limit"),
    ("price above the cap", REVERSE, sell((1, U128_MAX)), None),
    ("quantity beyond the lot", FORWARD, buy((U64_MAX, 1)), None),
    ("ten units of ten", NARROW, buy((9, 9), (1, 1)), None),
    ("eleven units of ten", NARROW, buy((9, 9), (2, 1)), "quantity_above_limit"),
    ("option of eleven units of ten", NARROW, choice(BUY, (1, 9), (11, 9)), "quantity_above_limit"),
    ("options of ten units each or less", NARROW, choice(BUY, (9, 9), (10, 9)), None),
    ("block of eleven units of ten", NARROW, block(BUY, 1, (11, 9)), "quantity_above_limit"),
    ("minimum equal to the total", FORWARD, block(BUY, 3, (2, 9), (1, 9)), None),
    ("minimum above the total", FORWARD, block(BUY, 4, (2, 9), (1, 9)), "minimum_above_total"),
    ("side before kind", FORWARD_TERMS, choice(SELL, (1, 1)), "wrong_side"),
    ("kind before order", FORWARD_TERMS, choice(BUY, (2, 1), (1, 1)), "wrong_kind"),
    ("order before steps", NARROW, buy((1, 1), (1, 2), (1, 3)), "out_of_order"),
    ("steps before price", NARROW, buy(*[(1, 501)] * 3), "too_many_steps"),
    ("price before quantity", NARROW, buy((11, 501)), "price_above_limit"),
    ("quantity before minimum", NARROW, block(BUY, 12, (11, 1)), "quantity_above_limit"),
)


def make_vectors() -> list[Vector]:
    """Return openings with the reason that the chain records."""
    cases = [(name, terms, encode_bid(bid), reason) for name, terms, bid, reason in _CASES]
    cases += [
        ("no bytes", FORWARD, b"", "not_canonical"),
        (
            "wrong side with a byte too many",
            FORWARD,
            encode_bid(sell((1, 1))) + b"\x00",
            "not_canonical",
        ),
    ]
    return [
        vector(
            name,
            RULES,
            {"terms_bytes": encode_terms(terms).hex(), "bid_bytes": data.hex()},
            {"reason": reason},
        )
        for name, terms, data, reason in cases
    ]
