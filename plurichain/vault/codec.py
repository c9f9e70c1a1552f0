"""How the secret part of an opening is written: the place where encryption plugs in."""

from __future__ import annotations

from typing import ClassVar, Protocol

from plurichain.encoding.canonical import Reader, lp


class SecretCodec(Protocol):
    """Turns the secret part of an opening into what is stored, and back.

    ``number`` is stored beside it, so that a vault may hold rows of several codecs.
    ``context`` names the row: a stored secret cannot be moved to another one.
    """

    number: ClassVar[int]

    def encode(self, secret: bytes, *, context: bytes) -> bytes:
        """Return what is stored."""
        ...

    def decode(self, stored: bytes, *, context: bytes) -> bytes:
        """Return the secret. Raises VaultError or PassphraseError."""
        ...


class PlainCodec:
    """Stores the secret as it is; the file mode alone keeps it."""

    number: ClassVar[int] = 0

    def encode(self, secret: bytes, *, context: bytes) -> bytes:  # noqa: ARG002
        """Return the secret itself."""
        return secret

    def decode(self, stored: bytes, *, context: bytes) -> bytes:  # noqa: ARG002
        """Return the secret itself."""
        return stored


def encode_secret(bid_bytes: bytes, salt: bytes, bid_file_digest: bytes) -> bytes:
    """Return the secret part of an opening as one text of length-prefixed bytes.

    The digest belongs to it: bids are guessable, so the hash of a bid file tells the bid.
    """
    return lp(bid_bytes) + lp(salt) + lp(bid_file_digest)


def decode_secret(secret: bytes) -> tuple[bytes, bytes, bytes]:
    """Return bid bytes, salt and digest. Raises EncodingError."""
    reader = Reader(secret)
    parts = reader.read_lp(), reader.read_lp(), reader.read_lp()
    reader.expect_end()
    return parts
