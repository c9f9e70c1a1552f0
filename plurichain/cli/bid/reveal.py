"""The three ways of `plurichain bid reveal`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plurichain.bidding.revealing import (
    find_opening,
    get_commitment,
    relay_opening,
    reveal_own_bid,
)
from plurichain.cli.bid.input import read_bid
from plurichain.cli.bid.views import make_reveal_record
from plurichain.cli.files import read_input
from plurichain.cli.output import show_record
from plurichain.cli.secrets import writing_secret
from plurichain.cli.session import open_account, open_bidder
from plurichain.config import get_network
from plurichain.errors import InputError
from plurichain.identifiers import Address
from plurichain.units import parse_coins
from plurichain.vault import RelayedOpening, format_opening_file, parse_opening_file

if TYPE_CHECKING:
    from plurichain.auction.bid import Bid
    from plurichain.cli.options import Signing


def reveal_own(
    signing: Signing,
    auction_id: int,
    bid_file: str | None,
    credit_text: str | None,
    output: str,
) -> None:
    """Open the key's own commitment."""
    named = None if credit_text is None else parse_coins(credit_text, field="--credits")
    with open_bidder(signing) as bidder:
        bidder.resume()
        bid: Bid | None = None
        digest = b""
        if bid_file is not None:
            bid, digest = read_bid(bidder, auction_id, bid_file)
        receipt = reveal_own_bid(bidder, auction_id, bid=bid, bid_file_digest=digest, named=named)
    show_record(make_reveal_record(receipt), output)


def relay(
    signing: Signing, bidder_text: str, path: str, auction_id: int | None, output: str
) -> None:
    """Open another bidder's commitment from an opening file."""
    file = read_input(path)
    opening = parse_opening_file(file.text, source=file.source)
    bidder = Address.parse(bidder_text, prefix=get_network(signing.network).prefix, field="--relay")
    if opening.bidder != bidder:
        raise InputError(
            f"{file.source}: the opening is of {opening.bidder}, not of {bidder}",
            remedy="give the opening of the bidder named by --relay",
        )
    if auction_id is not None and opening.auction_id != auction_id:
        raise InputError(
            f"{file.source}: the opening is for auction {opening.auction_id}, not {auction_id}"
        )
    with open_account(signing) as account:
        receipt = relay_opening(account, opening)
    show_record(make_reveal_record(receipt), output)


def write_opening(signing: Signing, auction_id: int, path: str) -> None:
    """Write the opening of the commitment on chain to a new file for a relayer."""
    with open_bidder(signing) as bidder:
        commitment = get_commitment(bidder, auction_id, bidder.key.address)
        auction = bidder.queries.get_auction(auction_id)
        opening = find_opening(bidder, auction, commitment, None, b"")
        text = format_opening_file(
            RelayedOpening(
                chain_id=bidder.chain_id,
                auction_id=auction_id,
                bidder=bidder.key.address,
                bid_bytes=opening.bid_bytes,
                salt=opening.salt,
            )
        )
    with writing_secret(Path(path), text):
        pass
