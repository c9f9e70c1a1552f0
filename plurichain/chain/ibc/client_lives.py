"""Until when a light client can be used, by the block time of the chain that hosts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.chain.ibc.queries import ClientStatus
from plurichain.ibc.client import (
    compute_client_expiry_ns,
    compute_refresh_due_ns,
    is_client_expired,
    is_refresh_due,
)

if TYPE_CHECKING:
    from plurichain.chain.ibc.queries import IbcQueries
    from plurichain.chain.nodes.client import ChainClient


@dataclass(frozen=True, slots=True)
class ClientLife:
    """Until when a client can be used, in block times of the chain that hosts it."""

    client_id: str
    status: ClientStatus
    trusting_period_ns: int
    updated_ns: int
    expires_ns: int
    host_ns: int

    @property
    def is_refresh_due(self) -> bool:
        """Whether a third of the trusting period has passed since the last update."""
        return is_refresh_due(self.updated_ns, self.trusting_period_ns, self.host_ns)

    @property
    def refresh_due_ns(self) -> int:
        """The hosting chain's block time from which an update is due."""
        return compute_refresh_due_ns(self.updated_ns, self.trusting_period_ns)


def read_client_life(client: ChainClient, queries: IbcQueries, client_id: str) -> ClientLife:
    """Return how long a client can still be used. Raises NotFound, NodeError."""
    state = queries.get_client_state(client_id)
    updated_ns = queries.get_consensus_state(client_id, state.latest_height).timestamp_ns
    host_ns = client.get_latest_header().time_ns
    status = queries.get_client_status(client_id)
    if status is ClientStatus.ACTIVE and is_client_expired(
        updated_ns, state.trusting_period_ns, host_ns
    ):
        status = ClientStatus.EXPIRED
    return ClientLife(
        client_id=client_id,
        status=status,
        trusting_period_ns=state.trusting_period_ns,
        updated_ns=updated_ns,
        expires_ns=compute_client_expiry_ns(updated_ns, state.trusting_period_ns),
        host_ns=host_ns,
    )
