"""What a sender reports while a transaction is on its way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class TxStage(StrEnum):
    """The steps of a transaction, in order."""

    SIGNED = "signed"
    """Journalled, not one byte sent: from here on the hash is worth showing."""
    BROADCAST = "broadcast"
    """A node took it into its mempool."""
    REFUSED = "refused"
    """A node refused it; the signed bytes stay valid until the time-out."""
    UNSURE = "unsure"
    """No answer, or one that does not tell."""
    LATE = "late"
    """Some blocks were made without it (``lateness``); it can still be in one."""
    SETTLED = "settled"
    """The outcome is known."""


@dataclass(frozen=True, slots=True)
class TxProgress:
    """One step; ``detail`` is a node's or the chain's own text, may be empty."""

    stage: TxStage
    tx_hash: str
    timeout_ns: int
    detail: str = ""


OnProgress = Callable[[TxProgress], None]
