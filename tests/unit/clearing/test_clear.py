"""Problems that come from elsewhere than a file, and lines of any kind."""

from __future__ import annotations

import json

import pytest

from plurichain.auction.bid import Step, encode_bid
from plurichain.auction.names import BidKind, PaymentRule, Side
from plurichain.auction.state import RevealState
from plurichain.auction.ties import compute_rank
from plurichain.clearing.clear import clear_json, clear_ndjson, compute_result
from plurichain.clearing.problem import Problem, ProblemBid, compute_problem_from_chain
from plurichain.clearing.problem_json import parse_problem
from plurichain.errors import ProblemRefused
from plurichain.identifiers import Address
from tests.vectors.cases.common import REVERSE_TERMS, sell
from tests.vectors.cases.refusals import PROBLEM, problem


def make_reveal(number: int, *, admissible: bool = True) -> RevealState:
    address = Address(bytes([number]) * 20, "pluri")
    return RevealState(
        auction_id=1,
        bidder=address,
        bid_bytes=encode_bid(sell((number, 100))),
        salt=bytes(32),
        admissible=admissible,
        reason="" if admissible else "too_many_steps",
        escrow=(),
        revealed_at_ns=5,
        sender=address,
    )


def test_a_problem_from_a_chain() -> None:
    """Admissible reveals alone, ascending by raw address, named by its hex."""
    reveals = [make_reveal(0xB), make_reveal(0xC, admissible=False), make_reveal(0xA)]

    problem = compute_problem_from_chain(REVERSE_TERMS, b"\x01", reveals)

    assert problem == Problem(
        side=Side.REVERSE,
        quantity=REVERSE_TERMS.quantity,
        reserve_price=REVERSE_TERMS.reserve_price,
        payment_rule=PaymentRule.VCG,
        tie_seed=b"\x01",
        bids=(
            ProblemBid("0a" * 20, BidKind.SCHEDULE, (Step(10, 100),)),
            ProblemBid("0b" * 20, BidKind.SCHEDULE, (Step(11, 100),)),
        ),
    )
    assert list(compute_result(problem).allocation.values()) == [10, 11]


def test_the_seed_of_a_chain_breaks_its_ties() -> None:
    """The first of two equals by rank is served."""
    reveals = [make_reveal(5), make_reveal(5)]
    second = Address(bytes([6]) * 20, "pluri")
    reveals[1] = RevealState(
        **{name: getattr(reveals[1], name) for name in RevealState.__slots__} | {"bidder": second}
    )
    for seed in (b"", b"\x01", b"\x02", b"\x03"):
        problem = compute_problem_from_chain(REVERSE_TERMS, seed, reveals)
        problem = Problem(
            problem.side, 5, problem.reserve_price, problem.payment_rule, seed, problem.bids
        )
        names = [bid.bidder for bid in problem.bids]
        first = min(names, key=lambda name: compute_rank(seed, name))

        allocation = compute_result(problem).allocation

        assert allocation == {name: 5 if name == first else 0 for name in names}


def make_problem(**changed: object) -> Problem:
    values = {
        "side": Side.FORWARD,
        "quantity": 1,
        "reserve_price": None,
        "payment_rule": PaymentRule.VCG,
        "tie_seed": b"",
        "bids": (),
    }
    return Problem(**(values | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"side": Side.DOUBLE}, "side double is not supported yet"),
        ({"payment_rule": PaymentRule.CORE}, "payment_rule core is not supported yet"),
        (
            {"payment_rule": PaymentRule.MIDPOINT},
            "payment_rule midpoint is not for side forward",
        ),
        (
            {"payment_rule": PaymentRule.SECOND_PRICE, "quantity": 2},
            "second_price needs quantity 1",
        ),
        ({"side": Side.REVERSE}, "payment_rule vcg in a reverse auction needs a reserve_price"),
        (
            {"bids": (ProblemBid("a", BidKind.BLOCK, (Step(1, 1),)),)},
            "bids[0]: kind block is not supported yet",
        ),
    ],
)
def test_what_is_not_cleared_is_refused_however_it_was_made(
    changed: dict[str, object], reason: str
) -> None:
    """A Problem that was never text is looked at too."""
    with pytest.raises(ProblemRefused) as caught:
        compute_result(make_problem(**changed))

    assert caught.value.cause == reason


def test_a_problem_may_be_an_object_already() -> None:
    """What json.loads gives is parsed as its text is."""
    assert parse_problem(json.loads(problem())) == parse_problem(problem())
    with pytest.raises(ProblemRefused, match="unknown key x"):
        parse_problem(PROBLEM | {"x": 1})


def test_lines_are_answered_one_by_one_and_in_order() -> None:
    """A refusal stops nothing, and nothing is read ahead."""
    lines: list[str | bytes] = [problem(), b"\xff\n", "\n", problem() + "\r\n"]
    answers = clear_ndjson(iter(lines))

    assert next(answers) == clear_json(problem())
    refused = '{"refused":"not valid JSON"}'
    assert list(answers) == [refused, refused, clear_json(problem())]
