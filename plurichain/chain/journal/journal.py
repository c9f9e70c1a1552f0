"""The journal of transactions: on disk before the first byte is sent.

So a process may be killed at any point: whoever opens the journal again has the hash
and the very bytes of everything that may be on its way, and where to go on looking.
Time-outs of unordered transactions are given out here too, under the write lock of the
database, because (signer, time-out) must be unique for a signer across processes.
"""

from __future__ import annotations

import contextlib
import json
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from plurichain.chain.journal.entry import JournalEntry
from plurichain.chain.journal.reader import GasSample, JournalReader
from plurichain.chain.transactions.outcome import Outcome, OutcomeStatus

if TYPE_CHECKING:
    from plurichain.chain.transactions.signing import SignedTx

__all__ = ["SPREAD_NS", "GasSample", "Journal", "JournalEntry"]

logger = logging.getLogger(__name__)

SPREAD_NS = 1_000_000
"""Time-outs are spread over the last millisecond before the one that was asked for."""


class Journal(JournalReader):
    """The transactions of this user, of all networks and keys."""

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
        account_sequence: int | None = None,
        cosigners: Mapping[str, int | None] | None = None,
        follows: JournalEntry | None = None,
        keep_nonce: bool = False,
        message_types: str = "",
        simulated_gas: int = 0,
    ) -> JournalEntry:
        """Give out a time-out, have the transaction signed with it, and keep it.

        The time-out is at most ``latest_timeout_ns`` and never given out again to this
        signer, nor to its ``cosigners`` (address: sequence), on this chain. One that
        ``follows`` a refused unordered one takes over its time-out with ``keep_nonce``,
        so that at most one of the two can land. When this returns the bytes are on disk.
        """
        others = dict(cosigners or {})
        with self._database.transaction():
            if follows is not None and keep_nonce:
                timeout_ns = follows.timeout_ns
            else:
                timeout_ns = self._find_free_timeout(chain_id, (signer, *others), latest_timeout_ns)
            signed = sign(timeout_ns)
            entry = JournalEntry(
                tx_hash=signed.tx_hash,
                chain_id=chain_id,
                signer=signer,
                purpose=purpose,
                auction_id=auction_id,
                tx_bytes=signed.tx_bytes,
                timeout_ns=timeout_ns,
                first_height=first_height,
                read_height=first_height - 1,
                created_at_ns=time.time_ns(),
                outcome=Outcome(
                    signed.tx_hash, OutcomeStatus.UNKNOWN, timeout_ns=timeout_ns, is_final=False
                ),
                account_sequence=account_sequence,
                follows="" if follows is None else follows.tx_hash,
                message_types=message_types,
                simulated_gas=simulated_gas,
            )
            self._insert(entry)
            for address, sequence in others.items():
                self._database.execute(
                    "INSERT INTO cosigners VALUES (?, ?, ?, ?, ?)",
                    (signed.tx_hash, chain_id, address, timeout_ns, _write_int(sequence)),
                )
        return entry

    def _insert(self, entry: JournalEntry) -> None:
        values = {
            "tx_hash": entry.tx_hash,
            "chain_id": entry.chain_id,
            "signer": entry.signer,
            "purpose": entry.purpose,
            "auction_id": _write_int(entry.auction_id),
            "tx_bytes": entry.tx_bytes,
            "timeout_ns": entry.timeout_ns,
            "first_height": entry.first_height,
            "read_height": entry.read_height,
            "status": entry.outcome.status.value,
            "is_final": 0,
            "created_at_ns": entry.created_at_ns,
            "account_sequence": _write_int(entry.account_sequence),
            "follows": entry.follows or None,
            "message_types": entry.message_types,
            "simulated_gas": entry.simulated_gas,
            "was_handed": 0,
        }
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        self._database.execute(
            f"INSERT INTO txs ({names}) VALUES ({marks})",  # noqa: S608 - names of this file
            tuple(values.values()),
        )

    def _find_free_timeout(self, chain_id: str, signers: tuple[str, ...], latest_ns: int) -> int:
        # A random place, because the same key may sign on another machine too.
        timeout_ns = latest_ns - secrets.randbelow(SPREAD_NS)
        while any(self._is_taken(chain_id, signer, timeout_ns) for signer in signers):
            timeout_ns -= 1
        return timeout_ns

    def _is_taken(self, chain_id: str, signer: str, timeout_ns: int) -> bool:
        return bool(
            self._database.query(
                "SELECT 1 FROM txs WHERE chain_id = ?1 AND signer = ?2 AND timeout_ns = ?3 "
                "UNION ALL SELECT 1 FROM cosigners "
                "WHERE chain_id = ?1 AND signer = ?2 AND timeout_ns = ?3 LIMIT 1",
                (chain_id, signer, timeout_ns),
            )
        )

    def set_outcome(
        self, outcome: Outcome, *, read_height: int | None = None, was_handed: bool = False
    ) -> bool:
        """Keep what is known now; returns False if the outcome was final before.

        A final outcome is never replaced, so every transaction is settled once. Every
        block that one was seen in is kept all the same (``list_sightings``).
        """
        with self._database.transaction():
            if outcome.height:
                self._database.execute(
                    "INSERT OR IGNORE INTO sightings SELECT tx_hash, ?, ?, ? FROM txs "
                    "WHERE tx_hash = ?",
                    (outcome.height, outcome.code, outcome.codespace, outcome.tx_hash),
                )
            changed = self._database.execute(
                "UPDATE txs SET status = ?, is_final = ?, height = ?, code = ?, codespace = ?, "
                "log = ?, events = ?, gas_used = ?, gas_wanted = ?, "
                "read_height = max(read_height, coalesce(?, read_height)), "
                "was_handed = max(was_handed, ?) "
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
                    int(was_handed),
                    outcome.tx_hash,
                ),
            )
        if outcome.height and not changed and len(self.list_sightings(outcome.tx_hash)) > 1:
            logger.warning("in more than one block", extra={"tx_hash": outcome.tx_hash})
        return changed == 1

    def set_missed(self, tx_hashes: Iterable[str], height: int) -> None:
        """Note that these can no longer take effect: the block ``height`` is past their time-out.

        What a node refused stays rejected, what failed in a block stays failed, and all else
        is expired; each is final now.
        """
        kept = (OutcomeStatus.REJECTED.value, OutcomeStatus.FAILED.value)
        with self._database.transaction():
            for tx_hash in tx_hashes:
                self._database.execute(
                    "UPDATE txs SET is_final = 1, read_height = max(read_height, ?), "
                    "status = CASE WHEN status IN (?, ?) THEN status ELSE ? END "
                    "WHERE tx_hash = ? AND is_final = 0",
                    (height, *kept, OutcomeStatus.EXPIRED.value, tx_hash),
                )

    def set_next_sequence(self, chain_id: str, signer: str, sequence: int | None) -> None:
        """Keep the sequence of a signer's next ordered transaction; None forgets it."""
        if sequence is None:
            self._database.execute(
                "DELETE FROM sequences WHERE chain_id = ? AND signer = ?", (chain_id, signer)
            )
            return
        self._database.execute(
            "INSERT OR REPLACE INTO sequences VALUES (?, ?, ?)", (chain_id, signer, str(sequence))
        )

    def set_read_height(self, tx_hashes: list[str], height: int) -> None:
        """Note that every block up to ``height`` was read for these transactions."""
        with self._database.transaction():
            for tx_hash in tx_hashes:
                self._database.execute(
                    "UPDATE txs SET read_height = max(read_height, ?) WHERE tx_hash = ?",
                    (height, tx_hash),
                )

    def restart_chain(self, chain_id: str) -> None:
        """Forget where reading and counting stood on a chain that was begun anew.

        What is pending stays so: its bytes may be good on the new chain too, from its first
        block on.
        """
        with self._database.transaction():
            self._database.execute(
                "UPDATE txs SET first_height = 1, read_height = 0 "
                "WHERE chain_id = ? AND is_final = 0",
                (chain_id,),
            )
            self._database.execute("DELETE FROM sequences WHERE chain_id = ?", (chain_id,))

    @contextlib.contextmanager
    def batch(self) -> Iterator[None]:
        """Have all that the block changes on disk at once when it ends, or none of it."""
        with self._database.transaction():
            yield


def _write_int(value: int | None) -> str | None:
    return None if value is None else str(value)
