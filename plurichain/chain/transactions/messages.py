"""The messages that a transaction carries: pure constructors.

A message is its type URL, its bytes and who must sign it; nothing is sent here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plurichain.auction.money import compute_creator_escrow
from plurichain.chain import protos
from plurichain.chain.auctions.terms import make_terms_message
from plurichain.chain.convert import make_coin_messages
from plurichain.chain.pb.plurichain.auction.v1 import tx_pb2 as auction_tx

if TYPE_CHECKING:
    from plurichain.auction.terms import Terms
    from plurichain.identifiers import Address
    from plurichain.units import Coin


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a transaction.

    ``value`` is its protobuf bytes. ``spends`` is what it takes from the signer, as far
    as the message alone tells.
    """

    type_url: str
    value: bytes
    signer: Address
    spends: tuple[Coin, ...] = ()

    def __repr__(self) -> str:
        # The value may be an opening that is not public yet.
        return f"Message({self.type_url}, {len(self.value)} bytes, signer={self.signer})"


def wrap_message(message: Any, signer: Address, spends: Iterable[Coin] = ()) -> Message:
    """Return a protobuf message as the transaction carries it, to be signed by ``signer``."""
    type_url = f"/{message.DESCRIPTOR.full_name}"
    return Message(type_url, message.SerializeToString(), signer, tuple(spends))


def create_auction(creator: Address, terms: Terms, named: Iterable[Coin] = ()) -> Message:
    """Open an auction; the creator's whole side is escrowed.

    ``named`` are the credits of a forward auction whose lot is a class.
    """
    lot = tuple(named)
    return wrap_message(
        auction_tx.MsgCreateAuction(
            creator=str(creator), terms=make_terms_message(terms), credits=make_coin_messages(lot)
        ),
        creator,
        compute_creator_escrow(terms, lot),
    )


def cancel_auction(creator: Address, auction_id: int) -> Message:
    """Withdraw an auction that has no commitment yet."""
    return wrap_message(
        auction_tx.MsgCancelAuction(creator=str(creator), auction_id=auction_id), creator
    )


def commit_bid(bidder: Address, auction_id: int, bid_commitment: bytes, attempt: int) -> Message:
    """Store a bid commitment (32 bytes); ``attempt`` counts from 1."""
    return wrap_message(
        auction_tx.MsgCommitBid(
            bidder=str(bidder),
            auction_id=auction_id,
            bid_commitment=bid_commitment,
            attempt=attempt,
        ),
        bidder,
    )


def reveal_bid(
    sender: Address,
    bidder: Address,
    auction_id: int,
    bid_bytes: bytes,
    salt: bytes,
    named: Iterable[Coin] = (),
) -> Message:
    """Open ``bidder``'s commitment; ``sender`` signs and may be somebody else.

    ``named`` are the credits that a seller escrows where the lot is a class.
    """
    credit_coins = tuple(named)
    return wrap_message(
        auction_tx.MsgRevealBid(
            sender=str(sender),
            bidder=str(bidder),
            auction_id=auction_id,
            bid_bytes=bid_bytes,
            salt=salt,
            credits=make_coin_messages(credit_coins),
        ),
        sender,
        credit_coins,
    )


def claim_payout(owner: Address, auction_id: int, recipient: Address | None = None) -> Message:
    """Collect a parked payout, to the owner or to ``recipient``."""
    to = "" if recipient is None else str(recipient)
    return wrap_message(
        auction_tx.MsgClaimPayout(owner=str(owner), auction_id=auction_id, recipient=to), owner
    )


def confirm_delivery(creator: Address, auction_id: int, bidder: Address) -> Message:
    """Return a winner's deposit in award mode."""
    return wrap_message(
        auction_tx.MsgConfirmDelivery(
            creator=str(creator), auction_id=auction_id, bidder=str(bidder)
        ),
        creator,
    )


def forfeit_deposit(creator: Address, auction_id: int, bidder: Address) -> Message:
    """Send a winner's deposit in award mode to the community pool."""
    return wrap_message(
        auction_tx.MsgForfeitDeposit(
            creator=str(creator), auction_id=auction_id, bidder=str(bidder)
        ),
        creator,
    )


def bank_send(sender: Address, recipient: Address, coins: Iterable[Coin]) -> Message:
    """Send coins from one account to another."""
    sent = tuple(coins)
    return wrap_message(
        protos.bank_tx.MsgSend(
            from_address=str(sender),
            to_address=str(recipient),
            amount=make_coin_messages(sent),
        ),
        sender,
        sent,
    )


def bank_multi_send(
    sender: Address, outputs: Sequence[tuple[Address, tuple[Coin, ...]]]
) -> Message:
    """Send coins from one account to several, all or nothing."""
    sent = tuple(coin for _, coins in outputs for coin in coins)
    return wrap_message(
        protos.bank_tx.MsgMultiSend(
            inputs=[protos.bank.Input(address=str(sender), coins=make_coin_messages(sent))],
            outputs=[
                protos.bank.Output(address=str(to), coins=make_coin_messages(coins))
                for to, coins in outputs
            ],
        ),
        sender,
        sent,
    )
