"""Events of the energy module, as the SDK writes them, become plain values."""

from __future__ import annotations

import base64
import json

import pytest

from plurichain.chain.energy import events
from plurichain.chain.pb.plurichain.energy.v1 import event_pb2
from plurichain.chain.types import Event
from plurichain.energy.attributes import Attributes
from plurichain.energy.names import DeviceStatus, RetirementPurpose
from plurichain.energy.state import IssuingBody, RegisteredPath
from plurichain.errors import BadReply
from plurichain.identifiers import Address
from plurichain.units import Coin

ALICE = Address(b"\x01" * 20, "pluri")
HASH = bytes(range(32))
ATTRIBUTES = Attributes(
    "grid-a-1", "meter-1", "wind", "Nord", 800_000, 1_782_043_200, 1_782_044_100, HASH, "registry"
)
ATTRIBUTES_JSON = {
    "origin_chain": "grid-a-1",
    "device_id": "meter-1",
    "technology": "wind",
    "zone": "Nord",
    "capacity_w": "800000",
    "interval_start": "1782043200",
    "interval_end": "1782044100",
    "reading_hash": base64.b64encode(HASH).decode(),
    "issuing_body": "registry",
}


def make_event(name: str, **fields: object) -> Event:
    attributes = tuple((key, json.dumps(value)) for key, value in fields.items())
    return Event(f"{events.PACKAGE}{name}", (*attributes, ("msg_index", "0")))


def test_every_event_of_the_module_is_known() -> None:
    names = {message.full_name for message in event_pb2.DESCRIPTOR.message_types_by_name.values()}

    assert set(events.EVENT_READERS) == names


CASES = [
    (
        make_event(
            "EventIssuingBodySet",
            issuing_body={"id": "registry", "name": "R", "address": str(ALICE), "active": True},
        ),
        events.IssuingBodySet(IssuingBody("registry", "R", ALICE, True)),
    ),
    (
        make_event("EventDeviceRegistered", device_id="meter-1", owner=str(ALICE)),
        events.DeviceRegistered("meter-1", ALICE),
    ),
    (
        make_event(
            "EventDeviceStatusChanged", device_id="meter-1", status="DEVICE_STATUS_SUSPENDED"
        ),
        events.DeviceStatusChanged("meter-1", DeviceStatus.SUSPENDED),
    ),
    (
        make_event(
            "EventReadingAccepted",
            device_id="meter-1",
            interval_start="1782043200",
            interval_end="1782044100",
            energy_wh=str(2**64 - 1),
            reading_hash=base64.b64encode(HASH).decode(),
        ),
        events.ReadingAccepted("meter-1", 1_782_043_200, 1_782_044_100, 2**64 - 1, HASH),
    ),
    (
        make_event(
            "EventCreditsIssued",
            denom="wh.x",
            amount_wh="7",
            owner=str(ALICE),
            attributes=ATTRIBUTES_JSON,
        ),
        events.CreditsIssued("wh.x", 7, ALICE, ATTRIBUTES),
    ),
    (
        make_event(
            "EventStorageCharged",
            device_id="battery",
            credits=[{"denom": "wh.x", "amount": "9"}],
            credited_wh="8",
        ),
        events.StorageCharged("battery", (Coin("wh.x", 9),), 8),
    ),
    (
        make_event("EventAttributesRecorded", denom="wh.x", attributes=ATTRIBUTES_JSON),
        events.AttributesRecorded("wh.x", ATTRIBUTES),
    ),
    (
        make_event(
            "EventCreditsRetired",
            retirement_id="3",
            owner=str(ALICE),
            denom="ibc/AB",
            amount_wh="5",
            credit_denom="wh.x",
            path="transfer/channel-0",
            beneficiary="School",
            purpose="RETIREMENT_PURPOSE_DISCLOSURE",
        ),
        events.CreditsRetired(
            3,
            ALICE,
            "ibc/AB",
            5,
            "wh.x",
            "transfer/channel-0",
            "School",
            RetirementPurpose.DISCLOSURE,
        ),
    ),
    (
        make_event(
            "EventPathRegistered", path={"path": "transfer/channel-0", "origin_chain": "grid-a-1"}
        ),
        events.PathRegistered(RegisteredPath("transfer/channel-0", "grid-a-1")),
    ),
    (
        make_event("EventPathRemoved", path="transfer/channel-0"),
        events.PathRemoved("transfer/channel-0"),
    ),
    (make_event("EventParamsUpdated", params={}), events.ParamsUpdated()),
]


@pytest.mark.parametrize(("event", "expected"), CASES, ids=[case[0].type for case in CASES])
def test_fields_come_out_as_what_they_are(event: Event, expected: events.EnergyEvent) -> None:
    assert events.decode_energy_events([Event("transfer", ()), event]) == [expected]


@pytest.mark.parametrize(
    "event",
    [
        make_event("EventDeviceRegistered", device_id="meter-1", owner="nobody"),
        make_event("EventReadingAccepted", energy_wh="-1"),
        make_event("EventReadingAccepted", energy_wh="many"),
        make_event("EventDeviceStatusChanged", device_id="meter-1", status="BROKEN"),
        make_event("EventDeviceStatusChanged", device_id="meter-1", status=99),
        make_event("EventCreditsIssued", denom="wh.x", owner=str(ALICE), attributes={}),
        Event(f"{events.PACKAGE}EventPathRemoved", (("path", "not JSON"),)),
        pytest.param(
            Event(f"{events.PACKAGE}EventPathRemoved", (("path", "[" * 100_000),)), id="nested"
        ),
    ],
)
def test_an_event_that_lacks_something_is_a_bad_reply(event: Event) -> None:
    with pytest.raises(BadReply, match="cannot be read"):
        events.decode_energy_events([event])
