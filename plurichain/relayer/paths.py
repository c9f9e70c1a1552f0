"""Which channels lead from one chain to another, and over which clients: read from the chains.

A client that follows another chain of the same name is no way to this one (as in
``clients``), and an end that its other end does not name back is none either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.errors import HandshakeError, NotFound
from plurichain.ibc.handshake import EndState
from plurichain.relayer.clients import is_client_genuine
from plurichain.relayer.work import EndName, Route

if TYPE_CHECKING:
    from plurichain.chain.ibc.queries import ChannelPlace
    from plurichain.relayer.chain_end import RelayChain

_USED = frozenset({EndState.OPEN, EndState.CLOSED})


@dataclass(frozen=True, slots=True)
class ChannelPath:
    """One channel between chains A and B, with the client on each that it lies on.

    ``route`` is that of packets from A to B: its source is the end on A.
    """

    client_a: str
    client_b: str
    route: Route
    is_closed_a: bool
    is_closed_b: bool

    @property
    def back(self) -> Route:
        """The same channel for packets from B to A."""
        return Route(self.route.host, self.route.source, self.route.order)


def find_paths(a: RelayChain, b: RelayChain) -> list[ChannelPath]:
    """Return all channels between two chains that are open, or closed at an end at least.

    Raises NodeError.
    """
    found: list[ChannelPath] = []
    genuine: dict[tuple[str, str], bool] = {}
    clients: dict[str, tuple[str, str] | None] = {}
    for place in a.queries.list_channels():
        if place.end.state not in _USED or len(place.end.connection_hops) != 1:
            continue
        hop = place.end.connection_hops[0]
        if hop not in clients:
            clients[hop] = _find_clients(a, b, hop)
        pair = clients[hop]
        if pair is None:
            continue
        if pair not in genuine:
            genuine[pair] = _is_genuine(a, b, pair[0]) and _is_genuine(b, a, pair[1])
        if genuine[pair]:
            found += _match(b, place, pair)
    return found


def find_path(a: RelayChain, b: RelayChain, end: EndName) -> ChannelPath:
    """Return the path of one channel end of A. Raises HandshakeError, NotFound, NodeError."""
    a.queries.get_channel(end.port, end.channel)
    for path in find_paths(a, b):
        if path.route.source == end:
            return path
    raise HandshakeError(
        f"{end} on {a.chain_id} does not lead to {b.chain_id}",
        remedy="`plurichain ibc channels` shows where channels lead",
    )


def _find_clients(a: RelayChain, b: RelayChain, connection_id: str) -> tuple[str, str] | None:
    try:
        connection = a.queries.get_connection(connection_id)
        state = a.queries.get_client_state(connection.client_id)
    except NotFound:
        return None
    if state.chain_id != b.chain_id:
        return None
    return connection.client_id, connection.counterparty_client


def _is_genuine(host: RelayChain, source: RelayChain, client_id: str) -> bool:
    try:
        state = host.queries.get_client_state(client_id)
    except NotFound:
        return False
    return is_client_genuine(host, source, client_id, state)


def _match(b: RelayChain, place: ChannelPlace, pair: tuple[str, str]) -> list[ChannelPath]:
    end = place.end
    try:
        other = b.queries.get_channel(end.counterparty_port, end.counterparty_channel)
    except NotFound:
        return []
    if (other.counterparty_port, other.counterparty_channel) != (place.port, place.channel):
        return []
    if other.state not in _USED:
        return []
    route = Route(
        EndName(place.port, place.channel),
        EndName(end.counterparty_port, end.counterparty_channel),
        end.order,
    )
    return [ChannelPath(*pair, route, end.state is EndState.CLOSED, other.state is EndState.CLOSED)]
