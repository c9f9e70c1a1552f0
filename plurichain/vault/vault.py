"""The vault: openings in SQLite, durable before their commitment leaves the machine.

One file in the user's folder, mode 0600. Whoever loses it can still rebuild an opening
from the key and the bid (design 3.1); whoever reads it knows the bid.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Self

from plurichain.auction.commitment import compute_bid_commitment
from plurichain.encoding.canonical import lp, u32, u64
from plurichain.errors import EncodingError, VaultError
from plurichain.storage import Database
from plurichain.vault.codec import PlainCodec, decode_secret, encode_secret
from plurichain.vault.opening import Opening

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plurichain.vault.codec import SecretCodec

FILE_NAME = "vault.db"

# auction_id is 8 big-endian bytes: it may exceed SQLite's integers, and sorts the same.
MIGRATIONS = (
    """
    CREATE TABLE openings (
        chain_id TEXT NOT NULL,
        auction_id BLOB NOT NULL,
        bidder BLOB NOT NULL,
        attempt INTEGER NOT NULL,
        terms_hash BLOB NOT NULL,
        bid_commitment BLOB NOT NULL,
        sealed_at_ns INTEGER NOT NULL,
        codec INTEGER NOT NULL,
        secret BLOB NOT NULL,
        PRIMARY KEY (chain_id, auction_id, bidder, attempt)
    ) STRICT;
    """,
)

_COLUMNS = (
    "chain_id, auction_id, bidder, attempt, terms_hash, bid_commitment, sealed_at_ns, codec, secret"
)


class Vault:
    """The openings of one user."""

    def __init__(self, database: Database, codec: SecretCodec) -> None:
        self._database = database
        self._codec = codec

    @classmethod
    def open(cls, folder: Path, *, codec: SecretCodec | None = None) -> Self:
        """Open or make the vault in ``folder``.

        Raises NewerFormatError, LockedError, StorageError.
        """
        database = Database.open(folder / FILE_NAME, MIGRATIONS, name="vault")
        return cls(database, codec or PlainCodec())

    def store(self, opening: Opening) -> None:
        """Write an opening; it is on disk when this returns.

        Storing the same one again does nothing. Raises VaultError if there is another
        opening under the same chain, auction, bidder and attempt: an opening whose
        commitment may be on chain is never replaced.
        """
        _validate_commitment(opening)
        secret = encode_secret(opening.bid_bytes, opening.salt, opening.bid_file_digest)
        row = (
            opening.chain_id,
            u64(opening.auction_id),
            opening.bidder,
            opening.attempt,
            opening.terms_hash,
            opening.bid_commitment,
            opening.sealed_at_ns,
            self._codec.number,
            self._codec.encode(secret, context=_compute_context(opening)),
        )
        marks = ", ".join("?" * len(row))
        with self._database.transaction() as database:
            try:
                database.execute(f"INSERT INTO openings ({_COLUMNS}) VALUES ({marks})", row)  # noqa: S608
            except sqlite3.IntegrityError:
                stored = self.get(
                    opening.chain_id, opening.auction_id, opening.bidder, opening.attempt
                )
                if stored is None or stored.bid_commitment != opening.bid_commitment:
                    raise VaultError(
                        f"attempt {opening.attempt} of auction {opening.auction_id} is already "
                        "sealed with another bid",
                        remedy="seal again: it becomes the next attempt",
                    ) from None

    def get(self, chain_id: str, auction_id: int, bidder: bytes, attempt: int) -> Opening | None:
        """Return one opening, None if there is none. Raises VaultError if it is damaged."""
        rows = self._select(
            "chain_id = ? AND auction_id = ? AND bidder = ? AND attempt = ?",
            (chain_id, u64(auction_id), bidder, attempt),
        )
        return rows[0] if rows else None

    def get_newest(self, chain_id: str, auction_id: int, bidder: bytes) -> Opening | None:
        """Return the opening with the highest attempt, None if there is none."""
        rows = self.list_attempts(chain_id, auction_id, bidder)
        return rows[-1] if rows else None

    def list_attempts(self, chain_id: str, auction_id: int, bidder: bytes) -> tuple[Opening, ...]:
        """Return all openings of one bidder in one auction, oldest first."""
        return self._select(
            "chain_id = ? AND auction_id = ? AND bidder = ?", (chain_id, u64(auction_id), bidder)
        )

    def list_all(self) -> tuple[Opening, ...]:
        """Return every opening, by chain, auction, bidder and attempt."""
        return self._select("1 = 1", ())

    def _select(self, condition: str, parameters: Sequence[object]) -> tuple[Opening, ...]:
        rows = self._database.query(
            f"SELECT {_COLUMNS} FROM openings WHERE {condition} "  # noqa: S608
            "ORDER BY chain_id, auction_id, bidder, attempt",
            parameters,
        )
        return tuple(self._decode_row(row) for row in rows)

    def _decode_row(self, row: tuple[Any, ...]) -> Opening:
        (
            chain_id,
            auction_id,
            bidder,
            attempt,
            terms_hash,
            commitment,
            sealed_at_ns,
            number,
            data,
        ) = row
        place = f"the opening of auction {int.from_bytes(auction_id)}, attempt {attempt}"
        if number != self._codec.number:
            raise VaultError(f"{place} is stored in a form (codec {number}) that is not open here")
        context = _encode_context(chain_id, auction_id, bidder, attempt)
        try:
            bid_bytes, salt, digest = decode_secret(self._codec.decode(data, context=context))
        except EncodingError:
            raise _damaged(place) from None
        opening = Opening(
            chain_id=chain_id,
            auction_id=int.from_bytes(auction_id),
            bidder=bidder,
            attempt=attempt,
            terms_hash=terms_hash,
            bid_commitment=commitment,
            bid_bytes=bid_bytes,
            salt=salt,
            bid_file_digest=digest,
            sealed_at_ns=sealed_at_ns,
        )
        _validate_commitment(opening)
        return opening

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


def _validate_commitment(opening: Opening) -> None:
    """Raise VaultError unless the opening opens its own commitment."""
    commitment = compute_bid_commitment(
        chain_id=opening.chain_id,
        auction_id=opening.auction_id,
        bidder=opening.bidder,
        terms_hash=opening.terms_hash,
        bid_bytes=opening.bid_bytes,
        salt=opening.salt,
    )
    if commitment != opening.bid_commitment:
        raise _damaged(f"the opening of auction {opening.auction_id}, attempt {opening.attempt}")


def _damaged(place: str) -> VaultError:
    return VaultError(
        f"{place} does not match its commitment: the vault is damaged",
        remedy="`plurichain bid reveal --bid FILE` rebuilds it from the key and the bid",
    )


def _compute_context(opening: Opening) -> bytes:
    return _encode_context(
        opening.chain_id, u64(opening.auction_id), opening.bidder, opening.attempt
    )


def _encode_context(chain_id: str, auction_id: bytes, bidder: bytes, attempt: int) -> bytes:
    return lp(chain_id.encode()) + auction_id + lp(bidder) + u32(attempt)
