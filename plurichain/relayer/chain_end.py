"""One chain as a relayer sees it: reading, proving, signing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plurichain.chain.ibc.proofs import ProvenReads
from plurichain.chain.ibc.queries import IbcQueries
from plurichain.chain.ibc.transfer_queries import TransferQueries
from plurichain.chain.progress import TxProgress, TxStage
from plurichain.chain.reporting import Progress, Report, ignore_progress
from plurichain.chain.transactions.outcome import OutcomeStatus
from plurichain.encoding.height import Height, revision_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.sending.sender import TxSender
    from plurichain.chain.transactions.messages import Message
    from plurichain.chain.transactions.outcome import Outcome
    from plurichain.identifiers import Address

WAITS_AGAIN = 3
"""How often a transaction whose node failed is waited for again before it is left unknown."""


@dataclass(frozen=True, slots=True)
class RelayChain:
    """A chain, and the key that pays for what is relayed to it."""

    client: ChainClient
    sender: TxSender
    address: Address
    report: Report = ignore_progress
    queries: IbcQueries = field(init=False)
    proofs: ProvenReads = field(init=False)
    transfers: TransferQueries = field(init=False)

    def __post_init__(self) -> None:
        """Make the queries of the client."""
        object.__setattr__(self, "queries", IbcQueries(self.client))
        object.__setattr__(self, "proofs", ProvenReads(self.client))
        object.__setattr__(self, "transfers", TransferQueries(self.client))

    @property
    def chain_id(self) -> str:
        """The chain id."""
        return self.client.network.chain_id

    @property
    def revision(self) -> int:
        """The revision in the chain id, which all heights of it carry."""
        return revision_of(self.chain_id)

    def make_height(self, height: int) -> Height:
        """Return a block height of this chain as IBC writes it."""
        return Height(self.revision, height)

    def tell(
        self, name: str, text: str, *, is_warning: bool = False, **fields: str | int | None
    ) -> None:
        """Report one thing."""
        self.report(Progress(name, text, is_warning=is_warning, fields=fields))

    def send(self, messages: Sequence[Message], *, purpose: str) -> Outcome:
        """Send messages in one transaction and return its outcome, which is accepted.

        Raises TransactionError by outcome, and before anything is sent the mapped error of
        the simulation (whose ``refusal`` says the code), FundsShort, CostError, NodeError.
        """
        outcome = self.sender.send(messages, purpose=purpose, on_progress=self._tell_progress)
        for _ in range(WAITS_AGAIN):
            if outcome.status is not OutcomeStatus.UNKNOWN:
                break
            # Its node failed while it was asked; the transaction may have landed all the same.
            outcome = self.sender.wait(outcome.tx_hash, on_progress=self._tell_progress)
        outcome.raise_for_status()
        return outcome

    def _tell_progress(self, progress: TxProgress) -> None:
        detail = f" ({progress.detail})" if progress.detail else ""
        self.tell(
            f"tx_{progress.stage}",
            f"transaction {progress.tx_hash} on {self.chain_id}: {progress.stage}{detail}",
            is_warning=progress.stage in {TxStage.REFUSED, TxStage.UNSURE, TxStage.LATE},
            tx_hash=progress.tx_hash,
        )
