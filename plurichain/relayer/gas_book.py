"""How much gas a relayed message needs, known by its kind instead of simulated each time.

A simulation would cost as much time as the transaction itself. Every transaction that
was included tells more: the estimate follows the dearest of the last ones.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from plurichain.relayer.work import Work, WorkKind, compute_size

TRANSACTION_GAS = 80_000
"""Signature, fee, nonce."""
UPDATE_GAS = 180_000
"""A header of a few validators; of a hundred, its bytes are counted as well."""
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
_USUAL_UPDATE_BYTES = 2_000


@dataclass(frozen=True, slots=True)
class _Sample:
    """What one message of a transaction used on average, and its bytes."""

    gas: int
    size: int


class GasBook:
    """Estimates for one host chain; usable from several threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._seen: dict[WorkKind, deque[_Sample]] = {
            kind: deque(maxlen=REMEMBERED) for kind in WorkKind
        }
        self._factor = Fraction(1)

    def estimate(self, works: Iterable[Work], *, headers: Sequence[bytes] = ()) -> int:
        """Return the gas for a transaction of ``works`` after ``headers`` for the client."""
        with self._guard:
            total = TRANSACTION_GAS + sum(map(_estimate_update, headers))
            total += sum(self._estimate_work(work) for work in works)
            return int(total * MARGIN * self._factor)

    def learn(self, works: Sequence[Work], *, headers: Sequence[bytes], used: int) -> None:
        """Take in what a transaction of one kind of work has used."""
        if not works or len({work.kind for work in works}) != 1:
            return
        rest = used - TRANSACTION_GAS // 2 - len(headers) * UPDATE_GAS // 3
        sample = _Sample(max(rest // len(works), 1), sum(map(compute_size, works)) // len(works))
        with self._guard:
            self._seen[works[0].kind].append(sample)

    def note_enough(self) -> None:
        """A transaction had gas enough: what was added after running out fades again."""
        with self._guard:
            self._factor = max(Fraction(1), self._factor * Fraction(15, 16))

    def note_shortage(self) -> None:
        """A transaction ran out: ask for half as much again from now on."""
        with self._guard:
            self._factor = min(self._factor * Fraction(3, 2), GREATEST_FACTOR)

    def _estimate_work(self, work: Work) -> int:
        size = compute_size(work)
        seen = self._seen[work.kind]
        if not seen:
            return FIRST_GAS[work.kind] + work.data_bytes * GAS_A_BYTE
        return max(each.gas + max(size - each.size, 0) * GAS_A_BYTE for each in seen)


def _estimate_update(header: bytes) -> int:
    return UPDATE_GAS + max(len(header) - _USUAL_UPDATE_BYTES, 0) * GAS_A_BYTE
