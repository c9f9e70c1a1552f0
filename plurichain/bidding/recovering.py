"""An opening rebuilt on a machine that never saw it: from the chain, the key and the bid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.bidding.auctions import get_sighting
from plurichain.bidding.revealing import find_opening, get_commitment

if TYPE_CHECKING:
    from plurichain.auction.bid import Bid
    from plurichain.bidding.account import Bidder
    from plurichain.vault import Opening


def recover_opening(bidder: Bidder, auction_id: int, bid: Bid, bid_file_digest: bytes) -> Opening:
    """Return the opening of the commitment on chain, which is in the vault afterwards.

    The chain tells attempt and terms, the key gives the salt (design 3.1), so only the bid
    must be known. Raises NotFound if nothing is committed, VaultError if this bid and key
    do not give that commitment, BadReply, NodeError.
    """
    sighting = get_sighting(bidder, auction_id)
    commitment = get_commitment(bidder, auction_id, bidder.key.address)
    opening = find_opening(bidder, sighting.auction, commitment, bid, bid_file_digest)
    bidder.tell(
        "recovered",
        f"the vault holds the opening of attempt {opening.attempt} in auction {auction_id}",
        attempt=opening.attempt,
    )
    return opening
