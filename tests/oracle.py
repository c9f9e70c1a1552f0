"""One-sided clearing by trying every allocation: the text of the rules, and nothing clever.

For small problems of schedules. It shares no code with the package but the problem's
own type, so that both can only agree by following the same rules.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from plurichain.auction.names import PaymentRule, Side
from plurichain.clearing.problem import Problem

Units = list[int]
"""The unit prices of one bidder's schedule, best first."""


@dataclass(frozen=True)
class OracleResult:
    """Quantities and payments in the problem's order."""

    welfare: int
    quantities: tuple[int, ...]
    payments: tuple[int, ...]
    clearing_price: int | None


def _rank(seed: bytes, name: str) -> bytes:
    preimage = b""
    for part in (b"plurichain/auction/rank/v1", seed, name.encode()):
        preimage += len(part).to_bytes(4, "big") + part
    return hashlib.sha256(preimage).digest()


def _feasible(problem: Problem, units: list[Units]) -> Iterator[tuple[int, ...]]:
    for quantities in product(*(range(len(prices) + 1) for prices in units)):
        if sum(quantities) <= problem.quantity:
            yield quantities


def _value(units: list[Units], quantities: tuple[int, ...]) -> int:
    pairs = zip(units, quantities, strict=True)
    return sum(sum(prices[:quantity]) for prices, quantity in pairs)


def _objective(problem: Problem, units: list[Units], quantities: tuple[int, ...]) -> int:
    """Value with unsold units at the reserve, or minus cost with unbought ones at the cap."""
    rest = problem.quantity - sum(quantities)
    if problem.side is Side.FORWARD:
        return _value(units, quantities) + rest * (problem.reserve_price or 0)
    return -_value(units, quantities) - rest * (problem.reserve_price or 0)


def _choose(problem: Problem, units: list[Units]) -> tuple[int, ...]:
    """Return the best allocation: objective, most units, lexicographic in rank order."""
    ranked = sorted(
        range(len(units)), key=lambda i: _rank(problem.tie_seed, problem.bids[i].bidder)
    )
    no_cap = problem.side is Side.REVERSE and problem.reserve_price is None

    def key(quantities: tuple[int, ...]) -> tuple[int, int, list[int]]:
        objective, traded = _objective(problem, units, quantities), sum(quantities)
        in_rank_order = [quantities[i] for i in ranked]
        # Without a cap a reverse auction takes the most units first, then the least cost.
        first, second = (traded, objective) if no_cap else (objective, traded)
        return first, second, in_rank_order

    return max(_feasible(problem, units), key=key)


def _greatest_objective(problem: Problem, units: list[Units]) -> int:
    allocations = _feasible(problem, units)
    return max(_objective(problem, units, quantities) for quantities in allocations)


def _vcg_payment(problem: Problem, units: list[Units], bidder: int, own: int) -> int:
    others = [prices if i != bidder else [] for i, prices in enumerate(units)]
    without = _greatest_objective(problem, others)
    difference = without - (_greatest_objective(problem, units) - own)
    # A seller's value is minus its cost; what it is paid is minus what it would pay.
    return difference if problem.side is Side.FORWARD else -difference


def _uniform_price(problem: Problem, units: list[Units], quantities: tuple[int, ...]) -> int | None:
    pairs = list(zip(units, quantities, strict=True))
    served = [price for prices, quantity in pairs for price in prices[:quantity]]
    rejected = [price for prices, quantity in pairs for price in prices[quantity:]]
    forward = problem.side is Side.FORWARD
    if not served:
        return None
    if problem.payment_rule is PaymentRule.LAST_ACCEPTED:
        return min(served) if forward else max(served)
    if problem.reserve_price is not None:
        rejected.append(problem.reserve_price)
    return max([*rejected, 0]) if forward else min(rejected)


def compute_by_force(problem: Problem) -> OracleResult:
    """Return the result of a small problem by enumeration."""
    units = [
        [step.price for step in bid.steps for _ in range(step.quantity)] for bid in problem.bids
    ]
    quantities = _choose(problem, units)
    values = tuple(
        sum(prices[:quantity]) for prices, quantity in zip(units, quantities, strict=True)
    )
    sign = 1 if problem.side is Side.FORWARD else -1
    price = None
    if problem.payment_rule is PaymentRule.PAY_AS_BID:
        payments = values
    elif problem.payment_rule is PaymentRule.VCG:
        payments = tuple(
            _vcg_payment(problem, units, bidder, sign * own) for bidder, own in enumerate(values)
        )
    else:
        price = _uniform_price(problem, units, quantities)
        payments = tuple((price or 0) * quantity for quantity in quantities)
    return OracleResult(sign * sum(values), quantities, payments, price)
