"""A key that a meter signs with: an account's secp256k1 key, or an ed25519 key of its own.

An ed25519 key has no account and no mnemonic; its 32 private bytes (RFC 8032's seed) are all
there is of it.
"""

from __future__ import annotations

import os
from typing import Any

from plurichain.energy.names import KeyType
from plurichain.errors import KeyringError
from plurichain.keyring.key import Key

SEED_BYTES = 32


class DeviceKey:
    """A named key that signs for a device.

    ``public_key`` is 33 bytes for secp256k1, 32 for ed25519; signatures are 64. ``repr`` and
    errors never show the private bytes.
    """

    __slots__ = ("_private", "key_type", "name", "public_key")

    def __init__(self, name: str, key_type: KeyType, public_key: bytes, private: Any) -> None:
        self.name = name
        self.key_type = key_type
        self.public_key = public_key
        self._private = private

    @classmethod
    def from_account(cls, key: Key) -> DeviceKey:
        """Return the device key that an account's key also is."""
        return cls(key.name, KeyType.SECP256K1, key.public_key, key)

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> DeviceKey:
        """Return the ed25519 key of 32 private bytes. Raises KeyringError."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        if len(seed) != SEED_BYTES:
            raise KeyringError(f"key {name!r}: a private key has {SEED_BYTES} bytes")
        private = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(name, KeyType.ED25519, private.public_key().public_bytes_raw(), private)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of ``message`` that chains take of this key type."""
        return bytes(self._private.sign(message))

    def __repr__(self) -> str:
        return (
            f"DeviceKey(name={self.name!r}, key_type={self.key_type.text}, "
            f"public_key={self.public_key.hex()})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        raise KeyringError(f"key {self.name!r}: keys are not pickled; open the keyring again")


def make_seed() -> bytes:
    """Return the private bytes of a new ed25519 key."""
    return os.urandom(SEED_BYTES)
