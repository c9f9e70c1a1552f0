"""A signing key in memory.

Signatures are ECDSA over secp256k1 of the SHA-256 of the message, with RFC 6979 nonces
and low S, as 64 bytes r ‖ s: the same bytes for the same message, always.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from typing import Any

from plurichain.auction.commitment import compute_bid_key
from plurichain.encoding.canonical import lp
from plurichain.errors import KeyringError
from plurichain.identifiers import Address

VAULT_KEY_DOMAIN = lp("plurichain/vault/key/v1")
_PRIVATE_KEY_BYTES = 32


class Key:
    """A named private key and what follows from it.

    ``repr`` and errors never show the private bytes; only ``export_private_key`` does.
    """

    __slots__ = ("__dict__", "_private", "name", "prefix")

    def __init__(self, name: str, private_key: bytes, *, prefix: str = "pluri") -> None:
        if len(private_key) != _PRIVATE_KEY_BYTES:
            raise KeyringError(f"key {name!r}: a private key has {_PRIVATE_KEY_BYTES} bytes")
        self.name = name
        self.prefix = prefix
        self._private = _load_private_key(name, private_key)

    @functools.cached_property
    def public_key(self) -> bytes:
        """The compressed point, 33 bytes."""
        return bytes(self._private.public_key.format(compressed=True))

    @functools.cached_property
    def address(self) -> Address:
        """RIPEMD-160 of SHA-256 of the public key, under this key's prefix."""
        return compute_address(self.public_key, self.prefix)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature r ‖ s of the SHA-256 of ``message``."""
        # The recoverable form is r ‖ s ‖ parity, without DER to take apart.
        return bytes(self._private.sign_recoverable(message)[:64])

    def compute_bid_key(self) -> bytes:
        """Return the 32 bytes from which this account's salts are made (design 3.1)."""
        return compute_bid_key(self._private.secret)

    def compute_vault_key(self) -> bytes:
        """Return the 32 bytes under which this account's openings are at rest."""
        return hmac.digest(self._private.secret, VAULT_KEY_DOMAIN, "sha256")

    def export_private_key(self) -> bytes:
        """Return the 32 private bytes: whoever has them owns the account."""
        return bytes(self._private.secret)

    def __repr__(self) -> str:
        return f"Key(name={self.name!r}, address={self.address})"

    def __reduce__(self) -> tuple[Any, ...]:
        raise KeyringError(f"key {self.name!r}: keys are not pickled; open the keyring again")


def compute_address(public_key: bytes, prefix: str) -> Address:
    """Return the account address of a compressed secp256k1 public key."""
    return Address(_ripemd160(hashlib.sha256(public_key).digest()), prefix)


def _load_private_key(name: str, private_key: bytes) -> Any:
    import coincurve

    try:
        return coincurve.PrivateKey(private_key)
    except ValueError:
        # The library's own text would show the number.
        raise KeyringError(f"key {name!r}: the private key is not in the curve's range") from None


def _ripemd160(data: bytes) -> bytes:
    """Not every OpenSSL still serves it; embit has its own."""
    try:
        return hashlib.new("ripemd160", data).digest()
    except ValueError:
        from embit.util.py_ripemd160 import ripemd160

        return bytes(ripemd160(data))
