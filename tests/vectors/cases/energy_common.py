"""Keys, places and writers that the cases of energy share. Bytes are put together by hand."""

from __future__ import annotations

from typing import Any, Final

import coincurve
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SECP256K1: Final = coincurve.PrivateKey(bytes.fromhex("22" * 32))
ED25519: Final = Ed25519PrivateKey.from_private_bytes(bytes.fromhex("33" * 32))
PUBLIC_KEYS: Final = {
    1: SECP256K1.public_key.format(compressed=True),
    2: ED25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
}
SIGNED: Final = "signed by libsecp256k1 (RFC 6979) or OpenSSL (RFC 8032)"

CHAIN: Final = "grid-a-1"
DEVICE: Final = "solar-school.roof-1"
BODY: Final = "registry.grid-a"
# 2026-06-21, 00:00 UTC.
MIDNIGHT: Final = 1_782_000_000
QUARTER: Final = 900
NOON: Final = MIDNIGHT + 12 * 3600


def lp(data: bytes | str) -> bytes:
    """Return LP(data)."""
    raw = data.encode() if isinstance(data, str) else data
    return len(raw).to_bytes(4, "big") + raw


def u64(value: int) -> bytes:
    """Return a U64; negative numbers in two's complement."""
    return (value % 2**64).to_bytes(8, "big")


def sign(key_type: int, message: bytes) -> bytes:
    """Return the signature of the device of that key type."""
    if key_type == 1:
        return bytes(SECP256K1.sign_recoverable(message)[:64])
    return ED25519.sign(message)


def make_reading_message(chain_id: str, device_id: str, *numbers: int) -> bytes:
    """Return what a device signs: start, end, counter at the start, counter at the end."""
    data = b"\x01" + lp(chain_id) + lp(device_id) + b"".join(u64(number) for number in numbers)
    return lp("plurichain/energy/reading/v1") + lp(data)


def show(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values as vectors write them: numbers as text, bytes as hex."""
    return {
        key: value.hex() if isinstance(value, bytes) else str(value)
        for key, value in values.items()
    }
