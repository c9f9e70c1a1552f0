"""What a relayer has done, counted; each count has a name that does not change."""

from __future__ import annotations

import threading
from collections import Counter
from enum import StrEnum


class Count(StrEnum):
    """Names of counts, in the order in which they are shown."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    TIMED_OUT = "timed_out"
    CHANNELS_CLOSED = "channels_closed"
    BY_RIVALS = "by_rivals"
    """Done by another relayer before us."""
    REDUNDANT = "redundant"
    """Ours came second: sent, and found done."""
    FILTERED = "filtered"
    SET_ASIDE = "set_aside"
    """Kept apart with a reason, because the chain refuses it by itself."""
    CLIENT_UPDATES = "client_updates"
    TRANSACTIONS = "transactions"
    FAILED_TRANSACTIONS = "failed_transactions"
    REFUSED_TRANSACTIONS = "refused_transactions"
    SPLITS = "splits"
    GAS_USED = "gas_used"
    FEES_PAID = "fees_paid"
    """Of all chains together, in their fee denoms' smallest units."""


class Counters:
    """Counts that several threads add to."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._counts: Counter[Count] = Counter()

    def add(self, name: Count, number: int = 1) -> None:
        """Add to a count."""
        if number:
            with self._guard:
                self._counts[name] += number

    def get(self, name: Count) -> int:
        """Return a count."""
        with self._guard:
            return self._counts[name]

    def as_dict(self) -> dict[str, int]:
        """Return all counts by name, also those that are 0."""
        with self._guard:
            return {name.value: self._counts[name] for name in Count}
