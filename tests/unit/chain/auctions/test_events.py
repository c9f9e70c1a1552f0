from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from plurichain.auction.names import Phase
from plurichain.chain.auctions.events import (
    EVENT_CLASSES,
    AuctionCleared,
    AuctionCreated,
    BidSettled,
    DepositForfeited,
    PhaseChanged,
    decode_events,
    find_auction_id,
)
from plurichain.chain.pb.plurichain.auction.v1 import event_pb2
from plurichain.chain.types import Event
from plurichain.errors import BadReply
from plurichain.identifiers import Address
from plurichain.units import Coin

ALICE = Address(b"\x01" * 20, "pluri")


def make_event(name: str, **fields: object) -> Event:
    attributes = tuple((key, json.dumps(value)) for key, value in fields.items())
    return Event(
        f"plurichain.auction.v1.{name}", (*attributes, ("msg_index", "0"), ("mode", "EndBlock"))
    )


def test_every_event_of_the_module_is_known() -> None:
    names = {
        message.full_name
        for message in event_pb2.DESCRIPTOR.message_types_by_name.values()
        if "auction_id" in message.fields_by_name
    }

    assert set(EVENT_CLASSES) == names


def test_equal_events_stay_separate_and_in_order() -> None:
    forfeits = [
        make_event(
            "EventDepositForfeited",
            auction_id="5",
            bidder=str(ALICE),
            amount=[{"denom": "ueur", "amount": amount}],
            reason="no reveal",
        )
        for amount in ("1", "2")
    ]
    decoded = decode_events([forfeits[0], Event("transfer", (("amount", "x"),)), forfeits[1]])

    assert decoded == [
        DepositForfeited(5, ALICE, (Coin("ueur", amount),), "no reveal") for amount in (1, 2)
    ]


def test_fields_come_out_as_what_they_are() -> None:
    terms_hash = bytes(range(32))
    created = make_event(
        "EventAuctionCreated",
        auction_id=str(2**64 - 1),
        creator=str(ALICE),
        terms_hash=base64.b64encode(terms_hash).decode(),
    )
    assert decode_events([created]) == [AuctionCreated(2**64 - 1, ALICE, terms_hash)]
    assert find_auction_id([created]) == 2**64 - 1
    moved = make_event("EventPhaseChanged", auction_id="1", **{"from": "PHASE_COMMITTING", "to": 3})
    assert decode_events([moved]) == [PhaseChanged(1, Phase.COMMITTING, Phase.REVEALING)]
    cleared = make_event("EventAuctionCleared", auction_id="1", welfare="-5", clearing_price="0")
    assert decode_events([cleared]) == [AuctionCleared(1, -5, 0, 0)]
    cleared = make_event("EventAuctionCleared", auction_id="1", welfare="", clearing_price="")
    assert decode_events([cleared]) == [AuctionCleared(1, 0, None, 0)]
    settled = make_event("EventBidSettled", auction_id="1", bidder=str(ALICE), payout=[])
    assert decode_events([settled]) == [BidSettled(1, ALICE, 0, 0, ())]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"auction_id": "x", "creator": str(ALICE), "terms_hash": ""},
        {"auction_id": "1", "creator": "nobody", "terms_hash": ""},
        {"auction_id": "1", "creator": str(ALICE), "terms_hash": "%"},
        {"auction_id": [], "creator": 3, "terms_hash": None},
    ],
)
def test_a_broken_event_is_refused_by_name(fields: dict[str, object]) -> None:
    with pytest.raises(BadReply, match="EventAuctionCreated"):
        decode_events([make_event("EventAuctionCreated", **fields)])


def test_an_event_nested_too_deep_is_refused_by_name() -> None:
    event = replace(make_event("EventAuctionCreated"), attributes=(("creator", "[" * 100_000),))
    with pytest.raises(BadReply, match="EventAuctionCreated"):
        decode_events([event])


def test_no_event_no_auction() -> None:
    with pytest.raises(BadReply, match="created no auction"):
        find_auction_id([Event("tx", ())])
