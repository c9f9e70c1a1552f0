"""What a credit is and will always be: its attributes, whose hash is in its denom."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from plurichain.encoding.canonical import lp, u8, u64
from plurichain.energy.fields import (
    validate_bytes,
    validate_capacity,
    validate_id,
    validate_interval,
    validate_origin_chain,
    validate_technology,
    validate_zone,
)

VERSION: Final = 1
CREDIT_DOMAIN: Final = "plurichain/energy/credit/v1"
HASH_LENGTH: Final = 32


@dataclass(frozen=True, slots=True)
class Attributes:
    """Where, how and when energy was made; times in Unix seconds, half-open."""

    origin_chain: str
    device_id: str
    technology: str
    zone: str
    capacity_w: int
    interval_start: int
    interval_end: int
    reading_hash: bytes
    issuing_body: str


def validate_attributes(attributes: Attributes) -> None:
    """Raise EnergyError that names the first field that breaks its rule."""
    validate_origin_chain(attributes.origin_chain)
    validate_id(attributes.device_id, field="device_id")
    validate_technology(attributes.technology)
    validate_zone(attributes.zone)
    validate_capacity(attributes.capacity_w)
    validate_interval(attributes.interval_start, attributes.interval_end)
    validate_bytes(attributes.reading_hash, field="reading_hash", length=HASH_LENGTH)
    validate_id(attributes.issuing_body, field="issuing_body")


def encode_attributes(attributes: Attributes) -> bytes:
    """Return the canonical bytes. Raises EnergyError as validate_attributes."""
    validate_attributes(attributes)
    return b"".join(
        (
            u8(VERSION),
            lp(attributes.origin_chain),
            lp(attributes.device_id),
            lp(attributes.technology),
            lp(attributes.zone),
            u64(attributes.capacity_w),
            u64(attributes.interval_start),
            u64(attributes.interval_end),
            lp(attributes.reading_hash),
            lp(attributes.issuing_body),
        )
    )


def compute_attributes_hash(attributes: Attributes) -> bytes:
    """Return the 32 bytes that stand for the attributes. Raises EnergyError."""
    return hashlib.sha256(lp(CREDIT_DOMAIN) + lp(encode_attributes(attributes))).digest()
