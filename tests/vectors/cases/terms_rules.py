"""Which terms a chain takes, and the field whose rule the others break."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from plurichain.auction.credit_class import CreditClass
from plurichain.auction.names import BidKind, PaymentRule, Settlement, Side
from plurichain.auction.terms import Terms, encode_terms
from plurichain.units import U128_MAX, Coin
from tests.vectors.cases.common import FORWARD_TERMS, REVERSE_TERMS, RULES, Vector, vector

AWARD = replace(REVERSE_TERMS, settlement=Settlement.AWARD, delivery_window_ns=3600 * 10**9)
LAST_SECOND = 253_402_300_799


def _case(name: str, terms: Terms, field: str | None, **changed: Any) -> Vector:
    data = encode_terms(replace(terms, **changed))
    return vector(name, RULES, {"terms_bytes": data.hex()}, {"field": field})


def _make_rule_cases() -> list[Vector]:
    forward, reverse = FORWARD_TERMS, REVERSE_TERMS
    rule = PaymentRule
    return [
        *(
            _case(f"forward {name.text}", forward, None, payment_rule=name)
            for name in (rule.PAY_AS_BID, rule.LAST_ACCEPTED, rule.FIRST_REJECTED, rule.VCG)
        ),
        *(
            _case(f"reverse {name.text}", reverse, None, payment_rule=name)
            for name in (rule.PAY_AS_BID, rule.LAST_ACCEPTED, rule.FIRST_REJECTED, rule.VCG)
        ),
        _case(
            "second_price of one unit", forward, None, payment_rule=rule.SECOND_PRICE, quantity=1
        ),
        _case(
            "second_price of two units",
            forward,
            "quantity",
            payment_rule=rule.SECOND_PRICE,
            quantity=2,
        ),
        _case("core", forward, "payment_rule", payment_rule=rule.CORE),
        _case("midpoint", forward, "payment_rule", payment_rule=rule.MIDPOINT),
        _case("mcafee", reverse, "payment_rule", payment_rule=rule.MCAFEE),
        _case("double", forward, "side", side=Side.DOUBLE, quantity=0),
        _case("choices", forward, "kinds", kinds=(BidKind.CHOICE,)),
        _case("schedules and blocks", forward, "kinds", kinds=(BidKind.SCHEDULE, BidKind.BLOCK)),
        _case("no quantity", forward, "quantity", quantity=0),
        _case("a block's worth of bidders", forward, None, max_bidders=10),
    ]


def _make_class_cases() -> list[Vector]:
    forward = replace(FORWARD_TERMS, lot_denom="")
    reverse = replace(REVERSE_TERMS, lot_denom="")
    wide = tuple(f"zone {n:02d}" for n in range(16))
    return [
        _case("a class in a forward auction", forward, None, credit_class=CreditClass()),
        _case("a class in a reverse auction", reverse, None, credit_class=CreditClass(0, 60)),
        _case("a class in award mode", replace(AWARD, lot_denom=""), None,
              credit_class=CreditClass(60)),
        _case("a class beside a lot", reverse, "lot_denom", lot_denom="watthour",
              credit_class=CreditClass()),
        _case("neither lot nor class", reverse, "lot_denom"),
        _case("a class of an empty window", reverse, "credit_class",
              credit_class=CreditClass(60, 60)),
        _case("a class after the year 9999", reverse, "credit_class",
              credit_class=CreditClass(0, LAST_SECOND + 1)),
        _case("sixteen zones", reverse, None, credit_class=CreditClass(zones=wide)),
        _case("seventeen zones", reverse, "credit_class",
              credit_class=CreditClass(zones=(*wide, "zone 16"))),
        _case("a technology in capitals", reverse, "credit_class",
              credit_class=CreditClass(technologies=("Wind",))),
        _case("a technology of 33 letters", reverse, "credit_class",
              credit_class=CreditClass(technologies=("w" * 33,))),
        _case("an empty zone", reverse, "credit_class", credit_class=CreditClass(zones=("",))),
        _case("a zone of 64 bytes", reverse, None, credit_class=CreditClass(zones=("ö" * 32,))),
        _case("a zone of 65 bytes", reverse, "credit_class",
              credit_class=CreditClass(zones=("ö" * 32 + "z",))),
        _case("a zone over two lines", reverse, "credit_class",
              credit_class=CreditClass(zones=("a\nb",))),
        _case("an origin that is no chain id", reverse, "credit_class",
              credit_class=CreditClass(origins=("grid a",))),
    ]  # fmt: skip


def _make_price_cases() -> list[Vector]:
    forward, reverse = FORWARD_TERMS, REVERSE_TERMS
    return [
        _case("forward without a limit", forward, "price_limit", price_limit=None),
        _case("forward limit of 0", forward, "price_limit", price_limit=0),
        _case("forward reserve of 0", forward, None, reserve_price=0),
        _case("reserve equal to the limit", forward, None, reserve_price=500),
        _case("reserve above the limit", forward, "reserve_price", reserve_price=501),
        _case("reverse with a limit", reverse, "price_limit", price_limit=500),
        _case("reverse cap of 0", reverse, "reserve_price", reserve_price=0),
        _case(
            "reverse without a cap",
            reverse,
            "reserve_price",
            reserve_price=None,
            payment_rule=PaymentRule.PAY_AS_BID,
        ),
        _case(
            "award pay_as_bid without a cap",
            AWARD,
            None,
            reserve_price=None,
            payment_rule=PaymentRule.PAY_AS_BID,
        ),
        _case(
            "award last_accepted without a cap",
            AWARD,
            None,
            reserve_price=None,
            payment_rule=PaymentRule.LAST_ACCEPTED,
        ),
        _case("award vcg without a cap", AWARD, "reserve_price", reserve_price=None),
        _case(
            "award first_rejected without a cap",
            AWARD,
            "reserve_price",
            reserve_price=None,
            payment_rule=PaymentRule.FIRST_REJECTED,
        ),
    ]


def _make_denom_cases() -> list[Vector]:
    forward = FORWARD_TERMS
    eight = tuple(Coin(f"coin{number}", 1) for number in range(8))
    return [
        _case("no payment denom", forward, "payment_denom", payment_denom=""),
        _case("payment denom with a blank", forward, "payment_denom", payment_denom="u eur"),
        _case("payment denom of two letters", forward, "payment_denom", payment_denom="eu"),
        _case("no lot denom", forward, "lot_denom", lot_denom=""),
        _case("lot denom that begins with a digit", forward, "lot_denom", lot_denom="1wh"),
        _case("voucher as lot", forward, None, lot_denom="ibc/" + "AB" * 32),
        _case("denom of 128 letters", forward, None, lot_denom="a" * 128),
        _case("denom of 129 letters", forward, "lot_denom", lot_denom="a" * 129),
        _case("the same denom twice", forward, "lot_denom", lot_denom="ueur"),
        _case("award of no coin", AWARD, None, lot_denom=""),
        _case("award of no denom", AWARD, "lot_denom", lot_denom="4 kWh"),
        _case("deposit of two coins", forward, None, deposit=(Coin("ueur", 1), Coin("upluri", 2))),
        _case("greatest deposit", forward, None, deposit=(Coin("ueur", U128_MAX),)),
        _case("deposit of no denom", forward, "deposit", deposit=(Coin("x", 1),)),
        _case("deposit of eight coins", forward, None, deposit=eight),
        _case("deposit of nine coins", forward, "deposit", deposit=(*eight, Coin("ueur", 1))),
    ]


def _make_time_cases() -> list[Vector]:
    forward = FORWARD_TERMS
    return [
        _case("commit_window of 0", forward, "commit_window", commit_window_ns=0),
        _case("reveal_window of 0", forward, "reveal_window", reveal_window_ns=0),
        _case("award", AWARD, None),
        _case("award without a window", AWARD, "delivery_window", delivery_window_ns=0),
        _case("coins with a delivery window", forward, "delivery_window", delivery_window_ns=1),
        _case("an energy interval", forward, None, delivery_start=1, delivery_end=2),
        _case("the last second", forward, None, delivery_start=1, delivery_end=LAST_SECOND),
        _case(
            "after the year 9999",
            forward,
            "delivery_end",
            delivery_start=1,
            delivery_end=LAST_SECOND + 1,
        ),
        _case("an interval without a start", forward, "delivery_start", delivery_end=2),
        _case("an interval without an end", forward, "delivery_end", delivery_start=2),
        _case("an empty interval", forward, "delivery_end", delivery_start=2, delivery_end=2),
        _case("a title", forward, None, title="Wärme ⚡ für die Stadt"),
        _case("a title of two lines", forward, "title", title="a\nb"),
        _case("a title with a delete character", forward, "title", title="a\x7fb"),
        _case("a title with a control character of Latin-1", forward, "title", title="a\x85b"),
    ]


def make_vectors() -> list[Vector]:
    """Return terms with the field whose rule they break."""
    return [
        *_make_rule_cases(),
        *_make_class_cases(),
        *_make_price_cases(),
        *_make_denom_cases(),
        *_make_time_cases(),
    ]
