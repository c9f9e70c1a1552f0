"""Settling transactions by reading each block once, for any number of them.

Blocks are the only evidence: a transaction is in one, or a block with a time strictly
after its time-out was reached and it was in none of those before. An index, an event
or a node's word is not needed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from plurichain.chain.outcome import Outcome, OutcomeStatus
from plurichain.chain.signing import compute_tx_hash
from plurichain.errors import NodeError

if TYPE_CHECKING:
    from plurichain.chain.client import ChainClient
    from plurichain.chain.journal import Journal, JournalEntry
    from plurichain.chain.types import Block

POLL_S = 0.06
_SAVE_EVERY = 50


class BlockWatcher:
    """Reads blocks in order and settles the journal's transactions of one chain.

    One thread reads at a time; others that wait share what it finds. A websocket could
    replace the polling in ``_wait_for_block``: the reading by height stays as it is.
    """

    def __init__(self, client: ChainClient, journal: Journal) -> None:
        self._client = client
        self._journal = journal
        self._guard = threading.Lock()
        self._pending: dict[str, JournalEntry] = {}
        self._next_height = 0
        self._unsaved = 0

    def settle(self, tx_hashes: Iterable[str], *, deadline: float) -> None:
        """Read blocks until all of ``tx_hashes`` have a final outcome in the journal.

        Returns at the monotonic time ``deadline`` at the latest; what is not final then
        stays pending. A node that fails is asked again until then. Raises the last
        NodeError if no block at all could be read.
        """
        wanted = set(tx_hashes)
        last_error: NodeError | None = None
        while True:
            with self._guard:
                self._load(wanted)
                if not wanted & self._pending.keys():
                    return
                try:
                    has_read = self._read_next()
                    last_error = None
                except NodeError as error:
                    has_read, last_error = False, error
            if time.monotonic() >= deadline:
                if last_error is not None:
                    raise last_error
                return
            if not has_read:
                time.sleep(min(POLL_S, max(deadline - time.monotonic(), 0)))

    def _load(self, wanted: set[str]) -> None:
        for tx_hash in wanted - self._pending.keys():
            entry = self._journal.get(tx_hash)
            if entry.outcome.is_final:
                wanted.discard(tx_hash)
                continue
            self._pending[tx_hash] = entry
            # The reader goes back for an entry whose blocks it has not read for it.
            self._next_height = min(self._next_height, entry.read_height + 1)

    def _read_next(self) -> bool:
        """Read the next block if it is there; returns whether it was."""
        # Blocks that no pending transaction can be in are left out.
        first = min(entry.read_height for entry in self._pending.values()) + 1
        self._next_height = max(self._next_height, first)
        if self._next_height > self._client.rpc.get_committed_height():
            return False
        block = self._client.get_block(self._next_height)
        self._apply(block)
        self._next_height += 1
        self._unsaved += 1
        if self._unsaved >= _SAVE_EVERY:
            self._journal.set_read_height(list(self._pending), block.header.height)
            self._unsaved = 0
        return True

    def _apply(self, block: Block) -> None:
        header = block.header
        found = {}
        for index, tx_bytes in enumerate(block.txs):
            tx_hash = compute_tx_hash(tx_bytes)
            if tx_hash in self._pending:
                found[tx_hash] = index
        if found:
            results = self._client.get_block_results(header.height).tx_results
            for tx_hash, index in found.items():
                result = results[index]
                status = OutcomeStatus.FAILED if result.code else OutcomeStatus.ACCEPTED
                self._finish(
                    Outcome(
                        tx_hash=tx_hash,
                        status=status,
                        height=header.height,
                        code=result.code,
                        codespace=result.codespace,
                        log=result.log,
                        events=result.events,
                        gas_used=result.gas_used,
                        gas_wanted=result.gas_wanted,
                        timeout_ns=self._pending[tx_hash].timeout_ns,
                    ),
                    header.height,
                )
        late = [entry for entry in self._pending.values() if header.time_ns > entry.timeout_ns]
        for entry in late:
            self._finish(_compute_missed(self._journal.get(entry.tx_hash)), header.height)

    def _finish(self, outcome: Outcome, height: int) -> None:
        self._journal.set_outcome(outcome, read_height=height)
        del self._pending[outcome.tx_hash]


def _compute_missed(entry: JournalEntry) -> Outcome:
    """The outcome of a transaction that is in no block and can no longer be in one."""
    known = entry.outcome
    is_rejected = known.status is OutcomeStatus.REJECTED
    return Outcome(
        tx_hash=entry.tx_hash,
        status=OutcomeStatus.REJECTED if is_rejected else OutcomeStatus.EXPIRED,
        code=known.code,
        codespace=known.codespace,
        log=known.log,
        timeout_ns=entry.timeout_ns,
    )
