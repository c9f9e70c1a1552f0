"""How much gas a relayed message needs, known by its kind instead of simulated each time.

A simulation would cost as much time as the transaction itself. Every transaction that
was included tells more: the estimate follows the dearest of the last ones.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from fractions import Fraction

from plurichain.relayer.work import Work, WorkKind

TRANSACTION_GAS = 80_000
"""Signature, fee, nonce."""
UPDATE_GAS = 150_000
"""A header of a few validators; further signatures are added by its bytes."""
GAS_A_BYTE = 12
"""The SDK charges 10 for each byte of a transaction, and stores some of them."""
FIRST_GAS = {
    WorkKind.RECEIVE: 260_000,
    WorkKind.ACKNOWLEDGE: 160_000,
    WorkKind.TIMEOUT: 180_000,
    WorkKind.TIMEOUT_ON_CLOSE: 220_000,
    WorkKind.CLOSE: 150_000,
}
"""Before anything was learnt; ibc-go 10 with ICS-20 stays below."""
MARGIN = Fraction(13, 10)
GREATEST_FACTOR = Fraction(8)
REMEMBERED = 8


class GasBook:
    """Estimates for one host chain; usable from several threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._seen: dict[WorkKind, deque[int]] = {
            kind: deque(maxlen=REMEMBERED) for kind in WorkKind
        }
        self._factor = Fraction(1)

    def estimate(self, works: Iterable[Work], *, updates: int, size: int) -> int:
        """Return the gas for a transaction of ``works`` and ``updates`` headers.

        ``size`` is that of all its messages, in bytes.
        """
        with self._guard:
            total = TRANSACTION_GAS + updates * UPDATE_GAS + size * GAS_A_BYTE
            total += sum(self._estimate_one(work.kind) for work in works)
            return int(total * self._factor)

    def estimate_one(self, kind: WorkKind) -> int:
        """Return the gas of one message, without what its bytes cost."""
        with self._guard:
            return int(self._estimate_one(kind) * self._factor)

    def learn(self, works: Iterable[Work], *, updates: int, size: int, used: int) -> None:
        """Take in what a transaction of one kind of work has used."""
        kinds = [work.kind for work in works]
        if not kinds or len(set(kinds)) != 1:
            return
        rest = used - TRANSACTION_GAS - updates * UPDATE_GAS - size * GAS_A_BYTE
        with self._guard:
            self._seen[kinds[0]].append(max(rest // len(kinds), 1))

    def note_enough(self) -> None:
        """A transaction had gas enough: what was added after running out fades again."""
        with self._guard:
            self._factor = max(Fraction(1), self._factor * Fraction(15, 16))

    def note_shortage(self) -> None:
        """A transaction ran out: ask for half as much again from now on."""
        with self._guard:
            self._factor = min(self._factor * Fraction(3, 2), GREATEST_FACTOR)

    def _estimate_one(self, kind: WorkKind) -> int:
        seen = self._seen[kind]
        return int(max(seen) * MARGIN) if seen else FIRST_GAS[kind]
