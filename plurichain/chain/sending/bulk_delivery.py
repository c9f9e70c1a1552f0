"""Handing in many journalled transactions: several in one request, several requests at once."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from plurichain.chain.codes.errors_map import INDETERMINATE
from plurichain.chain.nodes.rpc import MOST_CALLS
from plurichain.chain.nodes.waiting import PASSING
from plurichain.chain.progress import OnProgress, TxProgress, TxStage
from plurichain.chain.sending.tracker import MEMPOOL_PATIENCE_S, MEMPOOL_PAUSE_S
from plurichain.chain.transactions.outcome import Outcome, OutcomeStatus
from plurichain.errors import NodeError, WrongChain

if TYPE_CHECKING:
    from plurichain.chain.journal.journal import Journal, JournalEntry
    from plurichain.chain.nodes.client import ChainClient

WORKERS = 4
"""Requests at once: a node checks one transaction after the other all the same."""
MOST_BYTES = 500_000
"""In one request; nodes take a megabyte, and base64 makes a third more."""
_MEMPOOL_FULL = ("sdk", 20)

logger = logging.getLogger(__name__)

Answer = tuple[int, str, str]


class BulkDelivery:
    """Threads that hand in what ``put`` gives them, and end with the block.

    What ended a thread, such as WrongChain, is raised at the end of the block.
    """

    def __init__(
        self, client: ChainClient, journal: Journal, on_progress: OnProgress | None = None
    ) -> None:
        self._client = client
        self._journal = journal
        self._on_progress = on_progress
        self._waiting: queue.SimpleQueue[list[JournalEntry] | None] = queue.SimpleQueue()
        self._error: BaseException | None = None
        self._is_over = False
        self._threads = [
            threading.Thread(target=self._work, name="plurichain-bulk", daemon=True)
            for _ in range(WORKERS)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, entries: Iterable[JournalEntry]) -> None:
        """Have these handed in; they are in the journal already."""
        few: list[JournalEntry] = []
        size = 0
        for entry in entries:
            if few and (len(few) == MOST_CALLS or size + len(entry.tx_bytes) > MOST_BYTES):
                self._waiting.put(few)
                few, size = [], 0
            few.append(entry)
            size += len(entry.tx_bytes)
        if few:
            self._waiting.put(few)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_exc: object) -> None:
        if kind is not None:
            self._is_over = True  # what is not handed in yet stays in the journal
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()
        if kind is None and self._error is not None:
            raise self._error

    def _work(self) -> None:
        while (entries := self._waiting.get()) is not None:
            try:
                if not self._is_over:
                    self._hand_in(entries)
            except BaseException as error:  # noqa: BLE001 - raised again by __exit__
                self._error, self._is_over = error, True

    def _hand_in(self, entries: list[JournalEntry]) -> None:
        """Hand in, waiting for a place in a full mempool; keep what the node answered."""
        deadline = time.monotonic() + MEMPOOL_PATIENCE_S
        while True:
            answers = self._ask(entries)
            full = [
                entry
                for entry, (code, codespace, _) in zip(entries, answers, strict=True)
                if (codespace, code) == _MEMPOOL_FULL
            ]
            outcomes = [
                _make_outcome(entry, *answer)
                for entry, answer in zip(entries, answers, strict=True)
            ]
            with self._journal.batch():
                for outcome in outcomes:
                    self._journal.set_outcome(outcome, was_handed=True)
            self._report(outcomes)
            if not full or time.monotonic() >= deadline:
                return
            time.sleep(MEMPOOL_PAUSE_S)
            entries = full

    def _ask(self, entries: list[JournalEntry]) -> list[Answer]:
        """Return the node's answers; no answer is one that does not tell."""
        try:
            return self._client.rpc.broadcast_all([entry.tx_bytes for entry in entries])
        except WrongChain:
            raise
        except NodeError as error:
            if len(entries) > 1 and not isinstance(error, PASSING):
                # It may be set to take fewer requests at once than others do.
                return [answer for entry in entries for answer in self._ask([entry])]
            logger.warning("%d handed in without an answer: %s", len(entries), error.cause)
            return [(0, "", error.cause) for _ in entries]

    def _report(self, outcomes: list[Outcome]) -> None:
        if self._on_progress is None:
            return
        for outcome in outcomes:
            stage = TxStage.BROADCAST
            if outcome.status is OutcomeStatus.REJECTED:
                stage = TxStage.REFUSED
            elif outcome.log:
                stage = TxStage.UNSURE
            self._on_progress(TxProgress(stage, outcome.tx_hash, outcome.timeout_ns, outcome.log))


def _make_outcome(entry: JournalEntry, code: int, codespace: str, log: str) -> Outcome:
    is_open = not code or (codespace, code) in INDETERMINATE
    return Outcome(
        tx_hash=entry.tx_hash,
        status=OutcomeStatus.UNKNOWN if is_open else OutcomeStatus.REJECTED,
        code=code,
        codespace=codespace,
        log=log,
        timeout_ns=entry.timeout_ns,
        is_final=False,
    )
