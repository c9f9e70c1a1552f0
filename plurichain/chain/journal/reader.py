"""What the journal knows, read from its tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from plurichain.chain.journal.entry import COLUMNS, JournalEntry, read_row
from plurichain.chain.journal.rescue import open_journal_file
from plurichain.errors import NotFound

if TYPE_CHECKING:
    from pathlib import Path

    from plurichain.storage import Database
    from plurichain.storage.database import Row

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class GasSample:
    """What an included transaction used, beside what its simulation said."""

    simulated: int
    used: int
    code: int
    codespace: str


class JournalReader:
    """The reading half of ``Journal``, which is what is opened."""

    def __init__(self, database: Database, notes: tuple[str, ...] = ()) -> None:
        self._database = database
        self.notes = notes
        """Lines for people about damage that was found on opening."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the journal; of a damaged one what can be read is kept (journal_rescue).

        Raises StorageError, NewerFormatError, LockedError.
        """
        return cls(*open_journal_file(path))

    @property
    def path(self) -> Path:
        """The file."""
        return self._database.path

    def list_sightings(self, tx_hash: str) -> list[tuple[int, int, str]]:
        """Return (height, code, codespace) of every block that it was seen in."""
        return [
            (int(height), int(code), str(codespace))
            for height, code, codespace in self._database.query(
                "SELECT height, code, codespace FROM sightings WHERE tx_hash = ? ORDER BY height",
                (tx_hash.upper(),),
            )
        ]

    def list_gas_samples(
        self, chain_id: str, message_types: str, *, limit: int = 20
    ) -> list[GasSample]:
        """Return what the last transactions of these message types came to, newest first."""
        rows = self._database.query(
            "SELECT simulated_gas, gas_used, code, codespace FROM txs WHERE chain_id = ? "
            "AND message_types = ? AND simulated_gas > 0 AND gas_used > 0 "
            "ORDER BY created_at_ns DESC LIMIT ?",
            (chain_id, message_types, limit),
        )
        return [GasSample(*row) for row in rows]

    def get_next_sequence(self, chain_id: str, signer: str) -> int | None:
        """Return the sequence kept by ``set_next_sequence``, or None."""
        rows = self._database.query(
            "SELECT next_sequence FROM sequences WHERE chain_id = ? AND signer = ?",
            (chain_id, signer),
        )
        return int(rows[0][0]) if rows else None

    def get(self, tx_hash: str) -> JournalEntry:
        """Return one transaction. Raises NotFound."""
        rows = self._select("WHERE tx_hash = ?", (tx_hash.upper(),))
        if not rows:
            raise NotFound(
                f"the journal has no transaction {tx_hash}",
                remedy="plurichain tx list shows those that it has",
            )
        return rows[0]

    def list_pending(
        self,
        chain_id: str | None = None,
        *,
        signer: str | None = None,
        auction_id: int | None = None,
    ) -> list[JournalEntry]:
        """Return transactions without a final outcome, oldest first: all, or what is named."""
        wanted = {
            "chain_id": chain_id,
            "signer": signer,
            "auction_id": None if auction_id is None else str(auction_id),
        }
        named = {column: value for column, value in wanted.items() if value is not None}
        conditions = "".join(f" AND {column} = ?" for column in named)
        return self._select(
            f"WHERE is_final = 0{conditions} ORDER BY created_at_ns", tuple(named.values())
        )

    def filter_pending(self, tx_hashes: Sequence[str]) -> list[str]:
        """Return those of ``tx_hashes`` that have no final outcome, in their order."""
        if len(tx_hashes) > _CHUNK:
            rows = self._database.query("SELECT tx_hash FROM txs WHERE is_final = 0")
        else:
            rows = self._query_hashes("tx_hash", tx_hashes, "AND is_final = 0")
        pending = {row[0] for row in rows}
        return [tx_hash for tx_hash in tx_hashes if tx_hash.upper() in pending]

    def get_latest_timeout(self, tx_hashes: Sequence[str]) -> int:
        """Return the last time-out of ``tx_hashes``, 0 for none. Raises NotFound."""
        latest_ns = 0
        for start in range(0, len(tx_hashes), _CHUNK):
            chunk = tx_hashes[start : start + _CHUNK]
            rows = self._query_hashes("timeout_ns, tx_hash", chunk)
            known = {row[1] for row in rows}
            for tx_hash in chunk:
                if tx_hash.upper() not in known:
                    self.get(tx_hash)
            latest_ns = max(latest_ns, *(row[0] for row in rows))
        return latest_ns

    def _query_hashes(self, columns: str, tx_hashes: Sequence[str], also: str = "") -> list[Row]:
        marks = ", ".join("?" * len(tx_hashes))
        return self._database.query(
            f"SELECT {columns} FROM txs WHERE tx_hash IN ({marks}) {also}",  # noqa: S608 - ours
            tuple(tx_hash.upper() for tx_hash in tx_hashes),
        )

    def list_pending_heads(self, chain_id: str) -> Iterator[tuple[str, int, int]]:
        """Yield (tx_hash, timeout_ns, read_height) of what is pending, without the bytes."""
        yield from self._database.query(
            "SELECT tx_hash, timeout_ns, read_height FROM txs WHERE is_final = 0 AND chain_id = ?",
            (chain_id,),
        )

    def list_entries(
        self, *, chain_id: str | None = None, auction_id: int | None = None, limit: int = 1_000
    ) -> list[JournalEntry]:
        """Return the newest transactions first, all or of one chain or auction."""
        return self._select(
            "WHERE (?1 IS NULL OR chain_id = ?1) AND (?2 IS NULL OR auction_id = ?2) "
            "ORDER BY created_at_ns DESC LIMIT ?3",
            (chain_id, None if auction_id is None else str(auction_id), limit),
        )

    def _select(self, condition: str, parameters: tuple[object, ...]) -> list[JournalEntry]:
        rows = self._database.query(
            f"SELECT {COLUMNS} FROM txs {condition}",  # noqa: S608 - constants of this file
            parameters,
        )
        return [read_row(row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()
