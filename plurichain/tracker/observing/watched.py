"""A chain as it is observed, and what was answered last to each question about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from plurichain.chain.budget import Budget
from plurichain.chain.ibc.proofs import ProvenReads
from plurichain.chain.ibc.queries import IbcQueries
from plurichain.errors import NodeTimeout, PlurichainError, StorageError
from plurichain.tracker.observations import (
    ChannelState,
    ClientObservation,
    Observations,
    Wallet,
)

if TYPE_CHECKING:
    from plurichain.chain.nodes.client import ChainClient
    from plurichain.tracker.store import PacketStore

MOST_SILENCES = 2
"""After so many questions in a row without an answer a round asks no more of its kind: a node
that hangs would be waited for once for each of hundreds of channels."""
QUESTION_S = 10.0
"""How long one question may take with all its calls, tries and nodes."""

Row = TypeVar("Row", ChannelState, ClientObservation, Wallet)


@dataclass(frozen=True, slots=True)
class WatchedWallet:
    """An account whose balance of ``denom`` is watched; ``least`` is what it should hold."""

    name: str
    address: str
    denom: str
    least: int | None = None


@dataclass(frozen=True, slots=True)
class WatchedChain:
    """A chain with connections of its own, so that no question holds up the reading of blocks.

    ``report`` is told in one line what a person should know.
    """

    client: ChainClient
    store: PacketStore
    report: Callable[[str], None]
    wallets: tuple[WatchedWallet, ...] = ()
    clock_ns: Callable[[], int] = time.time_ns
    queries: IbcQueries = field(init=False)
    proofs: ProvenReads = field(init=False)
    observations: Observations = field(init=False)

    def __post_init__(self) -> None:
        """Make the queries of the client."""
        object.__setattr__(self, "queries", IbcQueries(self.client))
        object.__setattr__(self, "proofs", ProvenReads(self.client))
        object.__setattr__(self, "observations", Observations(self.store))

    @property
    def chain_id(self) -> str:
        """The chain id."""
        return self.client.network.chain_id


class Answers(Generic[Row]):
    """The newest answer to each question of one kind about one chain.

    Where a question fails, the answer before it stays with the time that it came, beside
    the error: so what is shown grows old and never turns into nothing.
    """

    def __init__(
        self, chain: WatchedChain, known: Iterable[tuple[Hashable, Row]], *, total_s: float
    ) -> None:
        self._chain = chain
        self._known: dict[Hashable, Row] = dict(known)
        self._total_s = total_s
        self._silences = 0
        self.silence: str | None = None
        """Why nothing more is asked in this round; None: answers come."""

    def begin_round(self) -> None:
        """Ask again, whatever the round before came to."""
        self._silences, self.silence = 0, None

    def ask(self, key: Hashable, blank: Row, read: Callable[[], Row]) -> Row | None:
        """Keep and return what ``read`` finds; None where it raised a PlurichainError.

        ``blank`` is the row of a question that was never answered. Raises StorageError.
        """
        asked_ns = self._chain.clock_ns()
        if self.silence is not None:
            self._known.setdefault(key, blank)
            self._keep_failure(key, asked_ns, self.silence)
            return None
        try:
            with Budget(self._total_s).running():
                row = read()
        except StorageError:
            raise
        except PlurichainError as error:
            self._known.setdefault(key, blank)
            self._keep_failure(key, asked_ns, error.cause)
            self._silences = self._silences + 1 if isinstance(error, NodeTimeout) else 0
            if self._silences >= MOST_SILENCES:
                self.silence = error.cause
            return None
        self._silences = 0
        row = replace(row, asked_ns=asked_ns, answered_ns=self._chain.clock_ns(), error=None)
        self._known[key] = row
        self._chain.observations.save(row)
        return row

    def fail_all(self, cause: str) -> None:
        """Note that none of the questions can be asked now."""
        for key in self._known:
            self._keep_failure(key, self._chain.clock_ns(), cause)

    def _keep_failure(self, key: Hashable, asked_ns: int, cause: str) -> None:
        row = replace(self._known[key], asked_ns=asked_ns, error=cause)
        self._known[key] = row
        self._chain.observations.save(row)
