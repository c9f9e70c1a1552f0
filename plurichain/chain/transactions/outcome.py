"""What a transaction has ended as (design 3.5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from plurichain.chain.codes.errors_map import format_log, get_chain_error
from plurichain.chain.types import Event
from plurichain.errors import TransactionError, TransactionExpired, TransactionUnknown

_OUT_OF_GAS = ("sdk", 11)


class OutcomeStatus(StrEnum):
    """How a transaction ended, or that it is not known."""

    ACCEPTED = "accepted"
    """Included, code 0."""
    FAILED = "failed"
    """Included, code not 0: the fee is spent. While it is not final the chain has failed it
    before the fee and the nonce, so that its bytes may be in a later block once more."""
    REJECTED = "rejected"
    """Refused by CheckTx and not seen in a block."""
    EXPIRED = "expired"
    """A header is past its time-out, and every block up to that header was read."""
    UNKNOWN = "unknown"
    """Not known yet; never to be taken for failed, never to be built again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one transaction.

    ``height`` is 0 and gas and events are empty if it is in no block. ``code``,
    ``codespace`` and ``log`` are the chain's, of CheckTx if it was rejected.
    ``timeout_ns`` is the block time from which on it can no longer be included.
    ``is_final`` is False for one that may still be included, whatever its status.
    """

    tx_hash: str
    status: OutcomeStatus
    height: int = 0
    code: int = 0
    codespace: str = ""
    log: str = ""
    events: tuple[Event, ...] = ()
    gas_used: int = 0
    gas_wanted: int = 0
    timeout_ns: int = 0
    is_final: bool = True

    def raise_for_status(self) -> None:
        """Raise the TransactionError of this outcome unless it is accepted."""
        if self.status is OutcomeStatus.ACCEPTED:
            return
        chain_error = get_chain_error(self.codespace, self.code)
        said = format_log(self.log)
        if self.status is OutcomeStatus.FAILED and self.is_final:
            raise chain_error.outcome_class(
                f"{chain_error.meaning}{said}",
                remedy=chain_error.remedy,
                tx_hash=self.tx_hash,
                codespace=self.codespace,
                code=self.code,
            )
        table: dict[OutcomeStatus, tuple[type[TransactionError], str, str]] = {
            OutcomeStatus.REJECTED: (
                chain_error.rejected_class,
                f"the node refused the transaction ({chain_error.meaning}{said})",
                chain_error.remedy,
            ),
            OutcomeStatus.EXPIRED: (
                TransactionExpired,
                f"the transaction {self.tx_hash} was not included before its time-out{said}",
                "nothing of it was done and nothing will be; send it again",
            ),
            OutcomeStatus.UNKNOWN: (
                TransactionUnknown,
                f"the outcome of the transaction {self.tx_hash} is not known yet{said}",
                f"plurichain tx wait {self.tx_hash} goes on waiting; do not send it again",
            ),
            OutcomeStatus.FAILED: (
                TransactionUnknown,
                (
                    f"{self.tx_hash} failed at height {self.height} before its fee was taken, "
                    f"and may be included once more ({chain_error.meaning}{said})"
                ),
                f"plurichain tx wait {self.tx_hash} goes on waiting; do not send it again",
            ),
        }
        kind, cause, remedy = table[self.status]
        raise kind(
            cause,
            remedy=remedy,
            tx_hash=self.tx_hash,
            codespace=self.codespace,
            code=self.code,
        )


def is_out_of_gas(outcome: Outcome) -> bool:
    """Whether it ran out of gas in its messages, so that its nonce is used up.

    Events tell: before the messages run there are none, and then the very bytes could
    be in a later block once more.
    """
    code = (outcome.codespace, outcome.code)
    has_run = bool(outcome.events)
    return outcome.status is OutcomeStatus.FAILED and code == _OUT_OF_GAS and has_run
