"""A clearing problem: what is auctioned, by which rule, and the revealed bids (design 3.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from plurichain.auction.bid import Step, decode_bid
from plurichain.auction.names import BidKind, PaymentRule, Side
from plurichain.auction.state import RevealState
from plurichain.auction.terms import Terms


@dataclass(frozen=True, slots=True)
class ProblemBid:
    """One revealed bid. ``bidder`` is the name that ranks it and heads its row."""

    bidder: str
    kind: BidKind
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything a result follows from.

    ``quantity`` in units, offered (forward) or wanted (reverse); ``reserve_price`` in the
    payment denom a unit, the cap in a reverse auction, None for none.
    """

    side: Side
    quantity: int
    reserve_price: int | None
    payment_rule: PaymentRule
    tie_seed: bytes
    bids: tuple[ProblemBid, ...]


def compute_problem_from_chain(
    terms: Terms, tie_seed: bytes, reveals: Iterable[RevealState]
) -> Problem:
    """Return the problem that a chain clears: the admissible reveals, ascending by raw address.

    Bidders are named by the lower-case hex of their raw address. Raises EncodingError if
    the bytes of an admissible reveal are not canonical.
    """
    rows = sorted((reveal.bidder.raw, reveal.bid_bytes) for reveal in reveals if reveal.admissible)
    bids = []
    for raw, bid_bytes in rows:
        bid = decode_bid(bid_bytes)
        bids.append(ProblemBid(raw.hex(), bid.kind, bid.steps))
    return Problem(
        side=terms.side,
        quantity=terms.quantity,
        reserve_price=terms.reserve_price,
        payment_rule=terms.payment_rule,
        tie_seed=tie_seed,
        bids=tuple(bids),
    )
