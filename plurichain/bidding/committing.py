"""Sending a commitment: the deposit is paid with the first one, not with a later one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.auction.bid import decode_bid
from plurichain.auction.money import compute_reveal_escrow
from plurichain.auction.names import Phase
from plurichain.bidding.auctions import get_sighting, validate_phase
from plurichain.bidding.class_lots import CREDITS_OF_THE_CLASS, count_missing_credits
from plurichain.bidding.funds import get_missing_coins, validate_funds
from plurichain.bidding.turns import hold_turn
from plurichain.chain.transactions.messages import commit_bid as make_commit_message
from plurichain.errors import PhaseError, VaultError
from plurichain.units import add_coins, format_coins

if TYPE_CHECKING:
    from plurichain.auction.state import AuctionState
    from plurichain.bidding.account import Bidder
    from plurichain.vault import Opening

COMMIT_GAS = 150_000
"""Asked for by every commit, about twice what one uses: a limit fitted to each would set
bidders apart in a public field."""


@dataclass(frozen=True, slots=True)
class CommitReceipt:
    """What became of a commit: ``tx_hash`` is empty if it stood on chain already."""

    auction_id: int
    attempt: int
    bid_commitment: bytes
    tx_hash: str
    height: int


def commit_opening(bidder: Bidder, opening: Opening) -> CommitReceipt:
    """Send the commitment of a sealed bid; does nothing if it is the one on chain.

    Raises PhaseError, FundsShort, VaultError and LockedError before anything is sent, and
    TransactionError by outcome.
    """
    with hold_turn(bidder, opening.auction_id):
        return _commit(bidder, opening)


def _commit(bidder: Bidder, opening: Opening) -> CommitReceipt:
    sighting = get_sighting(bidder, opening.auction_id)
    auction = sighting.auction
    standing = bidder.queries.get_commitment(auction.id, bidder.key.address)
    if standing and standing.bid_commitment == opening.bid_commitment:
        bidder.tell("committed", f"attempt {opening.attempt} is on the chain already")
        return CommitReceipt(auction.id, opening.attempt, opening.bid_commitment, "", 0)
    validate_phase(sighting, Phase.COMMITTING, "commit a bid")
    validate_opening(opening, auction)
    if standing and standing.attempt >= opening.attempt:
        raise PhaseError(
            f"auction {auction.id} holds attempt {standing.attempt} already; attempt "
            f"{opening.attempt} would be refused",
            remedy="seal the bid again: it becomes the next attempt",
        )
    if standing is None:
        validate_funds(
            bidder, bidder.key.address, auction.deposit, purpose="the deposit of this auction"
        )
    warn_of_reveal_escrow(bidder, opening, auction, deposit_paid=standing is not None)
    message = make_commit_message(
        bidder.key.address, auction.id, opening.bid_commitment, opening.attempt
    )
    outcome = bidder.send(
        message,
        purpose="commit",
        auction_id=auction.id,
        not_after_ns=auction.commit_deadline_ns,
        least_gas=COMMIT_GAS,
    )
    bidder.tell(
        "committed",
        f"committed attempt {opening.attempt} to auction {auction.id} at height {outcome.height}",
        attempt=opening.attempt,
        tx_hash=outcome.tx_hash,
        height=outcome.height,
    )
    return CommitReceipt(
        auction.id, opening.attempt, opening.bid_commitment, outcome.tx_hash, outcome.height
    )


def warn_of_reveal_escrow(
    bidder: Bidder, opening: Opening, auction: AuctionState, *, deposit_paid: bool
) -> None:
    """Report now what the reveal will lack: the deposit is lost if it is still missing then."""
    bid = decode_bid(opening.bid_bytes)
    escrow = compute_reveal_escrow(bid, auction.terms, auction.deposit)
    needed = escrow if deposit_paid else add_coins(escrow, auction.deposit)
    lacking = [coin.denom for coin in get_missing_coins(bidder, bidder.key.address, needed)]
    if count_missing_credits(bidder, auction.terms, bid):
        lacking.append(CREDITS_OF_THE_CLASS)
    if lacking:
        # Told without amounts: they follow from the bid, and lines like this go to logs.
        denoms = ", ".join(lacking)
        bidder.tell(
            "escrow_missing",
            f"the reveal of auction {auction.id} will need more {denoms} than {bidder.key.address} "
            f"has; without it the deposit of {format_coins(auction.deposit)} is lost "
            "(`plurichain bid status` shows how much)",
            is_warning=True,
        )


def validate_opening(opening: Opening, auction: AuctionState) -> None:
    """Raise VaultError if the opening was sealed for other terms than the auction has."""
    if opening.terms_hash != auction.terms_hash:
        raise VaultError(
            f"attempt {opening.attempt} was sealed for other terms than auction {auction.id} has",
            remedy="seal the bid again",
        )
