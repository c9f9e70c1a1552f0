"""Whether a light client can be used, and who alone can revive one that cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.chain.codes.ibc_errors import GOVERNANCE
from plurichain.chain.ibc.client_lives import ClientLife, read_client_life
from plurichain.chain.ibc.queries import ClientStatus
from plurichain.errors import ClientUnusable
from plurichain.units import format_duration

if TYPE_CHECKING:
    from plurichain.relayer.chain_end import RelayChain

_SECOND_NS = 1_000_000_000


def get_client_life(host: RelayChain, client_id: str) -> ClientLife:
    """Return how long a client can still be used. Raises NotFound, NodeError."""
    return read_client_life(host.client, host.queries, client_id)


def validate_client(host: RelayChain, client_id: str) -> ClientLife:
    """Return the life of a client that can be used.

    Raises ClientUnusable that says since when it cannot, and who alone can change that.
    """
    life = get_client_life(host, client_id)
    if life.status is ClientStatus.ACTIVE:
        return life
    where = f"client {client_id} on {host.chain_id}"
    if life.status is ClientStatus.EXPIRED:
        late = format_duration(max(life.host_ns - life.expires_ns, 0) // _SECOND_NS * _SECOND_NS)
        cause = (
            f"{where} expired {late} ago: no update within its trusting period of "
            f"{format_duration(life.trusting_period_ns)}"
        )
    elif life.status is ClientStatus.FROZEN:
        cause = f"{where} is frozen: it was shown two different headers of one height"
    else:
        cause = f"{where} is {life.status.value.lower()}: the chain does not allow its use"
    raise ClientUnusable(cause, remedy=GOVERNANCE)
