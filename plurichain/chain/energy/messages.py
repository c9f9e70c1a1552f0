"""The messages of the energy module: pure constructors (``chain.messages``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from plurichain.chain.convert import make_coin_messages
from plurichain.chain.pb.plurichain.energy.v1 import energy_pb2, tx_pb2
from plurichain.chain.transactions.messages import Message, wrap_message

if TYPE_CHECKING:
    from plurichain.energy.attributes import Attributes
    from plurichain.energy.device import Device
    from plurichain.energy.names import DeviceStatus, RetirementPurpose
    from plurichain.energy.reading import SignedReading
    from plurichain.energy.state import IssuingBody, RegisteredPath
    from plurichain.identifiers import Address
    from plurichain.units import Coin


def make_attributes_message(attributes: Attributes) -> Any:
    """Return attributes as protobuf."""
    return energy_pb2.Attributes(
        origin_chain=attributes.origin_chain,
        device_id=attributes.device_id,
        technology=attributes.technology,
        zone=attributes.zone,
        capacity_w=attributes.capacity_w,
        interval_start=attributes.interval_start,
        interval_end=attributes.interval_end,
        reading_hash=attributes.reading_hash,
        issuing_body=attributes.issuing_body,
    )


def set_issuing_body(authority: Address, body: IssuingBody) -> Message:
    """Add an issuing body, or change its name, account and state."""
    message = tx_pb2.MsgSetIssuingBody(
        authority=str(authority),
        issuing_body=energy_pb2.IssuingBody(
            id=body.id, name=body.name, address=str(body.address), active=body.active
        ),
    )
    return wrap_message(message, authority)


def register_device(owner: Address, device: Device, proof: bytes) -> Message:
    """Add a device; ``proof`` is its key's signature over the registration (64 bytes)."""
    message = tx_pb2.MsgRegisterDevice(
        owner=str(owner),
        device_id=device.device_id,
        key_type=int(device.key_type),  # type: ignore[arg-type]
        public_key=device.public_key,
        technology=device.technology,
        capacity_w=device.capacity_w,
        zone=device.zone,
        latitude_udeg=device.latitude_udeg,
        longitude_udeg=device.longitude_udeg,
        issuing_body=device.issuing_body,
        efficiency_bp=device.efficiency_bp,
        proof=proof,
    )
    return wrap_message(message, owner)


def set_device_status(issuer: Address, device_id: str, status: DeviceStatus) -> Message:
    """Approve or suspend a device; ``issuer`` is the account of its issuing body."""
    message = tx_pb2.MsgSetDeviceStatus(
        issuer=str(issuer),
        device_id=device_id,
        status=int(status),  # type: ignore[arg-type]
    )
    return wrap_message(message, issuer)


def submit_readings(sender: Address, device_id: str, readings: Iterable[SignedReading]) -> Message:
    """Hand in signed readings of one device, ascending; all or none are taken."""
    message = tx_pb2.MsgSubmitReadings(
        sender=str(sender),
        device_id=device_id,
        readings=[
            energy_pb2.SignedReading(
                interval_start=reading.interval_start,
                interval_end=reading.interval_end,
                counter_start_wh=reading.counter_start_wh,
                counter_end_wh=reading.counter_end_wh,
                signature=reading.signature,
            )
            for reading in readings
        ],
    )
    return wrap_message(message, sender)


def issue_credits(issuer: Address, device_id: str, interval_starts: Iterable[int]) -> Message:
    """Mint the credits of accepted intervals (Unix seconds, ascending) to the device's owner."""
    message = tx_pb2.MsgIssueCredits(
        issuer=str(issuer), device_id=device_id, interval_starts=interval_starts
    )
    return wrap_message(message, issuer)


def charge_storage(owner: Address, device_id: str, coins: Iterable[Coin]) -> Message:
    """Burn credits that were charged into a storage device of the same owner."""
    charged = tuple(coins)
    message = tx_pb2.MsgChargeStorage(
        owner=str(owner), device_id=device_id, credits=make_coin_messages(charged)
    )
    return wrap_message(message, owner, charged)


def record_attributes(sender: Address, attributes: Iterable[Attributes]) -> Message:
    """Have the chain keep attributes, which prove themselves by their hash."""
    message = tx_pb2.MsgRecordAttributes(
        sender=str(sender), attributes=[make_attributes_message(item) for item in attributes]
    )
    return wrap_message(message, sender)


def retire_credits(
    owner: Address,
    coin: Coin,
    *,
    beneficiary: str,
    purpose: RetirementPurpose,
    reason: str = "",
    attributes: Attributes | None = None,
) -> Message:
    """Burn credits for good; ``attributes`` are the evidence for a voucher."""
    message = tx_pb2.MsgRetireCredits(
        owner=str(owner),
        coin=make_coin_messages([coin])[0],
        attributes=None if attributes is None else make_attributes_message(attributes),
        beneficiary=beneficiary,
        purpose=int(purpose),  # type: ignore[arg-type]
        reason=reason,
    )
    return wrap_message(message, owner, (coin,))


def register_path(authority: Address, path: RegisteredPath) -> Message:
    """Say which chain vouchers over exactly this path come from."""
    message = tx_pb2.MsgRegisterPath(
        authority=str(authority),
        path=energy_pb2.RegisteredPath(path=path.path, origin_chain=path.origin_chain),
    )
    return wrap_message(message, authority)


def remove_path(authority: Address, path: str) -> Message:
    """Take back what was said of a path."""
    return wrap_message(tx_pb2.MsgRemovePath(authority=str(authority), path=path), authority)
