"""Events of the auction module, decoded; each event stays one element of a list.

The SDK writes a typed event as ``<full protobuf name>`` with one attribute per field,
whose value is that field's JSON.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any

from plurichain.auction.names import Phase
from plurichain.chain.types import Event
from plurichain.errors import BadReply, InputError
from plurichain.identifiers import Address
from plurichain.units import Coin

PACKAGE = "plurichain.auction.v1."
# Added by the SDK to events of messages and of block ends, not as JSON.
_SDK_KEYS = frozenset({"msg_index", "mode"})
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, InputError)


@dataclass(frozen=True, slots=True)
class AuctionEvent:
    """What all events of the module have in common."""

    auction_id: int


@dataclass(frozen=True, slots=True)
class AuctionCreated(AuctionEvent):
    """An auction was opened and the creator's side escrowed."""

    creator: Address
    terms_hash: bytes


@dataclass(frozen=True, slots=True)
class AuctionCancelled(AuctionEvent):
    """Withdrawn before the first commitment."""


@dataclass(frozen=True, slots=True)
class BidCommitted(AuctionEvent):
    """A first or newer commitment was stored."""

    bidder: Address
    bid_commitment: bytes
    attempt: int


@dataclass(frozen=True, slots=True)
class BidRevealed(AuctionEvent):
    """An opening matched its commitment."""

    bidder: Address
    sender: Address
    admissible: bool
    reason: str


@dataclass(frozen=True, slots=True)
class PhaseChanged(AuctionEvent):
    """An auction moved on."""

    from_phase: Phase
    to_phase: Phase


@dataclass(frozen=True, slots=True)
class AuctionCleared(AuctionEvent):
    """The result stands."""

    welfare: int
    clearing_price: int | None
    traded: int


@dataclass(frozen=True, slots=True)
class AuctionFailed(AuctionEvent):
    """Clearing failed and revealers were refunded."""

    failure: str


@dataclass(frozen=True, slots=True)
class BidSettled(AuctionEvent):
    """What one bidder traded, and what left the module for it."""

    bidder: Address
    allocation: int
    payment: int
    payout: tuple[Coin, ...]


@dataclass(frozen=True, slots=True)
class DepositForfeited(AuctionEvent):
    """A deposit, or a part of it, went to the community pool."""

    bidder: Address
    amount: tuple[Coin, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class DepositReturned(AuctionEvent):
    """A winner's deposit in award mode was given back."""

    bidder: Address
    amount: tuple[Coin, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class PayoutParked(AuctionEvent):
    """The bank refused a payout; it waits for its owner."""

    owner: Address
    amount: tuple[Coin, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class PayoutClaimed(AuctionEvent):
    """A parked payout was collected."""

    owner: Address
    recipient: Address
    amount: tuple[Coin, ...]


EVENT_CLASSES: dict[str, type[AuctionEvent]] = {
    f"{PACKAGE}Event{kind.__name__}": kind
    for kind in (
        AuctionCreated,
        AuctionCancelled,
        BidCommitted,
        BidRevealed,
        PhaseChanged,
        AuctionCleared,
        AuctionFailed,
        BidSettled,
        DepositForfeited,
        DepositReturned,
        PayoutParked,
        PayoutClaimed,
    )
}


def decode_events(events: Iterable[Event]) -> list[AuctionEvent]:
    """Return the auction events among ``events``, in order; others are left out.

    Raises BadReply for an event that lacks what it must have.
    """
    return [
        _decode(EVENT_CLASSES[event.type], event) for event in events if event.type in EVENT_CLASSES
    ]


def find_auction_id(events: Iterable[Event]) -> int:
    """Return the id of the auction that a create message made. Raises BadReply."""
    for event in decode_events(event for event in events if event.type.endswith("Created")):
        return event.auction_id
    raise BadReply("the transaction created no auction, or its node hides events")


def _decode(kind: type[AuctionEvent], event: Event) -> AuctionEvent:
    try:
        content = {
            key: json.loads(value) for key, value in event.attributes if key not in _SDK_KEYS
        }
        return kind(**{field.name: _DECODERS[field.name](content) for field in fields(kind)})
    except _UNREADABLE as error:
        raise BadReply(f"an event {event.type} that cannot be read") from error


# Proto3 JSON leaves a default out or writes it, as the chain's SDK has it.
def _integer(key: str) -> Callable[[dict[str, Any]], int]:
    return lambda content: int(content.get(key) or 0)


def _text(key: str) -> Callable[[dict[str, Any]], str]:
    return lambda content: str(content.get(key) or "")


def _data(key: str) -> Callable[[dict[str, Any]], bytes]:
    return lambda content: base64.b64decode(content[key], validate=True)


def _address(key: str) -> Callable[[dict[str, Any]], Address]:
    return lambda content: Address.parse(content[key], field=key)


def _phase(key: str) -> Callable[[dict[str, Any]], Phase]:
    def read(content: dict[str, Any]) -> Phase:
        value = content[key]
        return Phase[value.removeprefix("PHASE_")] if isinstance(value, str) else Phase(value)

    return read


def _coins(key: str) -> Callable[[dict[str, Any]], tuple[Coin, ...]]:
    return lambda content: tuple(
        Coin(str(coin["denom"]), int(coin["amount"])) for coin in content.get(key) or ()
    )


def _optional(key: str) -> Callable[[dict[str, Any]], int | None]:
    return lambda content: int(content[key]) if content.get(key) else None


_DECODERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "auction_id": _integer("auction_id"),
    "creator": _address("creator"),
    "terms_hash": _data("terms_hash"),
    "bidder": _address("bidder"),
    "bid_commitment": _data("bid_commitment"),
    "attempt": _integer("attempt"),
    "sender": _address("sender"),
    "admissible": lambda content: bool(content.get("admissible")),
    "reason": _text("reason"),
    "from_phase": _phase("from"),
    "to_phase": _phase("to"),
    "welfare": _integer("welfare"),
    "clearing_price": _optional("clearing_price"),
    "traded": _integer("traded"),
    "failure": _text("failure"),
    "allocation": _integer("allocation"),
    "payment": _integer("payment"),
    "payout": _coins("payout"),
    "amount": _coins("amount"),
    "owner": _address("owner"),
    "recipient": _address("recipient"),
}
