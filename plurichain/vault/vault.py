"""The vault: openings in SQLite, durable before their commitment leaves the machine.

One file in the user's folder, mode 0600, for all keys and networks; each opening is
encrypted for its own key (codec). Whoever loses the file can still rebuild an opening from
the key and the bid (design 3.1). What is damaged is named and never stands in the way of
the rest: a damaged row is passed over, a damaged file is rescued (rescue).
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Self

from plurichain.encoding.canonical import u64
from plurichain.errors import LockedError, VaultError
from plurichain.storage import Database, lock, make_private_folder
from plurichain.vault.codec import PLAIN
from plurichain.vault.opening import SealedBid
from plurichain.vault.rescue import open_vault_file
from plurichain.vault.row import COLUMNS, StoredRow, open_row, read_row, seal_row
from plurichain.vault.schema import FILE_NAME, LOCK_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from plurichain.keyring import Key
    from plurichain.vault.opening import Opening

_ONE = "chain_id = ? AND auction_id = ? AND bidder = ? AND attempt = ?"


class Vault:
    """The openings of one user; ``key`` opens its own, the others only show that they exist.

    ``notes`` are lines for people about damage that was found on opening.
    """

    def __init__(self, database: Database, key: Key | None, notes: tuple[str, ...] = ()) -> None:
        self._database = database
        self._key = key
        self.notes = notes

    @classmethod
    def open(cls, folder: Path, key: Key | None = None) -> Self:
        """Open or make the vault in ``folder``.

        Openings of ``key`` that an older version wrote in plain are encrypted here. Raises
        NewerFormatError, LockedError, StorageError.
        """
        make_private_folder(folder)
        database, notes = open_vault_file(folder / FILE_NAME)
        vault = cls(database, key, notes)
        try:
            vault._encrypt_plain_rows()
        except BaseException:
            database.close()
            raise
        return vault

    @property
    def folder(self) -> Path:
        """The folder of this user, where locks are too."""
        return self._database.path.parent

    @contextlib.contextmanager
    def locked(self, *, timeout_s: float = 30.0) -> Iterator[None]:
        """Keep other processes from sealing while the block decides what to seal.

        Raises LockedError.
        """
        with lock(self._database.path.with_name(LOCK_NAME), timeout_s=timeout_s):
            yield

    def store(self, opening: Opening) -> None:
        """Write an opening; it is on disk when this returns.

        Storing the same one again does nothing, and one that is damaged is replaced. Raises
        VaultError if there is another opening under the same chain, auction, bidder and
        attempt: an opening whose commitment may be on chain is never replaced.
        """
        key = self._key
        if key is None or key.address.raw != opening.bidder:
            raise VaultError("an opening is stored with the key that sealed it, and no other")
        row = seal_row(opening, key)
        with self._database.transaction():
            if self._insert(row):
                return
            try:
                [standing] = self._select(_ONE, _get_place(row))
                same = open_row(standing, key).bid_commitment == opening.bid_commitment
            except VaultError:
                self._update(row)
                return
            if not same:
                raise VaultError(
                    f"attempt {opening.attempt} of auction {opening.auction_id} is already "
                    "sealed with another bid",
                    remedy="seal again: it becomes the next attempt",
                )

    def get(self, chain_id: str, auction_id: int, bidder: bytes, attempt: int) -> Opening | None:
        """Return one opening, None if there is none. Raises VaultError if it cannot be opened."""
        rows = self._select(_ONE, (chain_id, u64(auction_id), bidder, attempt))
        return open_row(rows[0], self._key) if rows else None

    def get_newest(self, chain_id: str, auction_id: int, bidder: bytes) -> Opening | None:
        """Return the readable opening with the highest attempt, None if there is none."""
        rows = self.list_attempts(chain_id, auction_id, bidder)
        return rows[-1] if rows else None

    def get_newest_attempt(self, chain_id: str, auction_id: int, bidder: bytes) -> int:
        """Return the highest attempt there is, readable or not; 0 if there is none."""
        rows = self._select_of(chain_id, auction_id, bidder)
        return rows[-1].attempt if rows else 0

    def list_attempts(self, chain_id: str, auction_id: int, bidder: bytes) -> tuple[Opening, ...]:
        """Return the readable openings of one bidder in one auction, oldest first."""
        return self._open_all(self._select_of(chain_id, auction_id, bidder))

    def list_all(self) -> tuple[Opening, ...]:
        """Return every readable opening of the key, by chain, auction, bidder and attempt."""
        return self._open_all(self._select("1 = 1", ()))

    def list_sealed(self) -> tuple[SealedBid, ...]:
        """Return what is sealed, by all keys; needs no key and tells no bid."""
        return tuple(
            SealedBid(
                chain_id=row.chain_id,
                auction_id=row.auction_id,
                bidder=row.bidder,
                attempt=row.attempt,
                bid_commitment=row.bid_commitment,
                sealed_at_ns=row.sealed_at_ns,
                is_intact=row.is_intact,
            )
            for row in self.list_rows()
        )

    def list_rows(self) -> tuple[StoredRow, ...]:
        """Return every row as it is stored."""
        return self._select("1 = 1", ())

    def add_row(self, row: StoredRow) -> bool:
        """Store a row of another vault; False if this one already holds that attempt.

        Raises VaultError for a row that is damaged.
        """
        if not row.is_intact or row.codec == PLAIN:
            raise VaultError(f"{row.place} is damaged", remedy="take it from another copy")
        with self._database.transaction():
            return self._insert(row)

    def forget_chain(self, chain_id: str) -> int:
        """Remove all openings for a chain for good, and return how many they were."""
        with self._database.transaction():
            return self._database.execute("DELETE FROM openings WHERE chain_id = ?", (chain_id,))

    def _open_all(self, rows: Sequence[StoredRow]) -> tuple[Opening, ...]:
        openings = []
        for row in rows:
            with contextlib.suppress(VaultError):
                openings.append(open_row(row, self._key))
        return tuple(openings)

    def _select_of(self, chain_id: str, auction_id: int, bidder: bytes) -> tuple[StoredRow, ...]:
        place = (chain_id, u64(auction_id), bidder)
        return self._select("chain_id = ? AND auction_id = ? AND bidder = ?", place)

    def _select(self, condition: str, parameters: Sequence[object]) -> tuple[StoredRow, ...]:
        rows = self._database.query(
            f"SELECT {COLUMNS} FROM openings WHERE {condition} "  # noqa: S608
            "ORDER BY chain_id, auction_id, bidder, attempt",
            parameters,
        )
        return tuple(read_row(row) for row in rows)

    def _insert(self, row: StoredRow) -> bool:
        columns = row.to_columns()
        marks = ", ".join("?" * len(columns))
        try:
            self._database.execute(
                f"INSERT INTO openings ({COLUMNS}) VALUES ({marks})",  # noqa: S608
                columns,
            )
        except sqlite3.IntegrityError:
            return False
        return True

    def _update(self, row: StoredRow) -> None:
        names = ", ".join(f"{name} = ?" for name in COLUMNS.split(", "))
        self._database.execute(
            f"UPDATE openings SET {names} WHERE {_ONE}",  # noqa: S608
            (*row.to_columns(), *_get_place(row)),
        )

    def _encrypt_plain_rows(self) -> None:
        """Encrypt what version 1 wrote; once nothing plain is left, no trace of it stays."""
        key = self._key
        if key is None:
            return
        condition = f"codec = {PLAIN} AND bidder = ?"
        if self._select(condition, (key.address.raw,)):
            with self._database.transaction():
                for row in self._select(condition, (key.address.raw,)):
                    with contextlib.suppress(VaultError):
                        self._update(seal_row(open_row(row, None), key))
        if self._database.list_copies() and not self._select(f"codec = {PLAIN}", ()):
            # Somebody else may be reading; then the next run does it.
            with contextlib.suppress(LockedError):
                self._database.scrub()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


def _get_place(row: StoredRow) -> tuple[object, ...]:
    return row.chain_id, u64(row.auction_id), row.bidder, row.attempt
