"""From the energy module's protobuf to the frozen views of ``plurichain.energy.state``.

What a node leaves out or makes up is found here: each raises BadReply.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from plurichain.chain.convert import read_coins, read_int, read_timestamp
from plurichain.energy.attributes import Attributes, validate_attributes
from plurichain.energy.device import Device
from plurichain.energy.names import DeviceStatus, KeyType, RetirementPurpose
from plurichain.energy.reading import SignedReading
from plurichain.energy.state import (
    CreditState,
    DeviceState,
    EnergyParams,
    IssuedCredit,
    IssuingBody,
    Origin,
    ReadingState,
    RegisteredPath,
    Retirement,
    Technology,
)
from plurichain.errors import BadReply, EnergyError, InputError
from plurichain.identifiers import Address

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


def read_attributes(message: Any) -> Attributes:
    """Return the attributes of a credit; they must be ones that can be."""
    attributes = Attributes(
        origin_chain=message.origin_chain,
        device_id=message.device_id,
        technology=message.technology,
        zone=message.zone,
        capacity_w=int(message.capacity_w),
        interval_start=int(message.interval_start),
        interval_end=int(message.interval_end),
        reading_hash=bytes(message.reading_hash),
        issuing_body=message.issuing_body,
    )
    try:
        validate_attributes(attributes)
    except EnergyError as error:
        raise BadReply(f"the node's answer: {error.cause}") from error
    return attributes


def read_energy_params(message: Any, prefix: str) -> EnergyParams:
    """Return the module's limits."""
    registrar = message.registrar
    return EnergyParams(
        registrar=_read_address(registrar, prefix, "registrar") if registrar else None,
        technologies=tuple(
            Technology(item.name, bool(item.daylight_only), bool(item.storage))
            for item in message.technologies
        ),
        interval_seconds=int(message.interval_seconds),
        max_readings_per_batch=int(message.max_readings_per_batch),
        max_reading_age_seconds=int(message.max_reading_age_seconds),
    )


def read_issuing_body(message: Any, prefix: str) -> IssuingBody:
    """Return one issuing body."""
    address = _read_address(message.address, prefix, "address")
    return IssuingBody(message.id, message.name, address, bool(message.active))


def read_device(message: Any, prefix: str) -> DeviceState:
    """Return one device."""
    device = Device(
        device_id=message.id,
        key_type=_read(KeyType, message.key_type, "key_type"),
        public_key=bytes(message.public_key),
        technology=message.technology,
        capacity_w=int(message.capacity_w),
        zone=message.zone,
        latitude_udeg=int(message.latitude_udeg),
        longitude_udeg=int(message.longitude_udeg),
        issuing_body=message.issuing_body,
        efficiency_bp=int(message.efficiency_bp),
    )
    return DeviceState(
        device=device,
        owner=_read_address(message.owner, prefix, "owner"),
        status=_read(DeviceStatus, message.status, "status"),
        storage_balance_wh=read_int(message.storage_balance_wh or "0", "storage_balance_wh"),
    )


def read_reading(message: Any) -> ReadingState:
    """Return one interval of a device."""
    reading = SignedReading(
        interval_start=int(message.interval_start),
        interval_end=int(message.interval_end),
        counter_start_wh=int(message.counter_start_wh),
        counter_end_wh=int(message.counter_end_wh),
        signature=bytes(message.signature),
    )
    return ReadingState(message.device_id, reading, bool(message.issued), int(message.issued_wh))


def read_issued_credit(message: Any) -> IssuedCredit:
    """Return one credit as lists have it."""
    attributes = read_attributes(message.attributes)
    return IssuedCredit(message.denom, attributes, int(message.issued_wh))


def read_credit(message: Any, supply_wh: int, retired_wh: int) -> CreditState:
    """Return one credit with its totals, which come beside it."""
    return CreditState(
        denom=message.denom,
        attributes=read_attributes(message.attributes),
        issued_wh=int(message.issued_wh),
        supply_wh=supply_wh,
        retired_wh=retired_wh,
    )


def read_origin(denom: str, message: Any) -> Origin:
    """Return where a denom comes from, as the chain tells."""
    known = message.HasField("attributes")
    return Origin(
        denom=denom,
        verified=bool(message.verified),
        reason=message.reason,
        origin_chain=message.origin_chain,
        path=message.path,
        credit_denom=message.credit_denom,
        attributes=read_attributes(message.attributes) if known else None,
    )


def read_retirement(message: Any, prefix: str) -> Retirement:
    """Return one act of retiring."""
    return Retirement(
        id=int(message.id),
        owner=_read_address(message.owner, prefix, "owner"),
        coin=read_coins([message.coin])[0],
        credit_denom=message.credit_denom,
        path=message.path,
        origin_chain=message.origin_chain,
        beneficiary=message.beneficiary,
        purpose=_read(RetirementPurpose, message.purpose, "purpose"),
        reason=message.reason,
        retired_at_ns=read_timestamp(message.retired_at),
        height=int(message.height),
        charge_id=int(message.charge_id),
    )


def read_path(message: Any) -> RegisteredPath:
    """Return one registered path."""
    return RegisteredPath(message.path, message.origin_chain)
