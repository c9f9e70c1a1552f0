"""An auction as its users may rely on it: terms hash recomputed, phase by block time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.auction.commitment import compute_terms_hash
from plurichain.auction.names import Phase
from plurichain.auction.phases import compute_phase_at
from plurichain.bidding.moments import format_span, format_time
from plurichain.errors import BadReply, PhaseError

if TYPE_CHECKING:
    from plurichain.auction.state import AuctionState
    from plurichain.bidding.account import Observer


@dataclass(frozen=True, slots=True)
class Sighting:
    """An auction, and the block time at which it was looked at."""

    auction: AuctionState
    block_time_ns: int

    @property
    def phase(self) -> Phase:
        """The phase that a message finds in a block of that time or just after it."""
        return compute_phase_at(
            self.auction.phase,
            self.block_time_ns,
            commit_deadline_ns=self.auction.commit_deadline_ns,
            reveal_deadline_ns=self.auction.reveal_deadline_ns,
        )


def get_sighting(observer: Observer, auction_id: int) -> Sighting:
    """Return an auction with the current block time, its terms hash recomputed.

    The hash is what a bid is sealed with: a node that shows other terms than it hashes
    would make the bidder seal a bid for an auction that does not exist. Raises BadReply
    then, NotFound for an unknown auction, NodeError.
    """
    auction = observer.queries.get_auction(auction_id)
    terms, _, terms_hash = observer.queries.get_terms(auction_id)
    computed = compute_terms_hash(auction.terms)
    if terms != auction.terms or computed != auction.terms_hash or computed != terms_hash:
        raise BadReply(
            f"auction {auction_id}: the terms that the node shows do not have the hash that it "
            f"names (computed {computed.hex()}, named {auction.terms_hash.hex()})",
            remedy="do not bid through this node; ask another one",
        )
    return Sighting(auction, observer.get_block_time_ns())


def validate_phase(sighting: Sighting, wanted: Phase, action: str) -> None:
    """Raise PhaseError unless ``wanted`` is the phase now.

    The error says which phase it is, how long it has been so, or how long until then.
    ``action`` completes "too early to …".
    """
    if sighting.phase is wanted:
        return
    auction = sighting.auction
    place = f"auction {auction.id} is {sighting.phase.text}"
    if wanted is Phase.REVEALING and sighting.phase in {Phase.COMMITTING, Phase.WAITING}:
        left_ns = auction.commit_deadline_ns - sighting.block_time_ns
        raise PhaseError(
            f"{place}: too early to {action} by {format_span(left_ns)}; the reveal begins at "
            f"{format_time(auction.commit_deadline_ns)}",
            remedy="try again then; `plurichain bid auto` waits by itself",
        )
    if sighting.phase is Phase.CANCELLED:
        raise PhaseError(f"{place}: its creator withdrew it", remedy="nothing is owed to anybody")
    ended_ns = (
        auction.commit_deadline_ns if wanted is Phase.COMMITTING else auction.reveal_deadline_ns
    )
    late_ns = sighting.block_time_ns - ended_ns
    raise PhaseError(
        f"{place}: too late to {action} by {format_span(late_ns)}; the deadline was at "
        f"{format_time(ended_ns)}",
        remedy=f"`plurichain auction show {auction.id}` shows what it does now",
    )
