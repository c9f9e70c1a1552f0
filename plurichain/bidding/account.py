"""What a service acts with: a node, a key, a way to send, a vault, somebody to report to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.bidding.moments import format_time
from plurichain.bidding.progress import Progress, Report, ignore_progress
from plurichain.chain.reporting import describe_tx

if TYPE_CHECKING:
    from plurichain.chain.auctions.queries import AuctionQueries
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.progress import TxProgress
    from plurichain.chain.sending.sender import TxSender
    from plurichain.chain.transactions.messages import Message
    from plurichain.chain.transactions.outcome import Outcome
    from plurichain.keyring import Key
    from plurichain.vault import Vault


@dataclass(frozen=True, slots=True)
class Observer:
    """Reads a chain; has no key."""

    client: ChainClient
    queries: AuctionQueries
    chain_id: str
    report: Report = ignore_progress

    def tell(
        self, name: str, text: str, *, is_warning: bool = False, **fields: str | int | None
    ) -> None:
        """Report one thing."""
        self.report(Progress(name, text, is_warning=is_warning, fields=fields))

    def get_block_time_ns(self) -> int:
        """Return the time of the latest block, the only clock that an auction knows."""
        return self.client.get_latest_header().time_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Observer):
    """Reads a chain and signs for one address."""

    key: Key
    sender: TxSender

    def send(
        self,
        message: Message,
        *,
        purpose: str,
        auction_id: int | None = None,
        not_after_ns: int | None = None,
        least_gas: int = 0,
    ) -> Outcome:
        """Send one message and return its outcome, which is accepted.

        The hash is reported before the first byte leaves. Raises TransactionError by
        outcome, NodeError before anything was sent.
        """
        outcome = self.sender.send(
            [message],
            purpose=purpose,
            auction_id=auction_id,
            not_after_ns=not_after_ns,
            least_gas=least_gas,
            on_progress=self._tell_progress,
        )
        outcome.raise_for_status()
        return outcome

    def resume(self, *, auction_id: int | None = None) -> None:
        """Settle what an earlier run left pending, of all auctions or of one.

        What may never have left is handed in again.
        """
        self.sender.resume(auction_id=auction_id, on_progress=self._tell_progress)

    def _tell_progress(self, progress: TxProgress) -> None:
        self.report(describe_tx(progress, format_time(progress.timeout_ns)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bidder(Account):
    """An account with a vault for its openings."""

    vault: Vault
