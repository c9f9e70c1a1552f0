"""What is known of a key without its passphrase."""

from __future__ import annotations

from dataclasses import dataclass

from plurichain.energy.names import KeyType
from plurichain.errors import KeyringError
from plurichain.identifiers import Address
from plurichain.keyring.key import compute_address
from plurichain.keyring.key_file import get_key_type


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """Name and public part of a key; ``prefix`` is that of the addresses shown."""

    name: str
    public_key: bytes
    prefix: str

    @property
    def key_type(self) -> KeyType:
        """secp256k1 of an account, ed25519 of a device alone."""
        return get_key_type(self.name, self.public_key)

    @property
    def address(self) -> Address:
        """The account. Raises KeyringError if the key has none."""
        if self.key_type is not KeyType.SECP256K1:
            raise make_accountless(self.name)
        return compute_address(self.public_key, self.prefix)


def make_accountless(name: str) -> KeyringError:
    """Return the error for a key of a device that was taken for an account's."""
    return KeyringError(
        f"key {name!r} is an ed25519 key: it signs for a device and has no account",
        remedy="choose the key of an account",
    )
