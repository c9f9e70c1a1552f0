"""Schedules as blocks of equal units, best first, and the split into served and losing.

Nothing here walks single units: a block of 2^64 - 1 of them costs as much as one of 1.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter

from plurichain.auction.names import Side
from plurichain.auction.ties import compute_rank
from plurichain.clearing.problem import Problem

Block = tuple[int, int, int]
"""(price, quantity, index of the bidder in the problem): units of one bidder at one price.

A plain tuple: a problem has a hundred thousand of them, and the collector of garbage
does not visit tuples of integers again.
"""


class LosingBlocks:
    """Eligible units that were not served, best first, with running sums.

    ``blocks`` stand in the order of the book.
    """

    __slots__ = ("_blocks", "_own", "_units", "_values")

    def __init__(self, blocks: list[Block]) -> None:
        self._blocks = blocks
        # Entry j is the total of the first j blocks.
        self._units = list(accumulate((block[1] for block in blocks), initial=0))
        self._values = list(accumulate((block[0] * block[1] for block in blocks), initial=0))
        self._own: dict[int, list[int]] = {}
        for position, (_, _, bidder) in enumerate(blocks):
            self._own.setdefault(bidder, []).append(position)

    def compute_best_of_others(self, bidder: int, units: int) -> tuple[int, int]:
        """Return (units found, their value): the best ``units`` losing units of others.

        Costs O(own losing blocks + log blocks).
        """
        own_units = own_value = 0
        for position in self._own.get(bidder, ()):
            # Others' blocks before this one already suffice: what comes later is not needed.
            if self._units[position] - own_units >= units:
                break
            price, quantity, _ = self._blocks[position]
            own_units += quantity
            own_value += quantity * price
        found = min(units, self._units[-1] - own_units)
        # Read to the first block that completes the count; the cut falls in a block of others.
        last = bisect_left(self._units, found + own_units)
        value = self._values[last] - own_value
        surplus = self._units[last] - own_units - found
        if surplus:
            value -= surplus * self._blocks[last - 1][0]
        return found, value


@dataclass(slots=True)
class Split:
    """Units by what became of them.

    ``served``: blocks that trade. ``losing``: blocks within the reserve or cap that do
    not; what is beyond it sets no price, since the reserve itself is better. ``traded``:
    units served in all.
    """

    served: list[Block]
    losing: list[Block]
    traded: int


def compute_order(problem: Problem) -> list[Block]:
    """Return all steps, best price first, equal prices by rank of their bidders."""
    names = [bid.bidder for bid in problem.bids]
    ranked = sorted(range(len(names)), key=lambda i: compute_rank(problem.tie_seed, names[i]))
    by_rank = [
        (price, quantity, index)
        for index in ranked
        for quantity, price in problem.bids[index].steps
    ]
    # The sort is stable, also in reverse: blocks of one price stay in rank order.
    by_rank.sort(key=itemgetter(0), reverse=problem.side is Side.FORWARD)
    return by_rank


def compute_split(problem: Problem) -> Split:
    """Return who is served: the best units within the reserve or cap, up to the quantity."""
    served: list[Block] = []
    losing: list[Block] = []
    left = problem.quantity
    reserve = problem.reserve_price
    forward = problem.side is Side.FORWARD
    for block in compute_order(problem):
        price, quantity, bidder = block
        if reserve is not None and (price < reserve if forward else price > reserve):
            break  # and so are all that follow
        if quantity <= left:
            served.append(block)
            left -= quantity
            continue
        if left:
            served.append((price, left, bidder))
        losing.append((price, quantity - left, bidder))
        left = 0
    return Split(served, losing, problem.quantity - left)
