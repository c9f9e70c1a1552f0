"""A meter and what stands behind it, as its owner registers it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from plurichain.encoding.canonical import lp, u8, u32, u64
from plurichain.energy.fields import (
    validate_bytes,
    validate_capacity,
    validate_id,
    validate_range,
    validate_technology,
    validate_zone,
)
from plurichain.energy.names import KeyType
from plurichain.energy.sun import LATITUDE_MAX, LONGITUDE_MAX

VERSION: Final = 1
DEVICE_DOMAIN: Final = "plurichain/energy/device/v1"
BASIS_POINTS: Final = 10_000
KEY_LENGTHS: Final = {KeyType.SECP256K1: 33, KeyType.ED25519: 32}


@dataclass(frozen=True, slots=True)
class Device:
    """What is registered of a device.

    ``capacity_w`` in W; latitude and longitude in microdegrees, north and east positive;
    ``efficiency_bp`` is 0 unless the device is a storage: of 10000 Wh charged so many come
    out again.
    """

    device_id: str
    key_type: KeyType
    public_key: bytes
    technology: str
    capacity_w: int
    zone: str
    latitude_udeg: int
    longitude_udeg: int
    issuing_body: str
    efficiency_bp: int = 0


def validate_device(device: Device, *, is_storage: bool) -> None:
    """Raise EnergyError that names the first field that breaks its rule.

    ``is_storage`` is what the chain says of the technology. Whether the public key is a
    point of its curve shows when the proof is verified.
    """
    validate_id(device.device_id, field="device_id")
    validate_bytes(device.public_key, field="public_key", length=KEY_LENGTHS[device.key_type])
    validate_technology(device.technology)
    validate_capacity(device.capacity_w)
    validate_zone(device.zone)
    for field, value, most in (
        ("latitude_udeg", device.latitude_udeg, LATITUDE_MAX),
        ("longitude_udeg", device.longitude_udeg, LONGITUDE_MAX),
    ):
        validate_range(value, field=field, minimum=-most, maximum=most)
    validate_id(device.issuing_body, field="issuing_body")
    least, most = (1, BASIS_POINTS) if is_storage else (0, 0)
    validate_range(device.efficiency_bp, field="efficiency_bp", minimum=least, maximum=most)


def encode_device(chain_id: str, owner: bytes, device: Device) -> bytes:
    """Return the canonical bytes; ``owner`` is the raw address. Raises EncodingError."""
    return b"".join(
        (
            u8(VERSION),
            lp(chain_id),
            lp(device.device_id),
            lp(owner),
            u8(device.key_type),
            lp(device.public_key),
            lp(device.technology),
            u64(device.capacity_w),
            lp(device.zone),
            u64(device.latitude_udeg % 2**64),
            u64(device.longitude_udeg % 2**64),
            lp(device.issuing_body),
            u32(device.efficiency_bp),
        )
    )


def compute_device_message(chain_id: str, owner: bytes, device: Device) -> bytes:
    """Return the bytes that the device's key signs to be registered. Raises EncodingError."""
    return lp(DEVICE_DOMAIN) + lp(encode_device(chain_id, owner, device))
