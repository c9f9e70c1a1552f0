"""From the auction module's protobuf to the frozen views of ``plurichain.auction.state``.

What a node leaves out or makes up is found here: each raises BadReply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from plurichain.auction.names import DepositStatus, Phase
from plurichain.auction.state import (
    AuctionParams,
    AuctionState,
    AwardRow,
    CommitmentState,
    ParkedPayout,
    ResultState,
    RevealState,
)
from plurichain.chain.auctions.terms import read_terms_message
from plurichain.chain.convert import read_coins, read_duration, read_int, read_timestamp
from plurichain.errors import BadReply, InputError
from plurichain.identifiers import Address

_HASH_BYTES = 32
_T = TypeVar("_T")


def _read(kind: Callable[[Any], _T], value: Any, field: str) -> _T:
    try:
        return kind(value)
    except ValueError:
        raise BadReply(f"{field}: {value!r} is not known to this program") from None


def _read_address(text: str, prefix: str, field: str) -> Address:
    try:
        return Address.parse(text, prefix=prefix, field=field)
    except InputError as error:
        raise BadReply(f"the node's answer: {error.cause}") from error


def _read_hash(data: bytes, field: str) -> bytes:
    if len(data) != _HASH_BYTES:
        raise BadReply(f"{field}: {len(data)} bytes are not {_HASH_BYTES}")
    return bytes(data)


def read_auction(message: Any, prefix: str) -> AuctionState:
    """Return one auction."""
    has_delivery = message.HasField("delivery_deadline")
    return AuctionState(
        id=int(message.id),
        creator=_read_address(message.creator, prefix, "creator"),
        terms=read_terms_message(message.terms),
        terms_hash=_read_hash(message.terms_hash, "terms_hash"),
        phase=_read(Phase, message.phase, "phase"),
        deposit=read_coins(message.deposit),
        escrow=read_coins(message.escrow),
        created_at_ns=read_timestamp(message.created_at),
        commit_deadline_ns=read_timestamp(message.commit_deadline),
        reveal_deadline_ns=read_timestamp(message.reveal_deadline),
        delivery_deadline_ns=read_timestamp(message.delivery_deadline) if has_delivery else None,
        max_bidders=int(message.max_bidders),
        bidder_count=int(message.bidder_count),
        reveal_count=int(message.reveal_count),
        failure=message.failure,
    )


def read_commitment(message: Any, prefix: str) -> CommitmentState:
    """Return one sealed bid."""
    return CommitmentState(
        auction_id=int(message.auction_id),
        bidder=_read_address(message.bidder, prefix, "bidder"),
        bid_commitment=_read_hash(message.bid_commitment, "bid_commitment"),
        attempt=int(message.attempt),
        deposit_status=_read(DepositStatus, message.deposit_status, "deposit_status"),
        committed_at_ns=read_timestamp(message.committed_at),
    )


def read_reveal(message: Any, prefix: str) -> RevealState:
    """Return one opening."""
    return RevealState(
        auction_id=int(message.auction_id),
        bidder=_read_address(message.bidder, prefix, "bidder"),
        bid_bytes=bytes(message.bid_bytes),
        salt=_read_hash(message.salt, "salt"),
        admissible=bool(message.admissible),
        reason=message.reason,
        escrow=read_coins(message.escrow),
        revealed_at_ns=read_timestamp(message.revealed_at),
        sender=_read_address(message.sender, prefix, "sender"),
    )


def read_result(message: Any, awards: Iterable[Any], prefix: str) -> ResultState:
    """Return a result whose ``awards`` were gathered from all pages."""
    price = message.clearing_price
    return ResultState(
        auction_id=int(message.auction_id),
        welfare=read_int(message.welfare, "welfare"),
        clearing_price=read_int(price, "clearing_price") if price else None,
        surplus=read_int(message.surplus, "surplus"),
        tie_seed=_read_hash(message.tie_seed, "tie_seed"),
        awards=tuple(
            AwardRow(
                bidder=_read_address(award.bidder, prefix, "bidder"),
                allocation=int(award.allocation),
                payment=read_int(award.payment, "payment"),
            )
            for award in awards
        ),
        height=int(message.height),
        cleared_at_ns=read_timestamp(message.cleared_at),
    )


def read_parked_payout(message: Any, prefix: str) -> ParkedPayout:
    """Return one payout that waits for its owner."""
    return ParkedPayout(
        owner=_read_address(message.owner, prefix, "owner"),
        auction_id=int(message.auction_id),
        amount=read_coins(message.amount),
    )


def read_params(message: Any) -> AuctionParams:
    """Return the module's limits."""
    return AuctionParams(
        max_bidders=int(message.max_bidders),
        max_steps=int(message.max_steps),
        max_open_auctions=int(message.max_open_auctions),
        max_open_auctions_per_creator=int(message.max_open_auctions_per_creator),
        min_window_ns=read_duration(message.min_window),
        max_window_ns=read_duration(message.max_window),
        max_quantity=int(message.max_quantity),
        max_price=read_int(message.max_price, "max_price"),
        min_deposit_bps=int(message.min_deposit_bps),
        max_title_bytes=int(message.max_title_bytes),
        clearing_steps_per_block=int(message.clearing_steps_per_block),
    )
