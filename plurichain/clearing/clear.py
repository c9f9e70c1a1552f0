"""From a problem to its result; the line-by-line form of the command line (design 3.3)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from plurichain.auction.names import PaymentRule, Side
from plurichain.clearing.order_book import compute_split
from plurichain.clearing.payments import (
    compute_allocation,
    compute_clearing_price,
    compute_values,
    compute_vcg_payments,
)
from plurichain.clearing.problem import Problem
from plurichain.clearing.problem_json import parse_problem, validate_cleared
from plurichain.clearing.result import ClearingResult
from plurichain.errors import ProblemRefused


def compute_result(problem: Problem) -> ClearingResult:
    """Return the exact result of a problem.

    O(K log K) for K steps in all. Raises ProblemRefused for a side, rule or kind that is
    not cleared; a Problem that was not parsed has to keep the other rules of parse_problem.
    """
    validate_cleared(problem)
    split = compute_split(problem)
    count = len(problem.bids)
    allocation = compute_allocation(split, count)
    values = compute_values(split, count)
    price = compute_clearing_price(problem, split)
    if problem.payment_rule is PaymentRule.VCG:
        payments = compute_vcg_payments(problem, split, allocation)
    elif price is not None:
        payments = [units * price for units in allocation]
    else:
        payments = values
    names = [bid.bidder for bid in problem.bids]
    total = sum(values)
    return ClearingResult(
        welfare=total if problem.side is Side.FORWARD else -total,
        allocation=dict(zip(names, allocation, strict=True)),
        payment=dict(zip(names, payments, strict=True)),
        clearing_price=price,
    )


def clear_json(text: str | bytes) -> str:
    """Return the result of a problem file as one line of JSON, without a line end.

    Raises ProblemRefused whose cause is the reason.
    """
    return compute_result(parse_problem(text)).to_json()


def clear_ndjson(lines: Iterable[str | bytes]) -> Iterator[str]:
    """Yield one line of JSON for each problem, in order, without line ends.

    A refused problem gives {"refused": reason}.
    """
    for line in lines:
        try:
            yield clear_json(line)
        except ProblemRefused as refusal:
            document = {"refused": refusal.cause}
            yield json.dumps(document, ensure_ascii=False, separators=(",", ":"))
