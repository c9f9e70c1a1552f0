"""From the journal to outcomes: waiting for transactions, and going on after a restart."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from plurichain.chain.errors_map import INDETERMINATE
from plurichain.chain.outcome import Outcome, OutcomeStatus
from plurichain.chain.progress import OnProgress, TxProgress, TxStage
from plurichain.chain.watcher import BlockWatcher
from plurichain.errors import NodeError, WrongChain

if TYPE_CHECKING:
    from plurichain.chain.client import ChainClient
    from plurichain.chain.journal import Journal, JournalEntry

GRACE_S = 20.0
"""How much longer than a transaction's own time a wait lasts: blocks may come slowly."""


class TxTracker:
    """Broadcasts and follows transactions that the journal holds; needs no key."""

    def __init__(self, client: ChainClient, journal: Journal) -> None:
        self._client = client
        self._journal = journal
        self._watcher = BlockWatcher(client, journal)

    def broadcast(self, entry: JournalEntry, on_progress: OnProgress | None = None) -> Outcome:
        """Hand the signed bytes to the node, once, and keep what it answered.

        The outcome is never final. No answer, or one that does not tell whether the
        bytes are on their way, makes it unknown. Broadcasting again is harmless.
        """
        status, log = OutcomeStatus.UNKNOWN, ""
        code, codespace, stage = 0, "", TxStage.BROADCAST
        try:
            code, codespace, log = self._client.broadcast(entry.tx_bytes)
        except WrongChain:
            raise
        except NodeError as error:
            stage, log = TxStage.UNSURE, error.cause
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
        self._journal.set_outcome(outcome)
        _report(on_progress, stage, outcome)
        return outcome

    def wait(
        self,
        tx_hash: str,
        *,
        timeout_s: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> Outcome:
        """Return the outcome of ``tx_hash``; unknown if it is not settled in time.

        Waits until it is in a block or can no longer be in one, at most ``timeout_s``
        seconds (default: what is left until its time-out, and some grace). A node that
        does not answer makes it unknown, never failed. Raises NotFound if the journal
        does not have it.
        """
        return self.wait_all([tx_hash], timeout_s=timeout_s, on_progress=on_progress)[0]

    def wait_all(
        self,
        tx_hashes: Iterable[str],
        *,
        timeout_s: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> list[Outcome]:
        """Return the outcomes of several transactions, read from the same blocks."""
        entries = [self._journal.get(tx_hash) for tx_hash in tx_hashes]
        pending = [entry.tx_hash for entry in entries if not entry.outcome.is_final]
        trouble = ""
        if pending:
            try:
                patience_s = self._compute_patience(entries) if timeout_s is None else timeout_s
                self._watcher.settle(pending, deadline=time.monotonic() + patience_s)
            except WrongChain:
                raise
            except NodeError as error:
                trouble = error.cause
        outcomes = []
        for entry in entries:
            outcome = self._journal.get(entry.tx_hash).outcome
            if outcome.is_final:
                _report(on_progress, TxStage.SETTLED, outcome)
            elif trouble and not outcome.log:
                outcome = Outcome(
                    outcome.tx_hash,
                    outcome.status,
                    log=trouble,
                    timeout_ns=outcome.timeout_ns,
                    is_final=False,
                )
            outcomes.append(outcome)
        return outcomes

    def resume(self, *, on_progress: OnProgress | None = None) -> list[Outcome]:
        """Settle everything that is pending on this chain, as after a restart.

        What no node is known to have refused is handed in again, the same bytes: they
        may never have been sent. Returns the outcomes, oldest first.
        """
        entries = self._journal.list_pending(self._client.network.chain_id)
        if not entries:
            return []
        now_ns = self._client.get_latest_header().time_ns
        for entry in entries:
            if entry.outcome.status is OutcomeStatus.UNKNOWN and entry.timeout_ns > now_ns:
                self.broadcast(entry, on_progress)
        return self.wait_all([entry.tx_hash for entry in entries], on_progress=on_progress)

    def _compute_patience(self, entries: list[JournalEntry]) -> float:
        header = self._client.get_latest_header()
        latest_ns = max(entry.timeout_ns for entry in entries)
        return max(latest_ns - header.time_ns, 0) / 1e9 + GRACE_S


def _report(on_progress: OnProgress | None, stage: TxStage, outcome: Outcome) -> None:
    if on_progress is not None:
        on_progress(TxProgress(stage, outcome.tx_hash, outcome.timeout_ns, outcome.log))
