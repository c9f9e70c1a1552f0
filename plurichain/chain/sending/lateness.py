"""Transactions that blocks go by: said once, and left as they are.

A node that took one does not promise that the others will: their least fee may be higher,
or their mempools full. Nothing is raised in silence; what was signed can be in a block
until its time-out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING

from plurichain.chain.progress import OnProgress, TxProgress, TxStage
from plurichain.chain.transactions.outcome import OutcomeStatus

if TYPE_CHECKING:
    from plurichain.chain.journal.journal import Journal

LATE_BLOCKS = 10
"""After so many blocks without it a transaction is late: most are in the next one or two."""
MOST_SAID = 100

logger = logging.getLogger(__name__)


class LateWatch:
    """Looks after the transactions of one wait; ``get_height`` gives the last block read."""

    def __init__(
        self, journal: Journal, get_height: Callable[[], int], on_progress: OnProgress | None
    ) -> None:
        self._journal = journal
        self._get_height = get_height
        self._on_progress = on_progress
        self._first = 0
        self._said: set[str] = set()

    def look(self, pending: Iterable[str]) -> None:
        """Report those of ``pending`` that are late and were not reported yet.

        Blocks count from the wait's first look or the transaction's first block on,
        whichever is later: before, nobody may have had it.
        """
        height = self._get_height()
        self._first = self._first or height
        if height - self._first < LATE_BLOCKS:
            return
        for tx_hash in islice((each for each in pending if each not in self._said), MOST_SAID):
            entry = self._journal.get(tx_hash)
            blocks = height - max(self._first, entry.first_height - 1)
            if blocks < LATE_BLOCKS or entry.outcome.status is not OutcomeStatus.UNKNOWN:
                continue
            self._said.add(tx_hash)
            logger.info("not in a block after %d blocks", blocks, extra=entry.log_fields)
            if self._on_progress is not None:
                detail = f"{blocks} blocks were made without it; other nodes may want a higher fee"
                self._on_progress(TxProgress(TxStage.LATE, tx_hash, entry.timeout_ns, detail))
