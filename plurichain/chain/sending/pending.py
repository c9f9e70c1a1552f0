"""Hashes that are waited for, in little memory: about 200 bytes each, nothing more in time."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import KeysView


class PendingSet:
    """Raw hashes (32 bytes) with the time-out and the height up to which blocks were read.

    Not safe in threads by itself.
    """

    def __init__(self) -> None:
        self._entries: dict[bytes, tuple[int, int]] = {}
        # Few heights belong to many hashes: they say where reading has to begin.
        self._heights: Counter[int] = Counter()
        self._height_heap: list[int] = []
        self._least_timeout_ns: int | None = None

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def known(self) -> KeysView[bytes]:
        """The hashes."""
        return self._entries.keys()

    @property
    def least_height(self) -> int:
        """The least height up to which blocks were read for one of them; there must be one."""
        while not self._heights[self._height_heap[0]]:
            del self._heights[heapq.heappop(self._height_heap)]
        return self._height_heap[0]

    def add(self, raw: bytes, timeout_ns: int, read_height: int) -> None:
        """Add one that is not there."""
        if read_height not in self._heights:
            heapq.heappush(self._height_heap, read_height)
        self._heights[read_height] += 1
        self._entries[raw] = (timeout_ns, read_height)
        if self._least_timeout_ns is None or timeout_ns < self._least_timeout_ns:
            self._least_timeout_ns = timeout_ns

    def remove(self, raw: bytes) -> int | None:
        """Remove one and return its time-out, None if it was not there."""
        entry = self._entries.pop(raw, None)
        if entry is None:
            return None
        self._heights[entry[1]] -= 1
        return entry[0]

    def get_timeout(self, raw: bytes) -> int:
        """Return its time-out, 0 if it is not there."""
        entry = self._entries.get(raw)
        return 0 if entry is None else entry[0]

    def keep_known(self, hashes: set[bytes]) -> set[bytes]:
        """Return those of ``hashes`` that are there; the same set if that is all of them."""
        if hashes <= self._entries.keys():
            return hashes
        return {raw for raw in hashes if raw in self._entries}

    def list_due(self, time_ns: int) -> list[bytes]:
        """Return those whose time-out is strictly before ``time_ns``."""
        if self._least_timeout_ns is None or time_ns <= self._least_timeout_ns:
            return []
        # A bound from below will do. It takes in those that are due: they may stay.
        entries = self._entries.values()
        self._least_timeout_ns = min((timeout_ns for timeout_ns, _ in entries), default=None)
        return [raw for raw, (timeout_ns, _) in self._entries.items() if time_ns > timeout_ns]

    def list_hex(self) -> list[str]:
        """Return all as upper-case hex."""
        return [raw.hex().upper() for raw in self._entries]
