"""From a bid to a commitment, and the opening on disk before anything else happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.auction.admissibility import validate_bid
from plurichain.auction.bid import encode_bid
from plurichain.auction.names import Phase
from plurichain.bidding.auctions import get_sighting, validate_phase
from plurichain.bidding.opening import compute_opening
from plurichain.errors import BidError, VaultError

if TYPE_CHECKING:
    from plurichain.auction.bid import Bid
    from plurichain.auction.state import AuctionState, CommitmentState
    from plurichain.bidding.account import Bidder
    from plurichain.bidding.auctions import Sighting
    from plurichain.vault import Opening


def seal_bid(bidder: Bidder, auction_id: int, bid: Bid, bid_file_digest: bytes) -> Opening:
    """Check a bid against the terms on chain, seal it, and put the opening into the vault.

    A bid that is sealed but not committed yet is returned as it is; any other becomes the
    next attempt. Raises BidError for a bid that would be forfeited, PhaseError, NotFound,
    BadReply, VaultError.
    """
    sighting = get_sighting(bidder, auction_id)
    validate_phase(sighting, Phase.COMMITTING, "seal a bid")
    validate_bid(bid, sighting.auction.terms)
    _validate_not_creator(bidder, sighting.auction)
    commitment = bidder.queries.get_commitment(auction_id, bidder.key.address)
    with bidder.vault.locked():
        return _store_next_attempt(bidder, sighting, bid, bid_file_digest, commitment)


def _store_next_attempt(
    bidder: Bidder,
    sighting: Sighting,
    bid: Bid,
    bid_file_digest: bytes,
    commitment: CommitmentState | None,
) -> Opening:
    auction = sighting.auction
    bid_bytes = encode_bid(bid)
    place = bidder.chain_id, auction.id, bidder.key.address.raw
    newest = bidder.vault.get_newest(*place)
    on_chain = commitment.attempt if commitment else 0
    if newest and newest.attempt > on_chain and newest.bid_bytes == bid_bytes:
        bidder.tell("sealed", f"attempt {newest.attempt} is sealed already", attempt=newest.attempt)
        return newest
    opening = compute_opening(
        bidder.key,
        chain_id=bidder.chain_id,
        auction_id=auction.id,
        attempt=max(bidder.vault.get_newest_attempt(*place), on_chain) + 1,
        terms_hash=auction.terms_hash,
        bid_bytes=bid_bytes,
        bid_file_digest=bid_file_digest,
        sealed_at_ns=sighting.block_time_ns,
    )
    bidder.vault.store(opening)
    bidder.tell(
        "sealed",
        f"sealed as attempt {opening.attempt}; the opening is in the vault",
        attempt=opening.attempt,
        bid_commitment=opening.bid_commitment.hex(),
    )
    return opening


def get_newest_opening(bidder: Bidder, auction_id: int) -> Opening:
    """Return the newest sealed bid of the vault; raises VaultError if there is none."""
    newest = bidder.vault.get_newest(bidder.chain_id, auction_id, bidder.key.address.raw)
    if newest is None:
        raise VaultError(
            f"the vault has no sealed bid of {bidder.key.address} for auction {auction_id}",
            remedy=f"`plurichain bid commit --auction-id {auction_id} --bid FILE` seals one",
        )
    return newest


def rebuild_opening(
    bidder: Bidder,
    auction: AuctionState,
    commitment: CommitmentState,
    bid: Bid,
    bid_file_digest: bytes,
) -> Opening | None:
    """Return the opening of a commitment on chain, rebuilt from the key and the bid.

    It is stored in the vault. None if this bid, sealed by this key, gives another
    commitment.
    """
    opening = compute_opening(
        bidder.key,
        chain_id=bidder.chain_id,
        auction_id=auction.id,
        attempt=commitment.attempt,
        terms_hash=auction.terms_hash,
        bid_bytes=encode_bid(bid),
        bid_file_digest=bid_file_digest,
        sealed_at_ns=commitment.committed_at_ns,
    )
    if opening.bid_commitment != commitment.bid_commitment:
        return None
    bidder.vault.store(opening)
    bidder.tell(
        "rebuilt",
        f"the opening of attempt {opening.attempt} was rebuilt from the key and the bid",
        attempt=opening.attempt,
    )
    return opening


def _validate_not_creator(bidder: Bidder, auction: AuctionState) -> None:
    if bidder.key.address.raw == auction.creator.raw:
        raise BidError(
            f"bidder: {bidder.key.address} created auction {auction.id}; a creator cannot bid",
            remedy="bid with another key",
        )
