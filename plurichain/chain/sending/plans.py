"""A transaction on its way from a draft to signed bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plurichain.chain.journal.journal import JournalEntry
    from plurichain.chain.transactions.drafts import Draft
    from plurichain.chain.transactions.signers import Signer
    from plurichain.chain.types import Header
    from plurichain.identifiers import Address


@dataclass(slots=True)
class Attempts:
    """What earlier attempts of one sending came to.

    ``last`` is the transaction that the next one follows; with ``keep_nonce`` the two
    exclude each other on the chain. ``spent`` is what included ones paid, ``cap`` what
    all may pay. ``least_fee`` is what a node wanted.
    """

    last: JournalEntry | None = None
    keep_nonce: bool = False
    spent: int = 0
    cap: int | None = None
    least_fee: int = 0
    least_gas: int = 0
    sequences: dict[Address, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """A transaction before gas, fee and time-out, which are chosen last."""

    draft: Draft
    signers: list[Signer]
    sequences: dict[Address, int]
    header: Header
    latest_ns: int
