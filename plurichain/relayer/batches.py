"""How works are put into transactions: by number, gas and bytes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.relayer.work import compute_size

if TYPE_CHECKING:
    from plurichain.relayer.gas_book import GasBook
    from plurichain.relayer.work import Work

UPDATE_BYTES = 2_500


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """The most that one transaction may hold.

    ``gas`` is what a block may use, None without a limit; ``size`` in bytes is below what
    nodes take (CometBFT's mempool: 1 MiB, and its RPC 1 MB after base64 and JSON).
    """

    messages: int = 100
    size: int = 400_000
    gas: int | None = None


def split_batches(works: Iterable[Work], limits: BatchLimits, gas: GasBook) -> list[list[Work]]:
    """Return ``works`` in their order, cut where a limit is reached or a group ends.

    One that alone exceeds a limit is in a batch of its own: the host decides.
    """
    batches: list[list[Work]] = []
    batch: list[Work] = []
    used_size = used_gas = 0
    base = gas.estimate([])
    update = gas.estimate([], headers=(b"",)) - base
    for work in works:
        size = compute_size(work)
        needed = gas.estimate([work]) - base
        is_full = bool(batch) and (
            len(batch) >= limits.messages
            or used_size + size > limits.size - UPDATE_BYTES
            or (limits.gas is not None and update + base + used_gas + needed > limits.gas)
        )
        if is_full or (batch and work.group != batch[-1].group):
            batches.append(batch)
            batch, used_size, used_gas = [], 0, 0
        batch.append(work)
        used_size += size
        used_gas += needed
    if batch:
        batches.append(batch)
    return batches


def halve(works: Sequence[Work]) -> tuple[Sequence[Work], Sequence[Work]]:
    """Return both halves of a batch that failed as a whole, the first not shorter."""
    middle = (len(works) + 1) // 2
    return works[:middle], works[middle:]
