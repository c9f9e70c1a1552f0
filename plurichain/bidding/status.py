"""Where one bid stands, and what its bidder should do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.auction.bid import decode_bid
from plurichain.auction.money import compute_reveal_escrow
from plurichain.auction.names import Phase
from plurichain.bidding.auctions import get_sighting
from plurichain.bidding.class_lots import count_missing_credits
from plurichain.bidding.funds import get_missing_coins
from plurichain.bidding.moments import format_span

if TYPE_CHECKING:
    from plurichain.auction.state import (
        AuctionState,
        AwardRow,
        CommitmentState,
        ResultState,
        RevealState,
    )
    from plurichain.bidding.account import Bidder
    from plurichain.bidding.auctions import Sighting
    from plurichain.units import Coins
    from plurichain.vault import Opening


@dataclass(frozen=True, slots=True)
class BidStatus:
    """One bidder's view of one auction.

    ``sealed_attempt`` is the newest in the vault, 0 if there is none.
    ``has_opening``: the vault opens the commitment that is on chain.
    ``missing``: what the reveal still lacks; ``missing_credits_wh``: the same of the class
    of credits that the lot is.
    """

    sighting: Sighting
    commitment: CommitmentState | None
    reveal: RevealState | None
    result: ResultState | None
    award: AwardRow | None
    sealed_attempt: int
    has_opening: bool
    missing: Coins
    missing_credits_wh: int
    advice: str

    @property
    def auction(self) -> AuctionState:
        """The auction."""
        return self.sighting.auction


def get_bid_status(bidder: Bidder, auction_id: int) -> BidStatus:
    """Return where the bidder's bid stands. Raises NotFound, BadReply, NodeError."""
    sighting = get_sighting(bidder, auction_id)
    auction, me = sighting.auction, bidder.key.address
    commitment = bidder.queries.get_commitment(auction_id, me)
    reveal = bidder.queries.get_reveal(auction_id, me)
    result = bidder.queries.get_result(auction_id) if sighting.phase is Phase.CLEARED else None
    newest, opening = _read_vault(bidder, auction, commitment)
    missing: Coins = ()
    missing_credits_wh = 0
    if opening and not reveal and sighting.phase in {Phase.COMMITTING, Phase.REVEALING}:
        bid = decode_bid(opening.bid_bytes)
        escrow = compute_reveal_escrow(bid, auction.terms, auction.deposit)
        missing = get_missing_coins(bidder, me, escrow)
        missing_credits_wh = count_missing_credits(bidder, auction.terms, bid)
    return BidStatus(
        sighting=sighting,
        commitment=commitment,
        reveal=reveal,
        result=result,
        award=_find_award(result, me.raw),
        sealed_attempt=newest,
        has_opening=opening is not None,
        missing=missing,
        missing_credits_wh=missing_credits_wh,
        advice=_advise(
            sighting,
            is_committed=commitment is not None,
            is_revealed=reveal is not None,
            has_opening=opening is not None,
        ),
    )


def _read_vault(
    bidder: Bidder, auction: AuctionState, commitment: CommitmentState | None
) -> tuple[int, Opening | None]:
    """Return the newest attempt in the vault and the opening of the one on chain."""
    place = bidder.chain_id, auction.id, bidder.key.address.raw
    attempts = bidder.vault.list_attempts(*place)
    newest = bidder.vault.get_newest_attempt(*place)
    wanted = commitment.bid_commitment if commitment else b""
    opening = next((each for each in attempts if each.bid_commitment == wanted), None)
    return newest, opening


def _find_award(result: ResultState | None, bidder: bytes) -> AwardRow | None:
    rows = result.awards if result else ()
    return next((row for row in rows if row.bidder.raw == bidder), None)


def _advise(sighting: Sighting, *, is_committed: bool, is_revealed: bool, has_opening: bool) -> str:
    auction, now_ns = sighting.auction, sighting.block_time_ns
    to_commit = format_span(auction.commit_deadline_ns - now_ns)
    to_reveal = format_span(auction.reveal_deadline_ns - now_ns)
    place = f"--auction-id {auction.id}"
    phase = sighting.phase
    if phase is Phase.COMMITTING:
        if not is_committed:
            return f"commit within {to_commit}: plurichain bid commit {place} --bid FILE"
        if not has_opening:
            return f"the vault has no opening; commit again within {to_commit}"
        return f"reveal in {to_commit}: plurichain bid reveal {place}"
    if phase is Phase.REVEALING and is_committed and not is_revealed:
        how = "" if has_opening else " --bid FILE"
        return f"REVEAL NOW, within {to_reveal}: plurichain bid reveal {place}{how}"
    if is_committed and not is_revealed and phase in {Phase.CLEARING, Phase.CLEARED}:
        return "not revealed in time: the deposit is forfeited"
    if phase in {Phase.WAITING, Phase.REVEALING, Phase.CLEARING}:
        return f"wait: plurichain auction watch {auction.id}"
    if phase is Phase.CLEARED:
        return f"done: plurichain auction result {auction.id} --check"
    return "nothing left to do"
