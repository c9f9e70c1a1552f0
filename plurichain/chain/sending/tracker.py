"""From the journal to outcomes: waiting for transactions, and going on after a restart."""

from __future__ import annotations

import dataclasses
import logging
import os
import random
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from plurichain.chain import log_context, stopping
from plurichain.chain.codes.errors_map import INDETERMINATE
from plurichain.chain.nodes import silences
from plurichain.chain.progress import OnProgress, TxProgress, TxStage
from plurichain.chain.sending.lateness import LateWatch
from plurichain.chain.sending.watcher import BlockWatcher
from plurichain.chain.transactions.outcome import Outcome, OutcomeStatus
from plurichain.errors import NodeError, WrongChain

if TYPE_CHECKING:
    from plurichain.chain.journal.journal import Journal, JournalEntry
    from plurichain.chain.nodes.client import ChainClient

GRACE_S = 20.0
"""How much longer than a transaction's own time a wait lasts: blocks may come slowly."""


REPEAT_S = 3.0
"""How often what is not settled is handed in again, the same bytes."""
MOST_REPEATS = 100
"""How many at a time: a node that lost its mempool gets the rest later."""
MEMPOOL_PATIENCE_S = 15.0
MEMPOOL_PAUSE_S = 0.1
LONGEST_MEMPOOL_PAUSE_S = 2.0
_SLICE_S = 0.5
_LOOKED_AFTER_A_SECOND = 10_000
_MEMPOOL_FULL = ("sdk", 20)
_IN_CACHE = ("sdk", 19)

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Delivery:
    """What came of handing in a transaction.

    ``was_silent``: a node was asked and did not answer, even if another one then did.
    """

    outcome: Outcome
    stage: TxStage
    was_silent: bool

    @property
    def is_taken(self) -> bool:
        """Whether the node has it now."""
        code = (self.outcome.codespace, self.outcome.code)
        return self.stage is TxStage.BROADCAST or code == _IN_CACHE

    @property
    def is_mempool_full(self) -> bool:
        """Whether the node has no place for it now."""
        return (self.outcome.codespace, self.outcome.code) == _MEMPOOL_FULL


class TxTracker:
    """Broadcasts and follows transactions that the journal holds; needs no key."""

    def __init__(
        self, client: ChainClient, journal: Journal, *, rng: random.Random | None = None
    ) -> None:
        self._random = rng or random.Random()  # noqa: S311 - only spreads retries
        self._client = client
        self._journal = journal
        self._watchers: dict[int, BlockWatcher] = {}

    def _get_watcher(self) -> BlockWatcher:
        """Return this process's: a forked child has none of the threads that share it."""
        pid = os.getpid()
        if pid not in self._watchers:
            # One insertion wins, so that all threads of the process share one.
            self._watchers.setdefault(pid, BlockWatcher(self._client, self._journal))
        return self._watchers[pid]

    def broadcast(self, entry: JournalEntry, on_progress: OnProgress | None = None) -> Outcome:
        """Hand the signed bytes to the node, once, and keep what it answered.

        The outcome is never final. No answer, or one that does not tell whether the
        bytes are on their way, makes it unknown. Broadcasting again is harmless.
        """
        return self._hand_in(entry, on_progress).outcome

    def deliver(self, entry: JournalEntry, on_progress: OnProgress | None = None) -> Delivery:
        """As ``broadcast``, but wait, with jitter, for a place in a full mempool.

        The same bytes are handed in again, for at most ``MEMPOOL_PATIENCE_S`` seconds.
        """
        deadline = time.monotonic() + MEMPOOL_PATIENCE_S
        pause_s = MEMPOOL_PAUSE_S
        delivery = self._hand_in(entry, on_progress)
        while delivery.is_mempool_full and time.monotonic() < deadline:
            if stopping.pause(pause_s * self._random.uniform(0.5, 1.0)):
                break
            pause_s = min(2 * pause_s, LONGEST_MEMPOOL_PAUSE_S)
            again = self._hand_in(entry, None)
            if not again.is_mempool_full:
                _report(on_progress, again.stage, again.outcome)
            delivery = again
        return delivery

    def refuse(self, outcome: Outcome) -> None:
        """Note that no node took it: it is not handed in again, only watched."""
        self._journal.set_outcome(dataclasses.replace(outcome, status=OutcomeStatus.REJECTED))

    def _hand_in(
        self, entry: JournalEntry, on_progress: OnProgress | None, *, is_repeat: bool = False
    ) -> Delivery:
        """Broadcast once; a repeat that is refused does not undo what was known before."""
        status, log = OutcomeStatus.UNKNOWN, ""
        code, codespace, stage = 0, "", TxStage.BROADCAST
        was_silent = False
        with log_context.about(**entry.log_fields), silences.watching() as lost:
            try:
                code, codespace, log = self._client.broadcast(entry.tx_bytes)
            except WrongChain:
                raise
            except NodeError as error:
                stage, log, was_silent = TxStage.UNSURE, error.cause, True
        if code:
            is_open = (codespace, code) in INDETERMINATE
            status = OutcomeStatus.UNKNOWN if is_open else OutcomeStatus.REJECTED
            stage = TxStage.UNSURE if is_open else TxStage.REFUSED
        outcome = Outcome(
            tx_hash=entry.tx_hash,
            status=status,
            code=code,
            codespace=codespace,
            log=log,
            timeout_ns=entry.timeout_ns,
            is_final=False,
        )
        logger.info(
            "handed in: %s%s", stage, f" ({codespace} {code})" if code else "",
            extra=entry.log_fields,
        )  # fmt: skip
        if not (is_repeat and stage is not TxStage.BROADCAST):
            self._journal.set_outcome(outcome, was_handed=True)
            _report(on_progress, stage, outcome)
        return Delivery(outcome, stage, was_silent or bool(lost))

    def wait(
        self,
        tx_hash: str,
        *,
        timeout_s: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> Outcome:
        """Return the outcome of ``tx_hash``; unknown if it is not settled in time.

        Waits until it is in a block or can no longer be in one, at most ``timeout_s``
        seconds (default: what is left until its time-out, and some grace as long as blocks
        can be read). A node that
        does not answer makes it unknown, never failed. Raises NotFound if the journal
        does not have it.
        """
        with log_context.about(**self._journal.get(tx_hash).log_fields):
            return self.wait_all([tx_hash], timeout_s=timeout_s, on_progress=on_progress)[0]

    def wait_all(
        self,
        tx_hashes: Iterable[str],
        *,
        timeout_s: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> list[Outcome]:
        """Return the outcomes of several transactions, read from the same blocks."""
        wanted = list(tx_hashes)
        latest_ns = self._journal.get_latest_timeout(wanted)
        trouble = ""
        if self._journal.filter_pending(wanted):
            try:
                trouble = self._settle(wanted, latest_ns, timeout_s, on_progress)
            except WrongChain:
                raise
            except NodeError as error:
                trouble = error.cause
        outcomes = []
        for tx_hash in wanted:
            entry = self._journal.get(tx_hash)
            outcome = entry.outcome
            if outcome.is_final:
                logger.info(
                    "settled: %s at height %d", outcome.status, outcome.height,
                    extra=entry.log_fields,
                )  # fmt: skip
                _report(on_progress, TxStage.SETTLED, outcome)
            elif trouble and not outcome.log:
                outcome = dataclasses.replace(outcome, log=trouble)
            outcomes.append(outcome)
        return outcomes

    def _settle(
        self,
        wanted: list[str],
        latest_ns: int,
        timeout_s: float | None,
        on_progress: OnProgress | None,
    ) -> str:
        """Wait for ``wanted``; returns what kept a node from answering last, or "".

        What may not have reached a node's mempool, or was dropped from it, is handed in
        again now and then, the same bytes, until its time-out.
        """
        # Blocks that are read slowly bring the outcomes all the same: the last is past all.
        waits_for_blocks = timeout_s is None
        if timeout_s is None:
            timeout_s = max(latest_ns - self._read_time_ns(), 0) / 1e9 + GRACE_S
        deadline = time.monotonic() + timeout_s
        next_repeat = time.monotonic() + REPEAT_S
        trouble = ""
        pending = wanted
        watcher = self._get_watcher()
        read_height = watcher.read_height
        late = LateWatch(self._journal, lambda: watcher.read_height, on_progress)
        while True:
            now = time.monotonic()
            try:
                # For very many, looking after them now and then takes its time too.
                slice_s = max(_SLICE_S, len(pending) / _LOOKED_AFTER_A_SECOND)
                watcher.settle(pending, deadline=min(deadline, now + slice_s))
                trouble = ""
            except WrongChain:
                raise
            except NodeError as error:
                trouble = error.cause
            pending = self._journal.filter_pending(pending)
            now = time.monotonic()
            if waits_for_blocks and watcher.read_height > read_height:
                deadline = max(deadline, now + GRACE_S)
                read_height = watcher.read_height
            if not pending or now >= deadline or stopping.is_wanted():
                return trouble
            late.look(pending)
            if now >= next_repeat:
                self._repeat(pending)
                next_repeat = time.monotonic() + REPEAT_S

    def _read_time_ns(self) -> int:
        """Return block time; while no node answers this machine's: it only limits a wait."""
        try:
            return self._client.get_latest_header().time_ns
        except WrongChain:
            raise
        except NodeError:
            return time.time_ns()

    def _repeat(self, pending: list[str]) -> None:
        for tx_hash in pending[:MOST_REPEATS]:
            entry = self._journal.get(tx_hash)
            if entry.was_handed and entry.outcome.status is OutcomeStatus.UNKNOWN:
                delivery = self._hand_in(entry, None, is_repeat=True)
                if delivery.was_silent:
                    return

    def resume(
        self,
        *,
        signer: str | None = None,
        auction_id: int | None = None,
        on_progress: OnProgress | None = None,
    ) -> list[Outcome]:
        """Settle everything that is pending on this chain, as after a restart.

        ``signer`` leaves out what others have signed: a process of theirs may be at it just
        now. ``auction_id`` leaves out what is for other auctions, or for none. What no node
        is known to have refused is handed in again, the same bytes: they may never have
        been sent. Returns the outcomes, oldest first.
        """
        entries = self._journal.list_pending(
            self._client.network.chain_id, signer=signer, auction_id=auction_id
        )
        if not entries:
            return []
        now_ns = self._client.get_latest_header().time_ns
        for entry in entries:
            if entry.outcome.status is OutcomeStatus.UNKNOWN and entry.timeout_ns > now_ns:
                self._hand_in(entry, on_progress, is_repeat=entry.was_handed)
        return self.wait_all([entry.tx_hash for entry in entries], on_progress=on_progress)


def _report(on_progress: OnProgress | None, stage: TxStage, outcome: Outcome) -> None:
    if on_progress is not None:
        on_progress(TxProgress(stage, outcome.tx_hash, outcome.timeout_ns, outcome.log))
