"""Devices: registered by their owners, approved and suspended by their issuing bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.chain.energy import messages
from plurichain.energy.device import compute_device_message, validate_device
from plurichain.energy.names import DeviceStatus
from plurichain.errors import EnergyError, NotFound, PhaseError

if TYPE_CHECKING:
    from plurichain.energy.device import Device
    from plurichain.energy.state import DeviceState, EnergyParams, IssuingBody
    from plurichain.keyring import DeviceKey
    from plurichain.metering.account import Account, Observer


@dataclass(frozen=True, slots=True)
class DeviceReceipt:
    """A device as it stands; ``tx_hash`` is empty if nothing had to be sent."""

    state: DeviceState
    tx_hash: str
    height: int


def register_device(account: Account, device: Device, key: DeviceKey) -> DeviceReceipt:
    """Register a device of this account with the proof that its key is held.

    Does nothing if just this device is registered already. Raises EnergyError, PhaseError and
    NotFound before anything is sent, TransactionError by outcome.
    """
    standing = account.queries.find_device(device.device_id)
    if standing is not None:
        _validate_same(standing, device, account)
        account.tell("registered", f"the device {device.device_id} is registered already")
        return DeviceReceipt(standing, "", 0)
    validate_device(device, is_storage=_is_storage(account.queries.get_params(), device))
    validate_body(get_body(account, device.issuing_body))
    _validate_key(account, device, key)
    proof = key.sign(compute_device_message(account.chain_id, account.address.raw, device))
    outcome = account.send(
        [messages.register_device(account.address, device, proof)], purpose="register device"
    )
    account.tell(
        "registered",
        f"the device {device.device_id} waits for the approval of {device.issuing_body}",
        tx_hash=outcome.tx_hash,
        height=outcome.height,
    )
    state = account.queries.get_device(device.device_id)
    return DeviceReceipt(state, outcome.tx_hash, outcome.height)


def set_device_status(account: Account, device_id: str, status: DeviceStatus) -> DeviceReceipt:
    """Approve or suspend a device, as the account of its issuing body.

    Raises NotFound and PhaseError before anything is sent, TransactionError by outcome.
    """
    state = account.queries.get_device(device_id)
    body = get_body(account, state.device.issuing_body)
    account.validate_right(body.address, whose=f"account of {body.id}", action="approve devices")
    validate_body(body)
    if state.status is status:
        account.tell("status", f"the device {device_id} is {status.text} already")
        return DeviceReceipt(state, "", 0)
    outcome = account.send(
        [messages.set_device_status(account.address, device_id, status)],
        purpose=f"device {status.text}",
    )
    account.tell("status", f"the device {device_id} is {status.text}", tx_hash=outcome.tx_hash)
    state = account.queries.get_device(device_id)
    return DeviceReceipt(state, outcome.tx_hash, outcome.height)


def get_body(observer: Observer, body_id: str) -> IssuingBody:
    """Return an issuing body. Raises NotFound."""
    for body in observer.queries.list_issuing_bodies():
        if body.id == body_id:
            return body
    raise NotFound(
        f"the chain {observer.chain_id} has no issuing body {body_id}",
        remedy="`plurichain energy issuer list` shows all",
    )


def validate_body(body: IssuingBody) -> None:
    """Raise PhaseError unless the body is active."""
    if not body.active:
        raise PhaseError(
            f"the issuing body {body.id} is not active",
            remedy="ask the registrar of the chain to let it go on",
        )


def validate_active(state: DeviceState) -> None:
    """Raise PhaseError unless the device's readings are taken."""
    if state.status is not DeviceStatus.ACTIVE:
        raise PhaseError(
            f"the device {state.device.device_id} is {state.status.text}",
            remedy=f"ask {state.device.issuing_body}, its issuing body, to approve it",
        )


def _validate_same(standing: DeviceState, device: Device, account: Account) -> None:
    if standing.owner.raw != account.address.raw:
        raise PhaseError(
            f"the device {device.device_id} belongs to {standing.owner}",
            remedy="choose another id, or the owner's key with --key",
        )
    if standing.device != device:
        raise PhaseError(
            f"the device {device.device_id} is registered otherwise than said here",
            remedy=f"`plurichain energy device show {device.device_id}` shows how; "
            "choose another id for a device that changed",
        )


def _is_storage(params: EnergyParams, device: Device) -> bool:
    technology = params.find_technology(device.technology)
    if technology is None:
        known = ", ".join(item.name for item in params.technologies)
        raise EnergyError(
            f"technology: the chain does not know {device.technology!r}", remedy=f"it knows {known}"
        )
    return technology.storage


def _validate_key(account: Account, device: Device, key: DeviceKey) -> None:
    if (key.key_type, key.public_key) != (device.key_type, device.public_key):
        raise EnergyError(
            f"public_key: {device.public_key.hex()} is not that of the key {key.name!r}"
        )
    for other in account.queries.list_devices():
        if other.device.public_key == device.public_key:
            raise EnergyError(
                f"public_key: {device.public_key.hex()} is the key of the device "
                f"{other.device.device_id} of {other.owner}",
                remedy="make a key for each device: plurichain keys add NAME --type ed25519",
            )
