"""Encryption of small secrets by a passphrase.

The key is scrypt (RFC 7914) of the passphrase, the cipher ChaCha20-Poly1305 (RFC 8439).
A sealed text is one JSON object that states all of it::

    {"version": 1, "kdf": "scrypt", "n": 65536, "r": 8, "p": 1, "salt": "<hex>",
     "cipher": "chacha20-poly1305", "nonce": "<hex>", "ciphertext": "<hex>"}

Everything but the ciphertext is authenticated, together with the caller's ``context``:
a sealed text cannot be moved to another place or be given weaker parameters.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.errors import NewerFormatError, PassphraseError, StorageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

VERSION = 1
_KEY_BYTES = 32
_SALT_BYTES = 16
_NONCE_BYTES = 12
_TAG_BYTES = 16
# A file must not make a reader allocate without bound: 1 GiB at most.
_MAX_MEMORY_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class ScryptParameters:
    """Cost of guessing: ``n`` iterations (a power of two), ``r`` block size, ``p`` lanes.

    Memory is 128 · n · r bytes. The default takes 64 MiB and some 0.2 s.
    """

    n: int = 1 << 16
    r: int = 8
    p: int = 1

    def __post_init__(self) -> None:
        if not (
            self.n >= 2 and self.n & (self.n - 1) == 0 and 1 <= self.r <= 64 and 1 <= self.p <= 16
        ) or (self.memory_bytes > _MAX_MEMORY_BYTES):
            raise StorageError(
                f"scrypt parameters n={self.n} r={self.r} p={self.p} are out of range"
            )

    @property
    def memory_bytes(self) -> int:
        """What one derivation needs, about."""
        return 128 * self.r * (self.n + self.p + 2)


CHEAPEST = ScryptParameters(n=1 << 4)
"""For tests only."""


def seal(
    secret: bytes,
    passphrase: str,
    *,
    context: bytes,
    parameters: ScryptParameters | None = None,
) -> dict[str, object]:
    """Return ``secret`` encrypted under ``passphrase``, as an object that JSON can hold.

    ``context`` binds it to its place and must be given again to open it. Raises
    PassphraseError for an empty passphrase.
    """
    if not passphrase:
        raise PassphraseError("the passphrase is empty", remedy="give at least one character")
    cost = parameters or ScryptParameters()
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    header: dict[str, object] = {
        "version": VERSION,
        "kdf": "scrypt",
        "n": cost.n,
        "r": cost.r,
        "p": cost.p,
        "salt": salt.hex(),
        "cipher": "chacha20-poly1305",
        "nonce": nonce.hex(),
    }
    cipher = _make_cipher(_derive_key(passphrase, salt, cost))
    ciphertext = cipher.encrypt(nonce, secret, _associated_data(header, context))
    return {**header, "ciphertext": ciphertext.hex()}


def open_sealed(sealed: object, passphrase: str, *, context: bytes, name: str) -> bytes:
    """Return what ``seal`` encrypted.

    ``name`` says in errors what it is. Raises PassphraseError for a wrong passphrase
    (or changed bytes: the two cannot be told apart), NewerFormatError, StorageError.
    """
    from cryptography.exceptions import InvalidTag

    header, cost, salt, nonce, ciphertext = _read_header(sealed, name)
    cipher = _make_cipher(_derive_key(passphrase, salt, cost))
    try:
        return cipher.decrypt(nonce, ciphertext, _associated_data(header, context))
    except InvalidTag:
        raise PassphraseError(
            f"{name}: wrong passphrase, or the file was changed",
            remedy="try again; a forgotten passphrase is replaced by importing the mnemonic",
        ) from None


def encrypt(secret: bytes, key: bytes, *, context: bytes) -> bytes:
    """Return nonce ‖ ChaCha20-Poly1305 of ``secret`` under 32 key bytes, bound to ``context``."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _make_cipher(key).encrypt(nonce, secret, context)


def decrypt(stored: bytes, key: bytes, *, context: bytes) -> bytes | None:
    """Return what ``encrypt`` was given; None for another key, context or changed bytes."""
    from cryptography.exceptions import InvalidTag

    if len(stored) < _NONCE_BYTES + _TAG_BYTES:
        return None
    try:
        return _make_cipher(key).decrypt(stored[:_NONCE_BYTES], stored[_NONCE_BYTES:], context)
    except InvalidTag:
        return None


def _read_header(
    sealed: object, name: str
) -> tuple[dict[str, object], ScryptParameters, bytes, bytes, bytes]:
    broken = StorageError(f"{name}: not a sealed text", remedy="restore the file from a backup")
    if not isinstance(sealed, dict):
        raise broken
    version = sealed.get("version")
    if type(version) is int and version > VERSION:
        raise NewerFormatError(
            f"{name}: encryption of version {version}; this program knows up to {VERSION}",
            remedy="update plurichain; the file was left untouched",
        )
    header = {key: value for key, value in sealed.items() if key != "ciphertext"}
    kinds = (version, header.get("kdf"), header.get("cipher"))
    numbers = [header.get(key) for key in ("n", "r", "p")]
    if kinds != (1, "scrypt", "chacha20-poly1305") or any(type(n) is not int for n in numbers):
        raise broken
    try:
        salt, nonce, ciphertext = (
            bytes.fromhex(str(sealed[key])) for key in ("salt", "nonce", "ciphertext")
        )
    except (KeyError, ValueError):
        raise broken from None
    if len(nonce) != _NONCE_BYTES:
        raise broken
    n, r, p = (int(str(number)) for number in numbers)
    return header, ScryptParameters(n=n, r=r, p=p), salt, nonce, ciphertext


def _make_cipher(key: bytes) -> ChaCha20Poly1305:
    """Return the cipher; its library is loaded here, since most commands need none."""
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    return ChaCha20Poly1305(key)


def _derive_key(passphrase: str, salt: bytes, cost: ScryptParameters) -> bytes:
    return hashlib.scrypt(
        passphrase.encode(),
        salt=salt,
        n=cost.n,
        r=cost.r,
        p=cost.p,
        maxmem=2 * cost.memory_bytes + (1 << 20),
        dklen=_KEY_BYTES,
    )


def _associated_data(header: dict[str, object], context: bytes) -> bytes:
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    return len(text).to_bytes(4, "big") + text + context
