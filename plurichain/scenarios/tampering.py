"""An opening that was changed after the sealing, sent as a real transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from plurichain.auction.bid import Step, encode_bid
from plurichain.auction.commitment import compute_salt
from plurichain.auction.names import BidSide
from plurichain.chain.transactions.messages import reveal_bid
from plurichain.chain.transactions.outcome import OutcomeStatus
from plurichain.errors import CheckFailed

if TYPE_CHECKING:
    from plurichain.auction.bid import Bid
    from plurichain.auction.state import AuctionState
    from plurichain.bidding.account import Account
    from plurichain.chain.transactions.outcome import Outcome

#: Enough for any opening. Simulation would refuse this one before it is sent.
GAS = 400_000
MISMATCH = ("auction", 12)


def compute_tampered_bid(bid: Bid) -> Bid:
    """Return the bid with prices that its bidder would rather have named.

    A seller asks a third more for each unit, a buyer offers a third less.
    """
    shift = 1 if bid.side is BidSide.SELL else -1
    steps = tuple(
        Step(step.quantity, step.price + shift * (step.price // 3 + 1)) for step in bid.steps
    )
    return replace(bid, steps=steps)


def send_tampered_opening(account: Account, auction: AuctionState, sealed: Bid) -> Outcome:
    """Open a commitment with another bid than was sealed, under the true salt.

    Returns the outcome, which is that the chain included and refused it. Raises
    CheckFailed if it ended in any other way.
    """
    bidder = account.key.address
    salt = compute_salt(
        bid_key=account.key.compute_bid_key(),
        chain_id=account.chain_id,
        auction_id=auction.id,
        bidder=bidder.raw,
        attempt=1,
        terms_hash=auction.terms_hash,
        bid_bytes=encode_bid(sealed),
    )
    bid_bytes = encode_bid(compute_tampered_bid(sealed))
    outcome = account.sender.send(
        [reveal_bid(bidder, bidder, auction.id, bid_bytes, salt)],
        purpose="reveal",
        auction_id=auction.id,
        not_after_ns=auction.reveal_deadline_ns,
        gas=GAS,
    )
    ended = (outcome.codespace, outcome.code)
    if outcome.status is not OutcomeStatus.FAILED or ended != MISMATCH:
        raise CheckFailed(
            f"a tampered opening ended as {outcome.status} "
            f"({outcome.codespace or 'no codespace'}, code {outcome.code}: {outcome.log})",
            remedy=f"it had to be refused by the chain as {MISMATCH[0]}, code {MISMATCH[1]}",
        )
    return outcome
