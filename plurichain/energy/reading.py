"""One interval of a device's cumulative counter, and what its device signs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from plurichain.encoding.canonical import lp, u8, u64

VERSION: Final = 1
READING_DOMAIN: Final = "plurichain/energy/reading/v1"


@dataclass(frozen=True, slots=True)
class Interval:
    """A span of time, half-open in Unix seconds, and the counter in Wh at both ends."""

    interval_start: int
    interval_end: int
    counter_start_wh: int
    counter_end_wh: int

    @property
    def energy_wh(self) -> int:
        """What was metered in the interval."""
        return self.counter_end_wh - self.counter_start_wh


@dataclass(frozen=True, slots=True)
class SignedReading(Interval):
    """An interval with its device's signature, 64 bytes."""

    signature: bytes


def encode_reading(chain_id: str, device_id: str, reading: Interval) -> bytes:
    """Return the canonical bytes. Raises EncodingError if a number does not fit 64 bits."""
    return b"".join(
        (
            u8(VERSION),
            lp(chain_id),
            lp(device_id),
            u64(reading.interval_start),
            u64(reading.interval_end),
            u64(reading.counter_start_wh),
            u64(reading.counter_end_wh),
        )
    )


def compute_reading_message(chain_id: str, device_id: str, reading: Interval) -> bytes:
    """Return the bytes that the device signs. Raises EncodingError."""
    return lp(READING_DOMAIN) + lp(encode_reading(chain_id, device_id, reading))


def compute_reading_hash(chain_id: str, device_id: str, reading: Interval) -> bytes:
    """Return the 32 bytes by which a credit names its reading. Raises EncodingError."""
    return hashlib.sha256(compute_reading_message(chain_id, device_id, reading)).digest()
