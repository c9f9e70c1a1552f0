"""After the result: claim what the bank refused, confirm or forfeit in award mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.auction.names import DepositStatus, Phase, Settlement
from plurichain.bidding.auctions import get_sighting
from plurichain.bidding.moments import format_span, format_time
from plurichain.bidding.revealing import get_commitment
from plurichain.bidding.rights import validate_creator
from plurichain.chain.transactions import messages
from plurichain.errors import NotFound, PhaseError
from plurichain.units import add_coins, format_coins

if TYPE_CHECKING:
    from plurichain.bidding.account import Account
    from plurichain.chain.transactions.messages import Message
    from plurichain.chain.transactions.outcome import Outcome
    from plurichain.identifiers import Address
    from plurichain.units import Coins


def claim_payout(
    account: Account, auction_id: int, *, recipient: Address | None = None
) -> tuple[Coins, Outcome]:
    """Collect what the bank refused to pay out; returns the coins and the outcome.

    Raises NotFound if nothing is parked for this key, TransactionError by outcome.
    """
    parked = [
        payout
        for payout in account.queries.list_parked_payouts(account.key.address)
        if payout.auction_id == auction_id
    ]
    if not parked:
        raise NotFound(
            f"nothing is parked for {account.key.address} in auction {auction_id}",
            remedy=f"`plurichain auction result {auction_id}` shows what was paid",
        )
    coins: Coins = ()
    for payout in parked:
        coins = add_coins(coins, payout.amount)
    message = messages.claim_payout(account.key.address, auction_id, recipient)
    outcome = account.send(message, purpose="claim", auction_id=auction_id)
    account.tell("claimed", f"claimed {format_coins(coins)}", tx_hash=outcome.tx_hash)
    return coins, outcome


def confirm_delivery(account: Account, auction_id: int, bidder: Address) -> Outcome:
    """Return a winner's deposit in award mode. Raises PhaseError, NotFound, TransactionError."""
    _validate_deposit_held(account, auction_id, bidder, "confirm a delivery")
    message = messages.confirm_delivery(account.key.address, auction_id, bidder)
    return _send(account, message, "confirm", auction_id, f"the deposit of {bidder} is returned")


def forfeit_deposit(account: Account, auction_id: int, bidder: Address) -> Outcome:
    """Send a winner's deposit to the community pool in award mode.

    Possible until the delivery deadline. Raises PhaseError, NotFound, TransactionError.
    """
    _validate_deposit_held(account, auction_id, bidder, "forfeit a deposit")
    message = messages.forfeit_deposit(account.key.address, auction_id, bidder)
    return _send(account, message, "forfeit", auction_id, f"the deposit of {bidder} is forfeited")


def _validate_deposit_held(account: Account, auction_id: int, bidder: Address, action: str) -> None:
    sighting = get_sighting(account, auction_id)
    auction = sighting.auction
    validate_creator(account, auction, action)
    if auction.terms.settlement is not Settlement.AWARD:
        raise PhaseError(
            f"auction {auction_id} is settled in coins: no deposit is held until delivery",
            remedy='confirm and forfeit are for auctions with settlement = "award"',
        )
    if sighting.phase is not Phase.CLEARED:
        raise PhaseError(
            f"auction {auction_id} is {sighting.phase.text}: too early to {action}; the reveal "
            f"ends at {format_time(auction.reveal_deadline_ns)}",
            remedy=f"`plurichain auction watch {auction_id}` waits for the result",
        )
    deadline_ns = auction.delivery_deadline_ns
    if deadline_ns is not None and sighting.block_time_ns >= deadline_ns:
        late_ns = sighting.block_time_ns - deadline_ns
        raise PhaseError(
            f"auction {auction_id}: too late to {action} by {format_span(late_ns)}; the delivery "
            f"deadline was at {format_time(deadline_ns)}",
            remedy="the deposits of winners have returned to them",
        )
    commitment = get_commitment(account, auction_id, bidder)
    if commitment.deposit_status is not DepositStatus.HELD:
        raise PhaseError(
            f"the deposit of {bidder} in auction {auction_id} is "
            f"{commitment.deposit_status.text} already",
            remedy="only a winner's deposit is held until delivery",
        )


def _send(account: Account, message: Message, purpose: str, auction_id: int, said: str) -> Outcome:
    outcome = account.send(message, purpose=purpose, auction_id=auction_id)
    account.tell(purpose, said, tx_hash=outcome.tx_hash, height=outcome.height)
    return outcome
