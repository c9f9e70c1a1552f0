"""What a service acts with: a node, a key, a way to send, somebody to report to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.chain.reporting import Progress, Report, describe_tx, ignore_progress
from plurichain.energy.moments import format_second
from plurichain.errors import PhaseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.chain.energy.queries import EnergyQueries
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.progress import TxProgress
    from plurichain.chain.sending.sender import TxSender
    from plurichain.chain.transactions.messages import Message
    from plurichain.chain.transactions.outcome import Outcome
    from plurichain.identifiers import Address
    from plurichain.keyring import Key

_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Observer:
    """Reads a chain; has no key."""

    client: ChainClient
    queries: EnergyQueries
    chain_id: str
    report: Report = ignore_progress

    def tell(
        self, name: str, text: str, *, is_warning: bool = False, **fields: str | int | None
    ) -> None:
        """Report one thing."""
        self.report(Progress(name, text, is_warning=is_warning, fields=fields))

    def get_now(self) -> int:
        """Return the time of the latest block in Unix seconds, rounded down."""
        return self.client.get_latest_header().time_ns // _SECOND_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Observer):
    """Reads a chain and signs for one address."""

    key: Key
    sender: TxSender

    @property
    def address(self) -> Address:
        """The account that signs."""
        return self.key.address

    def send(self, messages: Sequence[Message], *, purpose: str) -> Outcome:
        """Send messages in one transaction and return its outcome, which is accepted.

        The hash is reported before the first byte leaves. Raises TransactionError by
        outcome, NodeError before anything was sent.
        """
        outcome = self.sender.send(messages, purpose=purpose, on_progress=self._tell_progress)
        outcome.raise_for_status()
        return outcome

    def validate_right(self, holder: Address | None, *, whose: str, action: str) -> None:
        """Raise PhaseError unless this account is ``holder``, which ``whose`` names."""
        if holder is None:
            raise PhaseError(
                f"{self.chain_id} has no {whose}: only its governance can {action}",
                remedy="propose it to governance",
            )
        if holder.raw != self.address.raw:
            raise PhaseError(
                f"{self.address} cannot {action}: the {whose} is {holder}",
                remedy="choose its key with --key",
            )

    def _tell_progress(self, progress: TxProgress) -> None:
        timeout = format_second(progress.timeout_ns // _SECOND_NS)
        self.report(describe_tx(progress, timeout))
