"""The payment rules of one-sided auctions of schedules (design 3.3).

Payments are sums of prices of units, so nothing is ever divided or rounded.
"""

from __future__ import annotations

from plurichain.auction.names import PaymentRule, Side
from plurichain.clearing.order_book import LosingBlocks, Split
from plurichain.clearing.problem import Problem


def compute_allocation(split: Split, bidders: int) -> list[int]:
    """Return the units that each bidder trades, by index."""
    units = [0] * bidders
    for _, quantity, bidder in split.served:
        units[bidder] += quantity
    return units


def compute_values(split: Split, bidders: int) -> list[int]:
    """Return what each bidder's served units come to at its own prices, by index."""
    values = [0] * bidders
    for price, quantity, bidder in split.served:
        values[bidder] += quantity * price
    return values


def compute_clearing_price(problem: Problem, split: Split) -> int | None:
    """Return the one unit price of a uniform rule; None for other rules or if nothing trades."""
    if not split.traded:
        return None
    if problem.payment_rule is PaymentRule.LAST_ACCEPTED:
        return split.served[-1][0]
    if problem.payment_rule in (PaymentRule.FIRST_REJECTED, PaymentRule.SECOND_PRICE):
        # A unit beyond the reserve is rejected too, but the reserve is the better price.
        prices = [split.losing[0][0]] if split.losing else []
        if problem.reserve_price is not None:
            prices.append(problem.reserve_price)
        # A reverse auction has a cap here (design 3.3), a forward one is never below 0.
        return max(prices, default=0) if problem.side is Side.FORWARD else min(prices)
    return None


def compute_vcg_payments(problem: Problem, split: Split, allocation: list[int]) -> list[int]:
    """Return the VCG payment of each bidder, by index: W(-i) - (W - v_i).

    Without bidder i its k units go to the k best losing units of others, and what these
    do not fill counts at the reserve (none = 0) or the cap (Krishna, Auction Theory,
    ch. 12). The same sum is what a buyer pays and what a seller is paid.
    """
    losing = LosingBlocks(split.losing)
    unfilled_price = problem.reserve_price or 0
    payments = []
    for bidder, units in enumerate(allocation):
        found, value = losing.compute_best_of_others(bidder, units) if units else (0, 0)
        payments.append(value + (units - found) * unfilled_price)
    return payments
