"""What holds of every cleared problem, found by hypothesis and by a brute-force oracle."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations_with_replacement, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plurichain.auction.bid import Bid, Step
from plurichain.auction.money import compute_greatest_payment
from plurichain.auction.names import BidKind, BidSide, PaymentRule, Side
from plurichain.clearing.clear import clear_json, compute_result
from plurichain.clearing.problem import Problem, ProblemBid
from plurichain.clearing.result import ClearingResult
from plurichain.units import U64_MAX, U128_MAX
from tests.oracle import compute_by_force
from tests.problems import format_problem, problems

LARGE = problems(max_bids=8, max_steps=5, max_quantity=2**58, max_price=U128_MAX)
MIDDLE = problems(max_bids=8, max_steps=5, max_quantity=9, max_price=9)


def compute_served_value(problem: Problem, name: str, units: int) -> int:
    """Return what ``units`` of a bidder come to at its own prices."""
    bid = next(bid for bid in problem.bids if bid.bidder == name)
    return compute_greatest_payment(Bid(bid.kind, BidSide.BUY, bid.steps), units)


@settings(max_examples=1500, deadline=None)
@given(problems())
def test_every_result_is_that_of_the_oracle(problem: Problem) -> None:
    """Allocation, payments, welfare and price are those of trying every allocation."""
    expected = compute_by_force(problem)

    actual = compute_result(problem)

    assert tuple(actual.allocation.values()) == expected.quantities
    assert tuple(actual.payment.values()) == expected.payments
    assert actual.welfare == expected.welfare
    assert actual.clearing_price == expected.clearing_price
    assert list(actual.allocation) == [bid.bidder for bid in problem.bids]


@settings(deadline=None)
@given(LARGE | MIDDLE, st.randoms(use_true_random=False))
def test_the_order_of_bids_changes_nothing(problem: Problem, rng: random.Random) -> None:
    """A permutation of the bids gives every bidder the same, in the new order."""
    bids = list(problem.bids)
    rng.shuffle(bids)
    before = compute_result(problem)

    after = compute_result(replace(problem, bids=tuple(bids)))

    assert after == before
    assert list(after.allocation) == [bid.bidder for bid in bids]


@settings(deadline=None)
@given(LARGE | MIDDLE)
def test_no_winner_loses_by_taking_part(problem: Problem) -> None:
    """A buyer pays at most its bid, a seller gets at least its cost; losers pay nothing."""
    result = compute_result(problem)

    for name, units in result.allocation.items():
        own, payment = compute_served_value(problem, name, units), result.payment[name]
        if problem.side is Side.FORWARD:
            assert 0 <= payment <= own
        else:
            assert payment >= own
        if units == 0:
            assert payment == 0


@settings(deadline=None)
@given(LARGE | MIDDLE)
def test_money_and_units_are_conserved(problem: Problem) -> None:
    """Nothing is traded, paid or earned beyond what was offered, escrowed or bid."""
    result = compute_result(problem)
    traded, paid = sum(result.allocation.values()), sum(result.payment.values())

    assert traded <= problem.quantity
    assert result.surplus == 0
    value = sum(compute_served_value(problem, *row) for row in result.allocation.items())
    assert result.welfare == (value if problem.side is Side.FORWARD else -value)
    if result.clearing_price is not None:
        assert paid == traded * result.clearing_price
    if problem.payment_rule is PaymentRule.PAY_AS_BID:
        assert paid == value
    reserve = problem.reserve_price
    if reserve is not None and problem.side is Side.FORWARD:
        assert paid >= traded * reserve
    if reserve is not None and problem.side is Side.REVERSE:
        assert paid <= traded * reserve


@settings(deadline=None)
@given(MIDDLE, st.integers(2, U64_MAX // 1000), st.integers(2, U128_MAX // 1000))
def test_greater_units_and_prices_scale(problem: Problem, units: int, price: int) -> None:
    """Quantities times k and prices times p give k times the units and k·p times the money."""
    if problem.payment_rule is PaymentRule.SECOND_PRICE:
        units = 1
    bids = tuple(
        replace(bid, steps=tuple(Step(s.quantity * units, s.price * price) for s in bid.steps))
        for bid in problem.bids
    )
    reserve = None if problem.reserve_price is None else problem.reserve_price * price
    larger = replace(problem, quantity=problem.quantity * units, reserve_price=reserve, bids=bids)
    small = compute_result(problem)

    large = compute_result(larger)

    assert large.allocation == {name: units * count for name, count in small.allocation.items()}
    # A step of k units is cut where single units are: its rest sets the same prices.
    assert large.payment == {name: units * price * paid for name, paid in small.payment.items()}
    assert large.welfare == units * price * small.welfare


@settings(deadline=None)
@given(LARGE | MIDDLE)
def test_splitting_a_step_changes_nothing(problem: Problem) -> None:
    """Two steps of one price are one step of the sum."""
    bids = tuple(
        replace(
            bid,
            steps=tuple(
                Step(part, step.price)
                for step in bid.steps
                for part in (step.quantity // 2, step.quantity - step.quantity // 2)
                if part
            ),
        )
        for bid in problem.bids
    )

    assert compute_result(replace(problem, bids=bids)) == compute_result(problem)


@settings(deadline=None)
@given(problems(rules=(PaymentRule.VCG,), max_quantity=1, max_steps=1, max_price=20))
def test_vcg_of_one_unit_is_the_second_price(problem: Problem) -> None:
    """For one unit VCG and the second price are the same payment."""
    single = replace(problem, quantity=1)
    second = replace(single, payment_rule=PaymentRule.SECOND_PRICE)

    assert compute_result(single).payment == compute_result(second).payment


@settings(deadline=None)
@given(LARGE | MIDDLE)
def test_the_text_of_a_problem_says_the_same(problem: Problem) -> None:
    """Clearing the written problem gives the written result."""
    assert clear_json(format_problem(problem)) == compute_result(problem).to_json()


def make_schedules(side: Side, units: int, highest: int) -> list[tuple[Step, ...]]:
    """Return every admissible schedule of up to ``units`` units at 0 to ``highest``; () first."""
    rows: list[tuple[Step, ...]] = []
    for count in range(units + 1):
        for prices in combinations_with_replacement(range(highest + 1), count):
            ordered = prices[::-1] if side is Side.FORWARD else prices
            rows.append(tuple(Step(1, price) for price in ordered))
    return rows


def compute_outcome(
    side: Side, lot: int, reserve: int | None, schedules: tuple[tuple[Step, ...], ...]
) -> tuple[int, int]:
    """Return (units, payment) of the first bidder under VCG; an empty schedule is no bid."""
    bids = tuple(
        ProblemBid(f"b{index}", BidKind.SCHEDULE, steps)
        for index, steps in enumerate(schedules)
        if steps
    )
    problem = Problem(side, lot, reserve, PaymentRule.VCG, b"", bids)
    result: ClearingResult = compute_result(problem)
    return result.allocation.get("b0", 0), result.payment.get("b0", 0)


@pytest.mark.parametrize("side", [Side.FORWARD, Side.REVERSE])
@pytest.mark.parametrize("lot", [1, 2, 3])
@pytest.mark.parametrize("reserve", [0, 2])
def test_no_misreport_gains_under_vcg(side: Side, lot: int, reserve: int) -> None:
    """The largest gain from one bidder's misreport is 0, over the whole of a small space.

    True schedules of up to 2 units at 0 to 3; every admissible report of up to the true
    quantity at 0 to highest + 1; two other bidders with every schedule of the same space.
    """
    units, highest = 2, 3
    truths = make_schedules(side, units, highest)[1:]
    reports = make_schedules(side, units, highest + 1)
    others = make_schedules(side, units, highest)
    sign = 1 if side is Side.FORWARD else -1
    greatest_gain = 0
    for left, right in product(others, others):
        outcomes = {
            report: compute_outcome(side, lot, reserve, (report, left, right)) for report in reports
        }
        for truth in truths:

            def compute_gain(report: tuple[Step, ...]) -> int:
                count, payment = outcomes[report]  # noqa: B023
                value = sum(step.price for step in truth[:count])  # noqa: B023
                return sign * (value - payment)

            honest = compute_gain(truth)
            # Units beyond the true quantity have no true value, so they are not reported.
            admissible = (report for report in reports if len(report) <= len(truth))
            gain = max(map(compute_gain, admissible)) - honest
            greatest_gain = max(greatest_gain, gain)

    assert greatest_gain == 0
