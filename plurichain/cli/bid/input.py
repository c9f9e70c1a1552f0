"""Bid files for auctions on a chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.cli.files import parse_bid_file, read_input

if TYPE_CHECKING:
    from plurichain.auction.bid import Bid
    from plurichain.bidding.account import Bidder
    from plurichain.cli.files import InputFile


def read_bid(bidder: Bidder, auction_id: int, path: str) -> tuple[Bid, bytes]:
    """Read a bid file for an auction on chain; rows may name the address or the key."""
    return parse_bid(bidder, auction_id, read_input(path))


def parse_bid(bidder: Bidder, auction_id: int, file: InputFile) -> tuple[Bid, bytes]:
    """Return the bid in a file that was read; the chain is asked for the auction's side."""
    side = bidder.queries.get_auction(auction_id).terms.side
    names = (str(bidder.key.address), bidder.key.name)
    return parse_bid_file(file, names=names, side=side), file.digest
