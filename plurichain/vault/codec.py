"""How the secret part of an opening is written.

Codec 1 is ChaCha20-Poly1305 (RFC 8439) under a key that is made from the bidder's private
key. That key is itself at rest under the keyring's passphrase (storage.encryption: scrypt
with n = 65536, r = 8, p = 1), so an opening is as safe as the account, needs no second
passphrase, and can be read on a new machine by whoever brings the mnemonic. A key of the
`test` keyring has no passphrase: there the vault keeps a secret from nobody who can read
the keyring. Codec 0 is plain; only vaults of version 1 have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plurichain.encoding.canonical import Reader, lp
from plurichain.errors import EncodingError, VaultError
from plurichain.storage.encryption import decrypt, encrypt

if TYPE_CHECKING:
    from plurichain.keyring import Key

PLAIN: Final = 0
ENCRYPTED: Final = 1


def encrypt_secret(key: Key, secret: bytes, *, context: bytes) -> bytes:
    """Return what is stored; ``context`` binds it to its row."""
    return encrypt(secret, key.compute_vault_key(), context=context)


def decrypt_secret(key: Key, stored: bytes, *, context: bytes, place: str) -> bytes:
    """Return the secret. Raises VaultError for other bytes, another row or another key."""
    secret = decrypt(stored, key.compute_vault_key(), context=context)
    if secret is None:
        raise damaged(place)
    return secret


def encode_secret(bid_bytes: bytes, salt: bytes, bid_file_digest: bytes) -> bytes:
    """Return the secret part of an opening as one text of length-prefixed bytes.

    The digest belongs to it: bids are guessable, so the hash of a bid file tells the bid.
    """
    return lp(bid_bytes) + lp(salt) + lp(bid_file_digest)


def decode_secret(secret: bytes, place: str) -> tuple[bytes, bytes, bytes]:
    """Return bid bytes, salt and digest. Raises VaultError."""
    reader = Reader(secret)
    try:
        parts = reader.read_lp(), reader.read_lp(), reader.read_lp()
        reader.expect_end()
    except EncodingError:
        raise damaged(place) from None
    return parts


def damaged(place: str) -> VaultError:
    """Return the error for an opening that cannot be believed."""
    return VaultError(
        f"{place} does not match its commitment: the vault is damaged",
        remedy="`plurichain bid reveal --bid FILE` rebuilds it from the key and the bid",
    )
