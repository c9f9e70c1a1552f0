"""One row of the table of chain errors."""

from __future__ import annotations

from dataclasses import dataclass

from plurichain.errors import (
    InputError,
    PlurichainError,
    TransactionFailed,
    TransactionRejected,
)


@dataclass(frozen=True, slots=True)
class ChainError:
    """One error of the chain.

    ``local_class`` is raised when it is seen before sending (by simulation),
    ``outcome_class`` when a transaction was included with it, ``rejected_class`` when a
    node refused to take it.
    """

    meaning: str
    remedy: str = ""
    local_class: type[PlurichainError] = InputError
    outcome_class: type[TransactionFailed] = TransactionFailed
    rejected_class: type[TransactionRejected] = TransactionRejected
