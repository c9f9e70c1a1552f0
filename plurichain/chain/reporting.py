"""What a service says while it works; the face decides how it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from plurichain.chain.progress import TxProgress, TxStage


@dataclass(frozen=True, slots=True)
class Progress:
    """One thing that happened.

    ``name`` is a stable word for programs, ``text`` one line for people. ``is_warning``:
    something is going wrong while there may still be time. ``fields`` holds public values
    only: progress goes to screens and logs before the reveal.
    """

    name: str
    text: str
    is_warning: bool = False
    fields: Mapping[str, str | int | None] = field(default_factory=dict)


Report = Callable[[Progress], None]


def ignore_progress(_progress: Progress) -> None:
    """Report to nobody."""


_TX_TEXTS: Final = {
    TxStage.SIGNED: "transaction {tx_hash} is signed; it can be included until {timeout}",
    TxStage.BROADCAST: "transaction {tx_hash} is on its way",
    TxStage.REFUSED: "the node refused transaction {tx_hash}; its bytes stay valid until {timeout}",
    TxStage.UNSURE: "it is not known whether the node took transaction {tx_hash}",
    TxStage.LATE: "transaction {tx_hash} is in no block yet; it can be until {timeout}",
    TxStage.SETTLED: "transaction {tx_hash} is settled",
}
_TX_WARNINGS: Final = frozenset({TxStage.REFUSED, TxStage.UNSURE, TxStage.LATE})


def describe_tx(progress: TxProgress, timeout: str) -> Progress:
    """Return a step of a transaction for people; ``timeout`` is its time-out as they read it."""
    text = _TX_TEXTS[progress.stage].format(tx_hash=progress.tx_hash, timeout=timeout)
    return Progress(
        f"tx_{progress.stage}",
        text + (f" ({progress.detail})" if progress.detail else ""),
        is_warning=progress.stage in _TX_WARNINGS,
        fields={"tx_hash": progress.tx_hash},
    )
