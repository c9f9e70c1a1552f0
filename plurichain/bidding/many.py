"""Many sealed bids at once, of any number of keys: what an aggregator commits and reveals.

The chain is asked by auction, not by bid, and what stands there already is not sent again,
so a run that was killed is simply started again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.auction.names import Phase
from plurichain.bidding.auctions import get_sighting, validate_phase
from plurichain.bidding.committing import COMMIT_GAS, validate_opening
from plurichain.chain.sending.bulk import Order
from plurichain.chain.transactions.drafts import Draft
from plurichain.chain.transactions.messages import commit_bid, reveal_bid
from plurichain.errors import VaultError

if TYPE_CHECKING:
    from plurichain.auction.state import AuctionState
    from plurichain.bidding.account import Observer
    from plurichain.chain.progress import OnProgress
    from plurichain.chain.sending.bulk import BulkSender
    from plurichain.chain.transactions.outcome import Outcome
    from plurichain.keyring import Key
    from plurichain.vault import Opening


@dataclass(frozen=True, slots=True)
class KeyedOpening:
    """A sealed bid, which is in the vault, and the key that sealed it."""

    key: Key
    opening: Opening


def commit_openings(
    observer: Observer,
    sender: BulkSender,
    sealed: Sequence[KeyedOpening],
    *,
    on_progress: OnProgress | None = None,
) -> list[Outcome | None]:
    """Commit sealed bids; returns the outcomes in their order, None for one that stands.

    Raises PhaseError, VaultError, NotFound and NodeError before anything is sent; what one
    bidder lacks shows in its outcome.
    """
    orders: dict[int, Order] = {}
    for auction, places in _look(observer, sealed, Phase.COMMITTING, "commit bids"):
        commitments = _list_commitments(observer, auction.id)
        for place in places:
            key, opening = sealed[place].key, sealed[place].opening
            validate_opening(opening, auction)
            if commitments.get(opening.bidder) == opening.bid_commitment:
                continue
            message = commit_bid(key.address, auction.id, opening.bid_commitment, opening.attempt)
            draft = Draft(
                (message,),
                "commit",
                auction_id=auction.id,
                not_after_ns=auction.commit_deadline_ns,
                least_gas=COMMIT_GAS,
            )
            orders[place] = Order(key, draft)
    return _send(sender, orders, len(sealed), on_progress)


def reveal_openings(
    observer: Observer,
    sender: BulkSender,
    sealed: Sequence[KeyedOpening],
    *,
    on_progress: OnProgress | None = None,
) -> list[Outcome | None]:
    """Open committed bids; returns the outcomes in their order, None for one that is open.

    Raises as ``commit_openings``, VaultError also where an opening does not open what its
    bidder has committed.
    """
    orders: dict[int, Order] = {}
    for auction, places in _look(observer, sealed, Phase.REVEALING, "reveal bids"):
        commitments = _list_commitments(observer, auction.id)
        revealed = {each.bidder.raw for each in observer.queries.list_reveals(auction.id)}
        for place in places:
            key, opening = sealed[place].key, sealed[place].opening
            if commitments.get(opening.bidder) != opening.bid_commitment:
                raise VaultError(
                    f"attempt {opening.attempt} of {key.address} in auction {auction.id} is not "
                    "what stands on the chain",
                    remedy="reveal the newest attempt that was committed",
                )
            if opening.bidder in revealed:
                continue
            message = reveal_bid(
                key.address, key.address, auction.id, opening.bid_bytes, opening.salt
            )
            draft = Draft(
                (message,),
                "reveal",
                auction_id=auction.id,
                not_after_ns=auction.reveal_deadline_ns,
            )
            orders[place] = Order(key, draft)
    return _send(sender, orders, len(sealed), on_progress)


def _look(
    observer: Observer, sealed: Sequence[KeyedOpening], phase: Phase, action: str
) -> list[tuple[AuctionState, list[int]]]:
    """Return the auctions with the places of their bids, all of them in ``phase``."""
    places: dict[int, list[int]] = {}
    for place, each in enumerate(sealed):
        places.setdefault(each.opening.auction_id, []).append(place)
    found = []
    for auction_id, of_auction in places.items():
        sighting = get_sighting(observer, auction_id)
        validate_phase(sighting, phase, action)
        found.append((sighting.auction, of_auction))
    return found


def _list_commitments(observer: Observer, auction_id: int) -> dict[bytes, bytes]:
    found = observer.queries.list_commitments(auction_id)
    return {each.bidder.raw: each.bid_commitment for each in found}


def _send(
    sender: BulkSender, orders: dict[int, Order], count: int, on_progress: OnProgress | None
) -> list[Outcome | None]:
    outcomes = sender.send(orders.values(), on_progress=on_progress)
    by_place = dict(zip(orders, outcomes, strict=True))
    return [by_place.get(place) for place in range(count)]
