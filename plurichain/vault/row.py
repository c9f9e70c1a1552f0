"""One opening as it is stored: public parts in plain, the secret encrypted, a digest of all.

The public parts tell nothing that the chain does not show once the bid is committed. They
are in plain so that what is at stake can be listed without a passphrase.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from plurichain.auction.commitment import compute_bid_commitment
from plurichain.encoding.canonical import lp, u8, u32, u64
from plurichain.errors import EncodingError, VaultError
from plurichain.vault.codec import (
    ENCRYPTED,
    PLAIN,
    damaged,
    decode_secret,
    decrypt_secret,
    encode_secret,
    encrypt_secret,
)
from plurichain.vault.opening import Opening

if TYPE_CHECKING:
    from plurichain.keyring import Key

COLUMNS = (
    "chain_id, auction_id, bidder, attempt, terms_hash, bid_commitment, sealed_at_ns, "
    "codec, secret, digest"
)


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row; ``digest`` is empty in rows that version 1 wrote."""

    chain_id: str
    auction_id: int
    bidder: bytes
    attempt: int
    terms_hash: bytes
    bid_commitment: bytes
    sealed_at_ns: int
    codec: int
    secret: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    @property
    def place(self) -> str:
        """What errors call it."""
        return f"the opening of auction {self.auction_id}, attempt {self.attempt}"

    @property
    def context(self) -> bytes:
        """What the secret is bound to: it opens under no other row."""
        head = lp(self.chain_id.encode()) + u64(self.auction_id) + lp(self.bidder)
        public = lp(self.terms_hash) + lp(self.bid_commitment) + u64(self.sealed_at_ns)
        return head + u32(self.attempt) + public

    @property
    def is_intact(self) -> bool:
        """Tell whether the row is as it was written; needs no key."""
        if not self.digest:
            return self.codec == PLAIN
        try:
            return self.digest == self.compute_digest()
        except EncodingError:
            return False

    def compute_digest(self) -> bytes:
        """Return the SHA-256 of all other columns."""
        return hashlib.sha256(self.context + u8(self.codec) + lp(self.secret)).digest()

    def to_columns(self) -> tuple[Any, ...]:
        """Return the values in the order of ``COLUMNS``."""
        return (
            self.chain_id, u64(self.auction_id), self.bidder, self.attempt, self.terms_hash,
            self.bid_commitment, self.sealed_at_ns, self.codec, self.secret, self.digest,
        )  # fmt: skip


def read_row(columns: tuple[Any, ...]) -> StoredRow:
    """Return a row from its columns."""
    chain_id, auction_id, *rest = columns
    return StoredRow(chain_id, int.from_bytes(auction_id), *rest)


def seal_row(opening: Opening, key: Key) -> StoredRow:
    """Return an opening as a row that only ``key`` opens. Raises VaultError."""
    validate_commitment(opening)
    bare = StoredRow(
        opening.chain_id, opening.auction_id, opening.bidder, opening.attempt,
        opening.terms_hash, opening.bid_commitment, opening.sealed_at_ns, ENCRYPTED, b"", b"",
    )  # fmt: skip
    secret = encode_secret(opening.bid_bytes, opening.salt, opening.bid_file_digest)
    sealed = replace(bare, secret=encrypt_secret(key, secret, context=bare.context))
    return replace(sealed, digest=sealed.compute_digest())


def open_row(row: StoredRow, key: Key | None) -> Opening:
    """Return the opening in a row. Raises VaultError if it is damaged or of another key."""
    secret = row.secret
    if row.codec != PLAIN:
        secret = _decrypt(row, key)
    bid_bytes, salt, digest = decode_secret(secret, row.place)
    opening = Opening(
        chain_id=row.chain_id,
        auction_id=row.auction_id,
        bidder=row.bidder,
        attempt=row.attempt,
        terms_hash=row.terms_hash,
        bid_commitment=row.bid_commitment,
        bid_bytes=bid_bytes,
        salt=salt,
        bid_file_digest=digest,
        sealed_at_ns=row.sealed_at_ns,
    )
    validate_commitment(opening)
    return opening


def _decrypt(row: StoredRow, key: Key | None) -> bytes:
    if row.codec != ENCRYPTED:
        raise VaultError(
            f"{row.place} is stored in a form (codec {row.codec}) that is not known here",
            remedy="update plurichain",
        )
    if key is None or key.address.raw != row.bidder:
        raise VaultError(
            f"{row.place} is of another key than the one that is open",
            remedy="name the key that sealed it with --key",
        )
    return decrypt_secret(key, row.secret, context=row.context, place=row.place)


def validate_commitment(opening: Opening) -> None:
    """Raise VaultError unless the opening opens its own commitment."""
    place = f"the opening of auction {opening.auction_id}, attempt {opening.attempt}"
    try:
        commitment = compute_bid_commitment(
            chain_id=opening.chain_id,
            auction_id=opening.auction_id,
            bidder=opening.bidder,
            terms_hash=opening.terms_hash,
            bid_bytes=opening.bid_bytes,
            salt=opening.salt,
        )
    except EncodingError:
        raise damaged(place) from None
    if commitment != opening.bid_commitment:
        raise damaged(place)
