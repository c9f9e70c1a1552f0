"""Sending an opening: one's own, or another bidder's that needs no more money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.auction.bid import decode_bid
from plurichain.auction.commitment import compute_bid_commitment
from plurichain.auction.money import compute_class_delivery, compute_reveal_escrow
from plurichain.auction.names import Phase
from plurichain.bidding.auctions import get_sighting, validate_phase
from plurichain.bidding.class_lots import choose_credits
from plurichain.bidding.funds import validate_funds
from plurichain.bidding.sealing import rebuild_opening
from plurichain.bidding.turns import hold_turn
from plurichain.chain.transactions.messages import reveal_bid as make_reveal_message
from plurichain.errors import EncodingError, NotFound, PhaseError, VaultError
from plurichain.units import format_coins

if TYPE_CHECKING:
    from plurichain.auction.bid import Bid
    from plurichain.auction.state import AuctionState, CommitmentState, RevealState
    from plurichain.bidding.account import Account, Bidder, Observer
    from plurichain.bidding.auctions import Sighting
    from plurichain.identifiers import Address
    from plurichain.units import Coins
    from plurichain.vault import Opening, RelayedOpening


@dataclass(frozen=True, slots=True)
class RevealReceipt:
    """What became of a reveal: ``tx_hash`` is empty if it stood on chain already.

    ``is_admissible`` false means that the opening matched but the deposit is forfeited.
    """

    auction_id: int
    bidder: Address
    is_admissible: bool
    reason: str
    tx_hash: str
    height: int


def reveal_own_bid(
    bidder: Bidder,
    auction_id: int,
    *,
    bid: Bid | None = None,
    bid_file_digest: bytes = b"",
    named: Coins | None = None,
) -> RevealReceipt:
    """Open the bidder's own commitment from the vault; does nothing if it is open already.

    With ``bid`` an opening that the vault lost is rebuilt from the key and the bid. ``named``
    are the credits that a seller delivers from where the lot is a class; None takes such as
    it holds, in ascending denom order. Raises PhaseError, FundsShort, BidError, InputError,
    VaultError, LockedError and NotFound before anything is sent, and TransactionError by
    outcome.
    """
    with hold_turn(bidder, auction_id):
        return _reveal_own(bidder, auction_id, bid, bid_file_digest, named)


def _reveal_own(
    bidder: Bidder, auction_id: int, bid: Bid | None, bid_file_digest: bytes, named: Coins | None
) -> RevealReceipt:
    sighting = get_sighting(bidder, auction_id)
    commitment = get_commitment(bidder, auction_id, bidder.key.address)
    standing = bidder.queries.get_reveal(auction_id, bidder.key.address)
    if standing:
        bidder.tell("revealed", "the bid is open on the chain already")
        return _make_receipt(standing, "", 0)
    opening = find_opening(bidder, sighting.auction, commitment, bid, bid_file_digest)
    validate_phase(sighting, Phase.REVEALING, "reveal a bid")
    return _send_opening(
        bidder, sighting, bidder.key.address, opening.bid_bytes, opening.salt, named
    )


def relay_opening(account: Account, opening: RelayedOpening) -> RevealReceipt:
    """Open another bidder's commitment; it credits only that bidder.

    Possible where the opening needs no escrow beyond the deposit. Raises VaultError if it
    does not open the commitment, PhaseError, NotFound, TransactionError.
    """
    if opening.chain_id != account.chain_id:
        raise VaultError(
            f"the opening is for the chain {opening.chain_id}, not {account.chain_id}",
            remedy="choose that chain with --network",
        )
    sighting = get_sighting(account, opening.auction_id)
    auction = sighting.auction
    commitment = get_commitment(account, auction.id, opening.bidder)
    standing = account.queries.get_reveal(auction.id, opening.bidder)
    if standing:
        account.tell("revealed", "the bid is open on the chain already")
        return _make_receipt(standing, "", 0)
    computed = compute_bid_commitment(
        chain_id=opening.chain_id,
        auction_id=auction.id,
        bidder=opening.bidder.raw,
        terms_hash=auction.terms_hash,
        bid_bytes=opening.bid_bytes,
        salt=opening.salt,
    )
    if computed != commitment.bid_commitment:
        raise VaultError(
            f"the opening does not open the commitment of {opening.bidder} in auction {auction.id}",
            remedy="ask the bidder for the opening of its newest attempt",
        )
    validate_phase(sighting, Phase.REVEALING, "reveal a bid")
    return _send_opening(account, sighting, opening.bidder, opening.bid_bytes, opening.salt)


def get_commitment(observer: Observer, auction_id: int, bidder: Address) -> CommitmentState:
    """Return the commitment of a bidder on chain; raises NotFound."""
    commitment = observer.queries.get_commitment(auction_id, bidder)
    if commitment is None:
        raise NotFound(
            f"{bidder} has no commitment in auction {auction_id}",
            remedy=f"`plurichain bid commit --auction-id {auction_id} --bid FILE` makes one",
        )
    return commitment


def find_opening(
    bidder: Bidder,
    auction: AuctionState,
    commitment: CommitmentState,
    bid: Bid | None,
    bid_file_digest: bytes,
) -> Opening:
    """Return the opening of the commitment on chain, from the vault or rebuilt from ``bid``.

    Raises VaultError if neither gives it.
    """
    try:
        opening = bidder.vault.get(
            bidder.chain_id, auction.id, bidder.key.address.raw, commitment.attempt
        )
    except VaultError:
        # A damaged row is as good as lost; the bid file may still bring it back.
        if bid is None:
            raise
        opening = None
    if opening and opening.bid_commitment == commitment.bid_commitment:
        return opening
    if bid is not None:
        rebuilt = rebuild_opening(bidder, auction, commitment, bid, bid_file_digest)
        if rebuilt:
            return rebuilt
        raise VaultError(
            f"this bid and key do not give the commitment of attempt {commitment.attempt} in "
            f"auction {auction.id}",
            remedy="give the bid file that was committed, and the key that signed it",
        )
    raise VaultError(
        f"the vault has no opening for attempt {commitment.attempt} in auction {auction.id}",
        remedy="`plurichain bid reveal --bid FILE` rebuilds it from the key and the bid",
    )


def _send_opening(
    account: Account,
    sighting: Sighting,
    bidder: Address,
    bid_bytes: bytes,
    salt: bytes,
    named: Coins | None = None,
) -> RevealReceipt:
    auction = sighting.auction
    credit_coins = _prepare_escrow(account, auction, bidder, bid_bytes, named)
    message = make_reveal_message(
        account.key.address, bidder, auction.id, bid_bytes, salt, credit_coins
    )
    outcome = account.send(
        message,
        purpose="reveal",
        auction_id=auction.id,
        not_after_ns=auction.reveal_deadline_ns,
    )
    reveal = account.queries.get_reveal(auction.id, bidder)
    if reveal is None:
        raise NotFound(
            f"transaction {outcome.tx_hash} was accepted but the node shows no reveal yet",
            remedy=f"`plurichain bid status --auction-id {auction.id}` looks again",
        )
    if reveal.admissible:
        account.tell(
            "revealed",
            f"revealed in auction {auction.id} at height {outcome.height}",
            tx_hash=outcome.tx_hash,
            height=outcome.height,
        )
    else:
        account.tell(
            "inadmissible",
            f"the opening matched but the bid is inadmissible ({reveal.reason}); the deposit "
            f"of {format_coins(auction.deposit)} is forfeited",
            is_warning=True,
            reason=reveal.reason,
        )
    return _make_receipt(reveal, outcome.tx_hash, outcome.height)


def _prepare_escrow(
    account: Account, auction: AuctionState, bidder: Address, bid_bytes: bytes, named: Coins | None
) -> Coins:
    """Return the credits to name. Raises FundsShort, or PhaseError for a relayed opening that
    only its bidder can fund.
    """
    try:
        bid = decode_bid(bid_bytes)
    except EncodingError:
        # The chain records it as inadmissible and escrows nothing.
        return ()
    units = compute_class_delivery(auction.terms, bid)
    escrow = compute_reveal_escrow(bid, auction.terms, auction.deposit)
    if not escrow and not units:
        return choose_credits(account, auction.terms, 0, named, purpose="this reveal")
    if bidder.raw != account.key.address.raw:
        raise PhaseError(
            f"the opening of {bidder} needs escrow beyond the deposit; only {bidder} can send it",
            remedy="relaying works where the deposit covers the bid, and in award mode",
        )
    purpose = "the escrow of this reveal"
    validate_funds(account, bidder, escrow, purpose=purpose)
    return choose_credits(account, auction.terms, units, named, purpose=purpose)


def _make_receipt(reveal: RevealState, tx_hash: str, height: int) -> RevealReceipt:
    return RevealReceipt(
        reveal.auction_id, reveal.bidder, reveal.admissible, reveal.reason, tx_hash, height
    )
