"""Settling transactions by reading each block once, for any number of them.

Blocks are the only evidence: a transaction is in one, or a block with a time strictly
after its time-out was reached and it was in none of those before. Announcements and
polls only say when to look for the next block; none is left out and none read for
nothing, whatever connections do meanwhile.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from plurichain.chain.budget import Budget
from plurichain.chain.sending.pending import PendingSet
from plurichain.chain.transactions.outcome import Outcome, OutcomeStatus
from plurichain.chain.transactions.signing import compute_tx_hash
from plurichain.chain.types import Block
from plurichain.errors import HeightPruned, NodeError, NodeTimeout, WrongChain

if TYPE_CHECKING:
    from plurichain.chain.journal.journal import Journal
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.types import TxResult

POLL_S = 0.06
_SAVE_EVERY = 50
_MANY = 64
"""From so many hashes on they are loaded by one reading of the journal."""
_LEAST_BUDGET_S = 2.0
"""What one reading has however soon its caller wants to go on; doubled while that is too short."""
_MOST_BUDGET_S = 60.0
_FOLLOW_S = 0.05
_FAR_BEHIND = 20
"""From so many blocks behind the chain on, empty blocks are passed by their heads."""


class BlockWatcher:
    """Reads blocks in order and settles the journal's transactions of one chain.

    One thread reads at a time; others that wait share what it finds. Of a transaction
    only hash, time-out and height are kept in memory (``PendingSet``).
    """

    def __init__(self, client: ChainClient, journal: Journal) -> None:
        self._client = client
        self._journal = journal
        self._changed = threading.Condition()  # over all below
        self._pending = PendingSet()
        self._next_height = 0
        self._unsaved = 0
        self._reading = threading.Lock()
        self._budget_s = _LEAST_BUDGET_S  # of whoever reads
        self._waiting_since_s: float | None = None

    @property
    def read_height(self) -> int:
        """The last block that was read, 0 before the first."""
        return max(self._next_height - 1, 0)

    def settle(self, tx_hashes: Iterable[str], *, deadline: float) -> None:
        """Read blocks until all of ``tx_hashes`` have a final outcome in the journal.

        Returns at the monotonic time ``deadline`` at the latest; what is not final then
        stays pending. A node that fails is asked again until then. Raises the last
        NodeError if no block at all could be read, WrongChain at once.
        """
        wanted = set(tx_hashes)
        with self._changed:
            left = self._load(wanted)
        while left:
            if not self._reading.acquire(blocking=False):
                # Another thread reads; it may leave before what is wanted here is settled.
                with self._changed:
                    self._changed.wait(min(_FOLLOW_S, max(deadline - time.monotonic(), 0)))
                    left = self._pending.keep_known(left)
                if left and time.monotonic() >= deadline:
                    return
                continue
            try:
                left = self._read_until_settled(left, deadline)
            finally:
                self._reading.release()
            if left:
                return
        with self._changed:
            if not len(self._pending):
                self._waiting_since_s = None

    def _read_until_settled(self, left: set[bytes], deadline: float) -> set[bytes]:
        """Read blocks for this and all other threads; returns what is not settled in time."""
        last_error: NodeError | None = None
        while True:
            has_read = False
            try:
                with Budget(max(deadline - time.monotonic(), self._budget_s)).running():
                    has_read = self._read_next()
                last_error, self._budget_s = None, _LEAST_BUDGET_S
            except WrongChain:
                raise
            except NodeTimeout as error:
                # With the same again a busy node would never get through with a block.
                last_error, self._budget_s = error, min(2 * self._budget_s, _MOST_BUDGET_S)
            except NodeError as error:
                last_error = error
            with self._changed:
                left = self._pending.keep_known(left)
                height = self._next_height
            remaining_s = deadline - time.monotonic()
            if not left:
                return left
            if remaining_s <= 0:
                if last_error is not None:
                    raise last_error
                return left
            if not has_read:
                self._wait(height, remaining_s, last_error)

    def _wait(self, height: int, remaining_s: float, error: NodeError | None) -> None:
        if self._waiting_since_s is None:
            self._waiting_since_s = time.monotonic()
        if error is None:
            try:
                self._client.wait_for_block(
                    height, timeout_s=remaining_s, since_s=self._waiting_since_s
                )
            except WrongChain:
                raise
            except NodeError:
                pass  # the next reading meets it, and is tried again as often as there is time
            else:
                return
        time.sleep(min(POLL_S, remaining_s))

    def _load(self, wanted: set[str]) -> set[bytes]:
        """Take over what is not settled of ``wanted``; returns it."""
        left = {bytes.fromhex(tx_hash) for tx_hash in wanted}
        unknown = left - self._pending.known
        if len(unknown) >= _MANY:
            chain_id = self._journal.get(next(iter(wanted))).chain_id
            for tx_hash, timeout_ns, read_height in self._journal.list_pending_heads(chain_id):
                if (raw := bytes.fromhex(tx_hash)) in unknown:
                    self._add(raw, timeout_ns, read_height)
                    unknown.discard(raw)
        for raw in unknown:
            entry = self._journal.get(raw.hex().upper())
            if not entry.outcome.is_final:
                self._add(raw, entry.timeout_ns, entry.read_height)
        return self._pending.keep_known(left)

    def _add(self, raw: bytes, timeout_ns: int, read_height: int) -> None:
        self._pending.add(raw, timeout_ns, read_height)
        # The reader goes back for an entry whose blocks it has not read for it.
        self._next_height = min(self._next_height, read_height + 1)

    def _read_next(self) -> bool:
        """Read the next block if it is there; returns whether it was."""
        with self._changed:
            if not len(self._pending):
                return False
            # Blocks that no pending transaction can be in are left out.
            self._next_height = max(self._next_height, self._pending.least_height + 1)
            height = self._next_height
        committed = self._client.rpc.get_committed_height()
        if height > committed:
            return False
        if committed - height >= _FAR_BEHIND and self._skip_empty(height, committed):
            return True
        try:
            block = self._client.get_block(height)
        except HeightPruned:
            return self._ask_index()
        hashes = [bytes.fromhex(compute_tx_hash(tx_bytes)) for tx_bytes in block.txs]
        found = self._find(hashes)
        results = self._client.get_block_results(height).tx_results if found else ()
        with self._changed:
            if self._next_height != height or self._find(hashes) != found:
                # One was loaded meanwhile that needs earlier blocks first, or is in this one.
                return True
            self._apply(block, found, results)
            self._next_height = height + 1
            self._changed.notify_all()
        return True

    def _skip_empty(self, height: int, committed: int) -> bool:
        """Read past blocks without transactions by their heads; returns whether there were any."""
        heads = self._client.rpc.list_block_heads(height, committed)
        empty = list(itertools.takewhile(lambda head: not head.tx_count, heads))
        if not empty:
            return False
        with self._changed:
            if self._next_height == height:
                last = empty[-1].header
                self._apply(Block(last, (), b""), [], ())
                self._unsaved += len(empty) - 1
                self._next_height = last.height + 1
                self._changed.notify_all()
        return True

    def _find(self, hashes: list[bytes]) -> list[tuple[bytes, int]]:
        """Return (hash, index) of every transaction of a block that is of interest."""
        with self._changed:
            known = self._pending.known
            return [(raw, index) for index, raw in enumerate(hashes) if raw in known]

    def _apply(
        self, block: Block, found: list[tuple[bytes, int]], results: tuple[TxResult, ...]
    ) -> None:
        header = block.header
        outcomes: dict[bytes, Outcome] = {}
        for raw, index in found:
            result = results[index]
            earlier = outcomes.get(raw)
            # Twice in one block: the one that took effect says what it came to.
            if earlier is None or not result.code:
                outcomes[raw] = self._make_included(raw, header.height, result)
        late = [raw for raw in self._pending.list_due(header.time_ns) if raw not in outcomes]
        if outcomes or late:
            with self._journal.batch():
                for outcome in outcomes.values():
                    self._journal.set_outcome(outcome, read_height=header.height)
                self._journal.set_missed((raw.hex().upper() for raw in late), header.height)
            # Forgotten only when it is on disk; what may come once more is not.
            for raw in (*outcomes, *late):
                if raw not in outcomes or outcomes[raw].is_final:
                    self._pending.remove(raw)
        self._unsaved += 1
        # Where to go on after a restart; for very many it is noted less often.
        if self._unsaved >= max(_SAVE_EVERY, len(self._pending) // 20):
            self._journal.set_read_height(self._pending.list_hex(), header.height)
            self._unsaved = 0

    def _make_included(self, raw: bytes, height: int, result: TxResult) -> Outcome:
        # No event at all: it failed before its fee was taken and its nonce noted, as when
        # another one spent the money in the same block. Its bytes are as good as before.
        is_final = not result.code or bool(result.events)
        return Outcome(
            tx_hash=raw.hex().upper(),
            status=OutcomeStatus.FAILED if result.code else OutcomeStatus.ACCEPTED,
            height=height,
            code=result.code,
            codespace=result.codespace,
            log=result.log,
            events=result.events,
            gas_used=result.gas_used,
            gas_wanted=result.gas_wanted,
            timeout_ns=self._pending.get_timeout(raw),
            is_final=is_final,
        )

    def _ask_index(self) -> bool:
        """Ask the index for what is pending, since the blocks are gone from every node.

        It can tell that a transaction is in a block, never that it is in none. Raises
        HeightPruned if it does not know one of them, IndexerOff.
        """
        with self._changed:
            pending = self._pending.list_hex()
        has_found = False
        for tx_hash in pending:
            inclusion = self._client.get_tx(tx_hash)
            if inclusion is None:
                continue
            raw = bytes.fromhex(tx_hash)
            with self._changed:
                outcome = self._make_included(raw, inclusion.height, inclusion.result)
                self._journal.set_outcome(outcome)
                if outcome.is_final:
                    has_found = True
                    self._pending.remove(raw)
                self._changed.notify_all()
        if not has_found:
            raise HeightPruned(
                "the blocks that pending transactions may be in are gone from every node",
                remedy="add a node that keeps all blocks to the network",
            )
        return True
