"""Lots that are a class of credits: what lies in it, what is named, what is delivered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from plurichain.auction.bid import Bid, encode_bid
from plurichain.auction.credit_class import CreditClass
from plurichain.auction.names import BidSide, Settlement
from plurichain.auction.terms import Terms, encode_terms
from plurichain.units import U64_MAX
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

HOUR = 3600
NARROW = CreditClass(10 * HOUR, 12 * HOUR, ("solar_pv", "wind"), ("north",), ("grid-a-1",))
REVERSE = replace(REVERSE_TERMS, lot_denom="", quantity=10, credit_class=NARROW)
FORWARD = replace(FORWARD_TERMS, lot_denom="", quantity=10, credit_class=NARROW)
GOOD = {
    "origin": "grid-a-1",
    "technology": "wind",
    "zone": "north",
    "interval_start": str(10 * HOUR),
    "interval_end": str(11 * HOUR),
}


def _in_class(
    name: str, expected: bool, credit_class: CreditClass = NARROW, **changed: Any
) -> Vector:
    terms = encode_terms(replace(REVERSE, credit_class=credit_class))
    given = {"function": "is_in_class", "terms_bytes": terms.hex(), **GOOD, **changed}
    return vector(name, RULES, given, {"value": expected})


def _delivery(name: str, terms: Terms, bid: Bid | None, units: int) -> Vector:
    given = {
        "function": "class_delivery",
        "terms_bytes": encode_terms(terms).hex(),
        "bid_bytes": None if bid is None else encode_bid(bid).hex(),
    }
    return vector(name, RULES, given, {"value": str(units)})


Amounts = dict[str, int]


def _split(name: str, units: int, coins: Amounts, taken: Amounts, rest: Amounts) -> Vector:
    def rows(amounts: Amounts) -> list[list[str]]:
        return [[denom, str(amount)] for denom, amount in amounts.items()]

    given = {"function": "split_delivery", "units": str(units), "coins": rows(coins)}
    return vector(name, RULES, given, {"value": [rows(taken), rows(rest)]})


def make_vectors() -> list[Vector]:
    """Return the vectors of class lots."""
    seller = sell((3, 1), (4, 2))
    award = replace(REVERSE, settlement=Settlement.AWARD, delivery_window_ns=1)
    return [
        _in_class("all of it", True),
        _in_class("the last interval", True,
                  interval_start=str(11 * HOUR), interval_end=str(12 * HOUR)),
        _in_class("begins before", False, interval_start=str(10 * HOUR - 60)),
        _in_class("ends after", False, interval_end=str(12 * HOUR + 60)),
        _in_class("another technology", False, technology="hydro"),
        _in_class("another zone", False, zone="south"),
        _in_class("part of a zone's name", False, zone="nort"),
        _in_class("another origin", False, origin="grid-b-1"),
        _in_class("an open class", True, CreditClass(), origin="grid-z", technology="x", zone="y"),
        _in_class("no end", True, replace(NARROW, interval_until=0), interval_end=str(99 * HOUR)),
        _in_class("no beginning", True, replace(NARROW, interval_from=0), interval_start="0"),
        _delivery("a seller's whole bid", REVERSE, seller, 7),
        _delivery("a seller beyond the lot", REVERSE, sell((30, 1)), 10),
        _delivery("a seller's largest option", REVERSE,
                  choice(BidSide.SELL, (4, 1), (9, 2), (11, 3)), 9),
        _delivery("a block beyond the lot", REVERSE, block(BidSide.SELL, 11, (20, 1)), 0),
        _delivery("nothing of the buying creator", REVERSE, None, 0),
        _delivery("the selling creator's lot", FORWARD, None, 10),
        _delivery("nothing of a buyer", FORWARD, buy((5, 5)), 0),
        _delivery("nothing in award mode", award, seller, 0),
        _delivery("nothing of a plain lot", REVERSE_TERMS, seller, 0),
        _split("none", 0, {"a": 3, "b": 4}, {}, {"a": 3, "b": 4}),
        _split("part of the first", 2, {"a": 3, "b": 4}, {"a": 2}, {"a": 1, "b": 4}),
        _split("exactly the first", 3, {"a": 3, "b": 4}, {"a": 3}, {"b": 4}),
        _split("into the second", 5, {"a": 3, "b": 4}, {"a": 3, "b": 2}, {"b": 2}),
        _split("all", 7, {"a": 3, "b": 4}, {"a": 3, "b": 4}, {}),
        _split("the largest", U64_MAX, {"a": U64_MAX}, {"a": U64_MAX}, {}),
    ]  # fmt: skip
