"""Schedules as blocks of equal units, best first, and the split into served and losing.

Nothing here walks single units: a block of 2^64 - 1 of them costs as much as one of 1.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate
from operator import attrgetter
from typing import NamedTuple

from plurichain.auction.names import Side
from plurichain.auction.ties import compute_rank
from plurichain.clearing.problem import Problem


class Block(NamedTuple):
    """Units of one bidder at one price. ``bidder`` is its index in the problem."""

    price: int
    quantity: int
    bidder: int


@dataclass(slots=True)
class LosingBlocks:
    """Eligible units that were not served, best first, with running sums.

    ``units[j]`` and ``values[j]`` are the totals of the first j blocks; ``own[i]`` lists
    the positions of the blocks of bidder i.
    """

    blocks: list[Block]
    units: list[int] = field(init=False)
    values: list[int] = field(init=False)
    own: dict[int, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        blocks = self.blocks
        self.units = list(accumulate((block.quantity for block in blocks), initial=0))
        totals = (block.quantity * block.price for block in blocks)
        self.values = list(accumulate(totals, initial=0))
        self.own = {}
        for position, block in enumerate(blocks):
            self.own.setdefault(block.bidder, []).append(position)

    def compute_best_of_others(self, bidder: int, units: int) -> tuple[int, int]:
        """Return (units found, their value): the best ``units`` losing units of others.

        Costs O(own losing blocks + log blocks).
        """
        own_units = own_value = 0
        for position in self.own.get(bidder, ()):
            # Others' blocks before this one already suffice: what comes later is not needed.
            if self.units[position] - own_units >= units:
                break
            block = self.blocks[position]
            own_units += block.quantity
            own_value += block.quantity * block.price
        found = min(units, self.units[-1] - own_units)
        # Read to the first block that completes the count; the cut falls in a block of others.
        last = bisect_left(self.units, found + own_units)
        value = self.values[last] - own_value
        surplus = self.units[last] - own_units - found
        if surplus:
            value -= surplus * self.blocks[last - 1].price
        return found, value


@dataclass(slots=True)
class Split:
    """Units by what became of them.

    ``served``: blocks that trade. ``losing``: blocks within the reserve or cap that do
    not. ``best_rejected``: price of the best unit not served, whatever the reserve.
    ``traded``: units served in all.
    """

    served: list[Block]
    losing: list[Block]
    best_rejected: int | None
    traded: int


def compute_order(problem: Problem) -> list[Block]:
    """Return all steps, best price first, equal prices by rank of their bidders."""
    names = [bid.bidder for bid in problem.bids]
    ranked = sorted(range(len(names)), key=lambda i: compute_rank(problem.tie_seed, names[i]))
    by_rank = [
        Block(step.price, step.quantity, index)
        for index in ranked
        for step in problem.bids[index].steps
    ]
    # The sort is stable, also in reverse: blocks of one price stay in rank order.
    by_rank.sort(key=attrgetter("price"), reverse=problem.side is Side.FORWARD)
    return by_rank


def compute_split(problem: Problem) -> Split:
    """Return who is served: the best units within the reserve or cap, up to the quantity."""
    split = Split(served=[], losing=[], best_rejected=None, traded=0)
    reserve = problem.reserve_price
    forward = problem.side is Side.FORWARD
    for block in compute_order(problem):
        beyond = reserve is not None and (
            block.price < reserve if forward else block.price > reserve
        )
        units = 0 if beyond else min(block.quantity, problem.quantity - split.traded)
        if units:
            split.served.append(Block(block.price, units, block.bidder))
            split.traded += units
        if units < block.quantity:
            if split.best_rejected is None:
                split.best_rejected = block.price
            if beyond:
                break
            split.losing.append(Block(block.price, block.quantity - units, block.bidder))
    return split
