"""The journal of transactions: on disk before the first byte is sent.

So a process may be killed at any point: whoever opens the journal again has the hash
and the very bytes of everything that may be on its way, and where to go on looking.
Time-outs of unordered transactions are given out here too, under the write lock of the
database, because (signer, time-out) must be unique for a signer across processes.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from plurichain.chain.outcome import Outcome, OutcomeStatus
from plurichain.chain.types import Event
from plurichain.errors import NotFound
from plurichain.storage import Database
from plurichain.storage.database import Row

if TYPE_CHECKING:
    from pathlib import Path

    from plurichain.chain.signing import SignedTx

SPREAD_NS = 1_000_000
"""Time-outs are spread over the last millisecond before the one that was asked for."""

_V1 = """
CREATE TABLE txs (
    tx_hash TEXT PRIMARY KEY,        -- upper-case hex
    chain_id TEXT NOT NULL,
    signer TEXT NOT NULL,            -- bech32
    purpose TEXT NOT NULL,           -- a word for people, such as commit
    auction_id TEXT,                 -- decimal: it may exceed SQLite's integers
    tx_bytes BLOB NOT NULL,          -- TxRaw, as signed
    timeout_ns INTEGER NOT NULL,     -- block time, Unix nanoseconds
    first_height INTEGER NOT NULL,   -- the first block that may hold it
    read_height INTEGER NOT NULL,    -- every block up to here was read
    status TEXT NOT NULL,            -- an OutcomeStatus; pending while is_final is 0
    is_final INTEGER NOT NULL,
    height INTEGER NOT NULL DEFAULT 0,
    code INTEGER NOT NULL DEFAULT 0,
    codespace TEXT NOT NULL DEFAULT '',
    log TEXT NOT NULL DEFAULT '',
    events TEXT NOT NULL DEFAULT '[]',
    gas_used INTEGER NOT NULL DEFAULT 0,
    gas_wanted INTEGER NOT NULL DEFAULT 0,
    created_at_ns INTEGER NOT NULL   -- this machine's clock, for people only
) STRICT;
CREATE UNIQUE INDEX txs_nonce ON txs (chain_id, signer, timeout_ns);
CREATE INDEX txs_pending ON txs (chain_id, created_at_ns) WHERE is_final = 0;
"""

_MIGRATIONS = (_V1,)

_COLUMNS = (
    "tx_hash, chain_id, signer, purpose, auction_id, tx_bytes, timeout_ns, first_height, "
    "read_height, status, is_final, height, code, codespace, log, events, gas_used, "
    "gas_wanted, created_at_ns"
)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One transaction and what is known of it."""

    tx_hash: str
    chain_id: str
    signer: str
    purpose: str
    auction_id: int | None
    tx_bytes: bytes
    timeout_ns: int
    first_height: int
    read_height: int
    created_at_ns: int
    outcome: Outcome

    def __repr__(self) -> str:
        # The bytes may hold an opening that is not public yet.
        return f"JournalEntry({self.tx_hash}, {self.purpose}, {self.outcome.status})"


class Journal:
    """The transactions of this user, of all networks and keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the journal. Raises StorageError, NewerFormatError, LockedError."""
        return cls(Database.open(path, _MIGRATIONS, name="journal"))

    def add(
        self,
        *,
        chain_id: str,
        signer: str,
        purpose: str,
        latest_timeout_ns: int,
        first_height: int,
        sign: Callable[[int], SignedTx],
        auction_id: int | None = None,
    ) -> JournalEntry:
        """Give out a time-out, have the transaction signed with it, and keep it.

        The time-out is at most ``latest_timeout_ns`` and never given out again to this
        signer on this chain. When this returns the bytes are on disk.
        """
        with self._database.transaction():
            timeout_ns = self._find_free_timeout(chain_id, signer, latest_timeout_ns)
            signed = sign(timeout_ns)
            created_at_ns = time.time_ns()
            self._database.execute(
                f"INSERT INTO txs ({_COLUMNS}) "  # noqa: S608 - a constant of this file
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, '', '', '[]', 0, 0, ?)",
                (
                    signed.tx_hash,
                    chain_id,
                    signer,
                    purpose,
                    None if auction_id is None else str(auction_id),
                    signed.tx_bytes,
                    timeout_ns,
                    first_height,
                    first_height - 1,
                    OutcomeStatus.UNKNOWN.value,
                    created_at_ns,
                ),
            )
        return self.get(signed.tx_hash)

    def _find_free_timeout(self, chain_id: str, signer: str, latest_ns: int) -> int:
        # A random place, because the same key may sign on another machine too.
        timeout_ns = latest_ns - secrets.randbelow(SPREAD_NS)
        while self._database.query(
            "SELECT 1 FROM txs WHERE chain_id = ? AND signer = ? AND timeout_ns = ?",
            (chain_id, signer, timeout_ns),
        ):
            timeout_ns -= 1
        return timeout_ns

    def set_outcome(self, outcome: Outcome, *, read_height: int | None = None) -> bool:
        """Keep what is known now; returns False if the outcome was final before.

        A final outcome is never replaced, so every transaction is settled once.
        """
        changed = self._database.execute(
            "UPDATE txs SET status = ?, is_final = ?, height = ?, code = ?, codespace = ?, "
            "log = ?, events = ?, gas_used = ?, gas_wanted = ?, "
            "read_height = max(read_height, coalesce(?, read_height)) "
            "WHERE tx_hash = ? AND is_final = 0",
            (
                outcome.status.value,
                int(outcome.is_final),
                outcome.height,
                outcome.code,
                outcome.codespace,
                outcome.log,
                json.dumps([[event.type, event.attributes] for event in outcome.events]),
                outcome.gas_used,
                outcome.gas_wanted,
                read_height,
                outcome.tx_hash,
            ),
        )
        return changed == 1

    def set_read_height(self, tx_hashes: list[str], height: int) -> None:
        """Note that every block up to ``height`` was read for these transactions."""
        with self._database.transaction():
            for tx_hash in tx_hashes:
                self._database.execute(
                    "UPDATE txs SET read_height = max(read_height, ?) WHERE tx_hash = ?",
                    (height, tx_hash),
                )

    def get(self, tx_hash: str) -> JournalEntry:
        """Return one transaction. Raises NotFound."""
        rows = self._select("WHERE tx_hash = ?", (tx_hash.upper(),))
        if not rows:
            raise NotFound(
                f"the journal has no transaction {tx_hash}",
                remedy="plurichain tx list shows those that it has",
            )
        return rows[0]

    def list_pending(self, chain_id: str | None = None) -> list[JournalEntry]:
        """Return transactions without a final outcome, oldest first."""
        if chain_id is None:
            return self._select("WHERE is_final = 0 ORDER BY created_at_ns", ())
        return self._select(
            "WHERE is_final = 0 AND chain_id = ? ORDER BY created_at_ns", (chain_id,)
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
            f"SELECT {_COLUMNS} FROM txs {condition}",  # noqa: S608 - constants of this file
            parameters,
        )
        return [_read_row(row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


def _read_row(row: Row) -> JournalEntry:
    (tx_hash, chain_id, signer, purpose, auction_id, tx_bytes, timeout_ns, first_height) = row[:8]
    (read_height, status, is_final, height, code, codespace, log, events) = row[8:16]
    (gas_used, gas_wanted, created_at_ns) = row[16:]
    return JournalEntry(
        tx_hash=tx_hash,
        chain_id=chain_id,
        signer=signer,
        purpose=purpose,
        auction_id=None if auction_id is None else int(auction_id),
        tx_bytes=tx_bytes,
        timeout_ns=timeout_ns,
        first_height=first_height,
        read_height=read_height,
        created_at_ns=created_at_ns,
        outcome=Outcome(
            tx_hash=tx_hash,
            status=OutcomeStatus(status),
            height=height,
            code=code,
            codespace=codespace,
            log=log,
            events=tuple(
                Event(kind, tuple((key, value) for key, value in attributes))
                for kind, attributes in json.loads(events)
            ),
            gas_used=gas_used,
            gas_wanted=gas_wanted,
            timeout_ns=timeout_ns,
            is_final=bool(is_final),
        ),
    )
