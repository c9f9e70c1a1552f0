"""Random clearing problems: from a seeded generator, and as hypothesis strategies."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import strategies as st

from plurichain.auction.bid import Step
from plurichain.auction.names import BidKind, PaymentRule, Side
from plurichain.clearing.problem import Problem, ProblemBid
from plurichain.units import U64_MAX, U128_MAX

RULES = (
    PaymentRule.PAY_AS_BID,
    PaymentRule.LAST_ACCEPTED,
    PaymentRule.FIRST_REJECTED,
    PaymentRule.SECOND_PRICE,
    PaymentRule.VCG,
)
UNCAPPED_RULES = (PaymentRule.PAY_AS_BID, PaymentRule.LAST_ACCEPTED)


@st.composite
def schedules(
    draw: st.DrawFn, *, side: Side, max_steps: int, max_quantity: int, max_price: int
) -> tuple[Step, ...]:
    """Return the steps of one schedule in order."""
    prices = draw(st.lists(st.integers(0, max_price), min_size=1, max_size=max_steps))
    prices.sort(reverse=side is Side.FORWARD)
    return tuple(Step(draw(st.integers(1, max_quantity)), price) for price in prices)


@st.composite
def problems(
    draw: st.DrawFn,
    *,
    rules: tuple[PaymentRule, ...] = RULES,
    max_bids: int = 4,
    max_steps: int = 2,
    max_quantity: int = 2,
    max_price: int = 4,
) -> Problem:
    """Return a problem that is cleared. The default sizes suit the brute-force oracle."""
    side = draw(st.sampled_from((Side.FORWARD, Side.REVERSE)))
    rule = draw(st.sampled_from(rules))
    # One above every price, where such a number exists.
    reserves = st.integers(0, min(max_price + 1, U128_MAX))
    optional = side is Side.FORWARD or rule in UNCAPPED_RULES
    reserve = draw(st.none() | reserves if optional else reserves)
    lot = 1 if rule is PaymentRule.SECOND_PRICE else draw(st.integers(1, 3 * max_quantity))
    steps = schedules(
        side=side, max_steps=max_steps, max_quantity=max_quantity, max_price=max_price
    )
    bids = tuple(
        ProblemBid(f"b{index}", BidKind.SCHEDULE, rows)
        for index, rows in enumerate(draw(st.lists(steps, max_size=max_bids)))
    )
    return Problem(side, lot, reserve, rule, draw(st.binary(max_size=2)), bids)


def format_problem(problem: Problem) -> str:
    """Return a problem as the text of its file."""
    bids = [
        {"bidder": bid.bidder, "kind": bid.kind.text, "steps": [list(step) for step in bid.steps]}
        for bid in problem.bids
    ]
    document = {
        "side": problem.side.text,
        "quantity": problem.quantity,
        "reserve_price": problem.reserve_price,
        "payment_rule": problem.payment_rule.text,
        "tie_seed": problem.tie_seed.hex(),
        "bids": bids,
    }
    return json.dumps(document)


# Each draws from a few values, so that equal prices and exact fits are common.
_PRICES = (
    lambda rng: rng.randrange(4),
    lambda rng: rng.randrange(1000),
    lambda rng: rng.randrange(2**64),
    lambda rng: U128_MAX - rng.randrange(3),
)
_QUANTITIES = (
    lambda rng: rng.randrange(1, 4),
    lambda rng: rng.randrange(1, 1000),
    lambda rng: rng.randrange(1, 2**60),
)
_NAMES = ("a", "b", "ä⚡", 'q"\\', "\n\x01\x7f", " ", "10", "0x", "A", "aa", "long" * 20)
_ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, "", "0", "01", "-0", "1e3", [], {}, [[]], [[1, 2]], [1, 2], "schedule",
    "choice", "block", "vcg", "core", "midpoint", "double", "reverse", 2**64, 2**128,
    str(2**64 - 1), "\ud800", "é", "0g", 10**45, U64_MAX, U128_MAX,
)  # fmt: skip
_KEYS = (
    "side", "quantity", "reserve_price", "payment_rule", "tie_seed", "bids", "bidder", "kind",
    "steps", "options", "minimum", "x", "\ud801", 'k"',
)  # fmt: skip


def _draw_bid(rng: random.Random, name: str, forward: bool) -> dict[str, Any]:
    draw_price, draw_quantity = rng.choice(_PRICES), rng.choice(_QUANTITIES)
    prices = sorted((draw_price(rng) for _ in range(rng.randrange(1, 6))), reverse=forward)
    steps = [[draw_quantity(rng), price] for price in prices]
    if rng.random() < 0.1:
        steps = [[str(quantity), str(price)] for quantity, price in steps]
    return {"bidder": name, "kind": "schedule", "steps": steps}


def _draw_document(rng: random.Random) -> dict[str, Any]:
    forward = rng.random() < 0.5
    rule = rng.choice(RULES).text
    names = rng.sample(_NAMES, rng.randrange(len(_NAMES) + 1))
    bids = [_draw_bid(rng, name, forward) for name in names]
    offered = sum(int(step[0]) for bid in bids for step in bid["steps"])
    # Around what is offered, so that being short, exact and over are all common.
    lot = max(1, min(U64_MAX, offered * rng.randrange(5) // 3 + rng.randrange(-1, 2)))
    document: dict[str, Any] = {
        "side": "forward" if forward else "reverse",
        "quantity": 1 if rule == "second_price" else lot,
        "payment_rule": rule,
        "bids": bids,
    }
    if rng.random() < 0.7 or not forward:
        document["reserve_price"] = rng.choice(_PRICES)(rng)
    if rng.random() < 0.5:
        document["tie_seed"] = rng.randbytes(rng.choice((0, 1, 32))).hex()
    return document


def _break_document(rng: random.Random, document: dict[str, Any]) -> None:
    """Change one thing somewhere, most often to something that is refused."""
    target: Any = document
    if document["bids"] and rng.random() < 0.6:
        target = rng.choice(document["bids"])
        if rng.random() < 0.5:
            steps = target["steps"]
            steps[rng.randrange(len(steps))] = rng.choice((rng.choice(_ODD), [1, rng.choice(_ODD)]))
            return
    if rng.random() < 0.3:
        target.pop(rng.choice(list(target)))
    else:
        target[rng.choice(_KEYS)] = rng.choice(_ODD)


def draw_line(rng: random.Random) -> str:
    """Return one line for ``--ndjson``: mostly a problem, at times a broken one or broken text."""
    document = _draw_document(rng)
    if rng.random() < 0.2:
        _break_document(rng, document)
    text = json.dumps(document, ensure_ascii=rng.random() < 0.5)
    # A lone surrogate can only be written as an escape.
    text = text.encode("utf-8", "backslashreplace").decode()
    if rng.random() < 0.02:
        text = text.replace(f'"{rng.choice(_KEYS[:9])}"', f'"{rng.choice(_KEYS[:9])}"', 1)
    if rng.random() < 0.05:
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice(("", ",", "}", '"', "\\", "0", "é", " ")) + text[at + 1 :]
    return text
