"""The opening of one attempt, computed from a key and a bid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.auction.commitment import compute_bid_commitment, compute_salt
from plurichain.vault import Opening

if TYPE_CHECKING:
    from plurichain.keyring import Key


def compute_opening(
    key: Key,
    *,
    chain_id: str,
    auction_id: int,
    attempt: int,
    terms_hash: bytes,
    bid_bytes: bytes,
    bid_file_digest: bytes,
    sealed_at_ns: int,
) -> Opening:
    """Return the opening of one attempt; the same inputs give the same salt (design 3.1)."""
    bidder = key.address.raw
    salt = compute_salt(
        bid_key=key.compute_bid_key(),
        chain_id=chain_id,
        auction_id=auction_id,
        bidder=bidder,
        attempt=attempt,
        terms_hash=terms_hash,
        bid_bytes=bid_bytes,
    )
    bid_commitment = compute_bid_commitment(
        chain_id=chain_id,
        auction_id=auction_id,
        bidder=bidder,
        terms_hash=terms_hash,
        bid_bytes=bid_bytes,
        salt=salt,
    )
    return Opening(
        chain_id=chain_id,
        auction_id=auction_id,
        bidder=bidder,
        attempt=attempt,
        terms_hash=terms_hash,
        bid_commitment=bid_commitment,
        bid_bytes=bid_bytes,
        salt=salt,
        bid_file_digest=bid_file_digest,
        sealed_at_ns=sealed_at_ns,
    )
