"""Opening an auction, and withdrawing it while nobody has committed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.auction.commitment import compute_terms_hash
from plurichain.auction.money import compute_class_delivery, compute_creator_escrow
from plurichain.auction.names import Phase
from plurichain.auction.terms import validate_terms
from plurichain.bidding.auctions import get_sighting, validate_phase
from plurichain.bidding.class_lots import choose_credits
from plurichain.bidding.funds import validate_funds
from plurichain.bidding.rights import validate_creator
from plurichain.chain.auctions.events import find_auction_id
from plurichain.chain.transactions.messages import cancel_auction as make_cancel_message
from plurichain.chain.transactions.messages import create_auction as make_create_message
from plurichain.errors import BadReply, PhaseError

if TYPE_CHECKING:
    from plurichain.auction.state import AuctionState
    from plurichain.auction.terms import Terms
    from plurichain.bidding.account import Account
    from plurichain.chain.transactions.outcome import Outcome
    from plurichain.units import Coins


@dataclass(frozen=True, slots=True)
class CreateReceipt:
    """The auction that a create message opened."""

    auction: AuctionState
    tx_hash: str
    height: int


def create_auction(account: Account, terms: Terms, *, named: Coins | None = None) -> CreateReceipt:
    """Open an auction; the creator's whole side is escrowed with it.

    ``named`` are the credits of a forward auction of a class; None takes such as the creator
    holds, in ascending denom order. Raises TermsError, FundsShort, BidError and InputError
    before anything is sent, TransactionError by outcome, BadReply if the chain stored other
    terms.
    """
    validate_terms(terms)
    purpose = "the creator's escrow of this auction"
    lot = choose_credits(
        account, terms, compute_class_delivery(terms, None), named, purpose=purpose
    )
    validate_funds(
        account,
        account.key.address,
        compute_creator_escrow(terms, lot),
        purpose=purpose,
    )
    outcome = account.send(make_create_message(account.key.address, terms, lot), purpose="create")
    auction = account.queries.get_auction(find_auction_id(outcome.events))
    if auction.terms_hash != compute_terms_hash(terms):
        raise BadReply(
            f"auction {auction.id} stands on chain with other terms than were sent",
            remedy=f"look at `plurichain auction show {auction.id} --terms` and cancel it",
        )
    account.tell(
        "created",
        f"auction {auction.id} is open at height {outcome.height}",
        auction_id=auction.id,
        tx_hash=outcome.tx_hash,
        height=outcome.height,
    )
    return CreateReceipt(auction, outcome.tx_hash, outcome.height)


def cancel_auction(account: Account, auction_id: int) -> Outcome:
    """Withdraw an auction that has no commitment yet; its escrow returns.

    Raises PhaseError, UsageError and NotFound before anything is sent, TransactionError by
    outcome.
    """
    sighting = get_sighting(account, auction_id)
    validate_creator(account, sighting.auction, "cancel it")
    validate_phase(sighting, Phase.COMMITTING, "cancel an auction")
    if sighting.auction.bidder_count:
        raise PhaseError(
            f"auction {auction_id} has {sighting.auction.bidder_count} commitments; it can be "
            "cancelled only before the first",
            remedy="let it end; what is not sold or bought returns",
        )
    outcome = account.send(
        make_cancel_message(account.key.address, auction_id),
        purpose="cancel",
        auction_id=auction_id,
        not_after_ns=sighting.auction.commit_deadline_ns,
    )
    account.tell("cancelled", f"auction {auction_id} is cancelled", tx_hash=outcome.tx_hash)
    return outcome
