"""Events of the energy module, decoded; each event stays one element of a list.

The SDK writes a typed event as ``<full protobuf name>`` with one attribute per field,
whose value is that field's JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError

from plurichain.chain.convert import read_coins
from plurichain.chain.energy.views import read_attributes, read_path
from plurichain.chain.pb.plurichain.energy.v1 import event_pb2
from plurichain.chain.types import Event
from plurichain.energy.attributes import Attributes
from plurichain.energy.names import DeviceStatus, RetirementPurpose
from plurichain.energy.state import IssuingBody, RegisteredPath
from plurichain.errors import BadReply, InputError
from plurichain.identifiers import Address
from plurichain.units import Coin

PACKAGE = "plurichain.energy.v1."
# Added by the SDK to events of messages and of block ends, not as JSON.
_SDK_KEYS = frozenset({"msg_index", "mode"})


@dataclass(frozen=True, slots=True)
class EnergyEvent:
    """What all events of the module have in common: nothing but the module."""


@dataclass(frozen=True, slots=True)
class IssuingBodySet(EnergyEvent):
    """A body was added or changed."""

    issuing_body: IssuingBody


@dataclass(frozen=True, slots=True)
class DeviceRegistered(EnergyEvent):
    """A device waits for approval."""

    device_id: str
    owner: Address


@dataclass(frozen=True, slots=True)
class DeviceStatusChanged(EnergyEvent):
    """Approved, suspended or let go on."""

    device_id: str
    status: DeviceStatus


@dataclass(frozen=True, slots=True)
class ReadingAccepted(EnergyEvent):
    """One interval of one device was taken; times in Unix seconds."""

    device_id: str
    interval_start: int
    interval_end: int
    energy_wh: int
    reading_hash: bytes


@dataclass(frozen=True, slots=True)
class CreditsIssued(EnergyEvent):
    """The credits of one interval were minted."""

    denom: str
    amount_wh: int
    owner: Address
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class StorageCharged(EnergyEvent):
    """Credits were burned for what a storage device took in."""

    device_id: str
    credits: tuple[Coin, ...]
    credited_wh: int


@dataclass(frozen=True, slots=True)
class AttributesRecorded(EnergyEvent):
    """Attributes of a credit of any chain are known here; the denom is the origin chain's."""

    denom: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class CreditsRetired(EnergyEvent):
    """Credits were burned for good."""

    retirement_id: int
    owner: Address
    denom: str
    amount_wh: int
    credit_denom: str
    path: str
    beneficiary: str
    purpose: RetirementPurpose


@dataclass(frozen=True, slots=True)
class PathRegistered(EnergyEvent):
    """Vouchers over this path are taken for that chain's."""

    path: RegisteredPath


@dataclass(frozen=True, slots=True)
class PathRemoved(EnergyEvent):
    """They no longer are."""

    path: str


@dataclass(frozen=True, slots=True)
class ParamsUpdated(EnergyEvent):
    """The authority changed the module's limits; queries tell them."""


def _read_body(message: Any) -> IssuingBody:
    body = message.issuing_body
    address = Address.parse(body.address, field="address")
    return IssuingBody(body.id, body.name, address, bool(body.active))


_READERS: dict[str, tuple[Any, Callable[[Any], EnergyEvent]]] = {
    "IssuingBodySet": (
        event_pb2.EventIssuingBodySet,
        lambda message: IssuingBodySet(_read_body(message)),
    ),
    "DeviceRegistered": (
        event_pb2.EventDeviceRegistered,
        lambda message: DeviceRegistered(
            message.device_id, Address.parse(message.owner, field="owner")
        ),
    ),
    "DeviceStatusChanged": (
        event_pb2.EventDeviceStatusChanged,
        lambda message: DeviceStatusChanged(message.device_id, DeviceStatus(message.status)),
    ),
    "ReadingAccepted": (
        event_pb2.EventReadingAccepted,
        lambda message: ReadingAccepted(
            message.device_id,
            int(message.interval_start),
            int(message.interval_end),
            int(message.energy_wh),
            bytes(message.reading_hash),
        ),
    ),
    "CreditsIssued": (
        event_pb2.EventCreditsIssued,
        lambda message: CreditsIssued(
            message.denom,
            int(message.amount_wh),
            Address.parse(message.owner, field="owner"),
            read_attributes(message.attributes),
        ),
    ),
    "StorageCharged": (
        event_pb2.EventStorageCharged,
        lambda message: StorageCharged(
            message.device_id, read_coins(message.credits), int(message.credited_wh)
        ),
    ),
    "AttributesRecorded": (
        event_pb2.EventAttributesRecorded,
        lambda message: AttributesRecorded(message.denom, read_attributes(message.attributes)),
    ),
    "CreditsRetired": (
        event_pb2.EventCreditsRetired,
        lambda message: CreditsRetired(
            int(message.retirement_id),
            Address.parse(message.owner, field="owner"),
            message.denom,
            int(message.amount_wh),
            message.credit_denom,
            message.path,
            message.beneficiary,
            RetirementPurpose(message.purpose),
        ),
    ),
    "PathRegistered": (
        event_pb2.EventPathRegistered,
        lambda message: PathRegistered(read_path(message.path)),
    ),
    "PathRemoved": (event_pb2.EventPathRemoved, lambda message: PathRemoved(message.path)),
    "ParamsUpdated": (event_pb2.EventParamsUpdated, lambda _message: ParamsUpdated()),
}

EVENT_READERS = {f"{PACKAGE}Event{name}": reader for name, reader in _READERS.items()}


def decode_energy_events(events: Iterable[Event]) -> list[EnergyEvent]:
    """Return the energy events among ``events``, in order; others are left out.

    Raises BadReply for an event that lacks what it must have.
    """
    return [_decode(event) for event in events if event.type in EVENT_READERS]


def _decode(event: Event) -> EnergyEvent:
    kind, read = EVENT_READERS[event.type]
    try:
        content = {
            key: json.loads(value) for key, value in event.attributes if key not in _SDK_KEYS
        }
        return read(ParseDict(content, kind(), ignore_unknown_fields=True))
    except (ValueError, RecursionError, ParseError, InputError, BadReply) as error:
        raise BadReply(f"an event {event.type} that cannot be read") from error
