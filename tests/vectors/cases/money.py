"""Deposits and escrows. Amounts are worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from plurichain.auction.bid import Bid, encode_bid
from plurichain.auction.names import BidSide, PaymentRule, Settlement, Side
from plurichain.auction.terms import Terms, encode_terms
from plurichain.units import U64_MAX, U128_MAX, Coin
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

Coins = dict[str, int]
BUY, SELL = BidSide.BUY, BidSide.SELL
# 10 units at most 50 each, so that amounts stay small enough to check in the head.
FORWARD = replace(FORWARD_TERMS, quantity=10, price_limit=50)
REVERSE = replace(REVERSE_TERMS, quantity=10, reserve_price=50)
CHEAP = replace(FORWARD, deposit=(Coin("ueur", 100),))
MIXED = replace(REVERSE, deposit=(Coin("ueur", 7), Coin("watthour", 4)))
AWARD: dict[str, Any] = {"settlement": Settlement.AWARD, "delivery_window_ns": 1}

_CASES: tuple[tuple[str, Terms, Bid | None, Coins, Coins, Coins], ...] = (
    ("forward default", FORWARD, None, {"ueur": 500}, {"watthour": 10}, {}),
    ("reverse default", REVERSE, None, {"ueur": 50}, {"ueur": 500}, {}),
    (
        "a tenth is rounded up",
        replace(REVERSE, quantity=1, reserve_price=1),
        None,
        {"ueur": 1},
        {"ueur": 1},
        {},
    ),
    (
        "a tenth of 11 is 2",
        replace(REVERSE, quantity=1, reserve_price=11),
        None,
        {"ueur": 2},
        {"ueur": 11},
        {},
    ),
    ("named deposit", MIXED, None, {"ueur": 7, "watthour": 4}, {"ueur": 500}, {}),
    ("award escrows nothing", replace(REVERSE, **AWARD), sell((10, 1)), {"ueur": 50}, {}, {}),
    (
        "award without a cap has no default",
        replace(REVERSE, reserve_price=None, payment_rule=PaymentRule.PAY_AS_BID, **AWARD),
        None,
        {},
        {},
        {},
    ),
    (
        "double default",
        replace(FORWARD, side=Side.DOUBLE, quantity=0, max_quantity=3),
        None,
        {"ueur": 150},
        {},
        {},
    ),
    (
        "double without max_quantity",
        replace(FORWARD, side=Side.DOUBLE, quantity=0),
        None,
        {},
        {},
        {},
    ),
    (
        "double: only the bid bounds a buyer",
        replace(CHEAP, side=Side.DOUBLE, quantity=0),
        buy((4, 30), (4, 20)),
        {"ueur": 100},
        {},
        {"ueur": 100},
    ),
    (
        "double: only the bid bounds a seller",
        replace(CHEAP, side=Side.DOUBLE, quantity=0),
        sell((4, 30), (14, 40)),
        {"ueur": 100},
        {},
        {"watthour": 18},
    ),
    ("the default covers any buyer", FORWARD, buy((10, 50)), {"ueur": 500}, {"watthour": 10}, {}),
    (
        "a buyer beyond a small deposit",
        CHEAP,
        buy((5, 50), (5, 30)),
        {"ueur": 100},
        {"watthour": 10},
        {"ueur": 300},
    ),
    (
        "a buyer of more than the lot",
        CHEAP,
        buy((8, 50), (8, 30)),
        {"ueur": 100},
        {"watthour": 10},
        {"ueur": 360},
    ),
    ("a buyer within a small deposit", CHEAP, buy((2, 50)), {"ueur": 100}, {"watthour": 10}, {}),
    (
        "a reserve changes no escrow",
        replace(CHEAP, reserve_price=40),
        buy((5, 50), (5, 30)),
        {"ueur": 100},
        {"watthour": 10},
        {"ueur": 300},
    ),
    (
        "a choice counts its dearest option",
        CHEAP,
        choice(BUY, (1, 150), (2, 120)),
        {"ueur": 100},
        {"watthour": 10},
        {"ueur": 50},
    ),
    (
        "an option beyond the lot counts nothing",
        CHEAP,
        choice(BUY, (1, 110), (11, 500)),
        {"ueur": 100},
        {"watthour": 10},
        {"ueur": 10},
    ),
    (
        "only options beyond the lot",
        CHEAP,
        choice(BUY, (11, 500)),
        {"ueur": 100},
        {"watthour": 10},
        {},
    ),
    (
        "a block of a buyer",
        CHEAP,
        block(BUY, 10, (20, 40)),
        {"ueur": 100},
        {"watthour": 10},
        {"ueur": 300},
    ),
    (
        "a block that cannot be served",
        CHEAP,
        block(BUY, 11, (20, 40)),
        {"ueur": 100},
        {"watthour": 10},
        {},
    ),
    (
        "a seller delivers its total",
        REVERSE,
        sell((3, 1), (4, 2)),
        {"ueur": 50},
        {"ueur": 500},
        {"watthour": 7},
    ),
    (
        "a seller delivers at most the lot",
        REVERSE,
        sell((3, 1), (40, 2)),
        {"ueur": 50},
        {"ueur": 500},
        {"watthour": 10},
    ),
    (
        "units above the cap are escrowed too",
        REVERSE,
        sell((3, 1), (4, 51)),
        {"ueur": 50},
        {"ueur": 500},
        {"watthour": 7},
    ),
    (
        "a deposit in the lot denom counts",
        MIXED,
        sell((7, 1)),
        {"ueur": 7, "watthour": 4},
        {"ueur": 500},
        {"watthour": 3},
    ),
    (
        "a deposit in the lot denom suffices",
        MIXED,
        sell((4, 1)),
        {"ueur": 7, "watthour": 4},
        {"ueur": 500},
        {},
    ),
    (
        "a choice of a seller",
        REVERSE,
        choice(SELL, (2, 9), (9, 1), (11, 2)),
        {"ueur": 50},
        {"ueur": 500},
        {"watthour": 9},
    ),
    (
        "a block of a seller",
        REVERSE,
        block(SELL, 5, (8, 9)),
        {"ueur": 50},
        {"ueur": 500},
        {"watthour": 8},
    ),
    (
        "a block of a seller beyond the lot",
        REVERSE,
        block(SELL, 11, (12, 9)),
        {"ueur": 50},
        {"ueur": 500},
        {},
    ),
    (
        "the greatest lot at the greatest price",
        replace(FORWARD, quantity=U64_MAX, price_limit=U128_MAX, deposit=(Coin("ueur", 1),)),
        buy((U64_MAX, U128_MAX)),
        {"ueur": 1},
        {"watthour": U64_MAX},
        {"ueur": U64_MAX * U128_MAX - 1},
    ),
    (
        "the greatest lot under the greatest cap",
        replace(REVERSE, quantity=U64_MAX, reserve_price=U128_MAX),
        sell((U64_MAX, 0)),
        {"ueur": -(-U64_MAX * U128_MAX // 10)},
        {"ueur": U64_MAX * U128_MAX},
        {"watthour": U64_MAX},
    ),
)


def _show(coins: Coins) -> list[list[str]]:
    return [[denom, str(amount)] for denom, amount in coins.items()]


def make_vectors() -> list[Vector]:
    """Return terms and bids with what is deposited and escrowed."""
    vectors = []
    for name, terms, bid, deposit, creator, reveal in _CASES:
        given = {
            "terms_bytes": encode_terms(terms).hex(),
            "bid_bytes": encode_bid(bid).hex() if bid else None,
        }
        expected = {
            "deposit": _show(deposit),
            "creator_escrow": _show(creator),
            "reveal_escrow": _show(reveal) if bid else None,
        }
        vectors.append(vector(name, RULES, given, expected))
    return vectors
