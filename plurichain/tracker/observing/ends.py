"""Which channel ends of a chain are observed, and where they lead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plurichain.ibc.packet import ProtocolVersion
from plurichain.tracker.reading import End

if TYPE_CHECKING:
    from plurichain.tracker.observing.watched import WatchedChain
    from plurichain.tracker.store import PacketStore

MOST_CHANNELS: Final = 200
"""So many ends that blocks never named are observed too; a big chain has tens of thousands."""


def list_known_ends(store: PacketStore, chain_id: str) -> dict[End, str | None]:
    """Return the ends of a chain that blocks or routes named, with the chains they lead to."""
    rows = store.query(
        "SELECT e.protocol, e.port, e.channel, r.peer_chain_id FROM channel_end e"
        " LEFT JOIN route r ON r.chain_id = e.chain_id AND r.protocol = e.protocol"
        " AND r.port = e.port AND r.channel = e.channel WHERE e.chain_id = ?"
        " UNION SELECT protocol, port, channel, peer_chain_id FROM route WHERE chain_id = ?"
        " ORDER BY 1, 2, 3",
        (chain_id, chain_id),
    )
    return {End(ProtocolVersion(row[0]), row[1], row[2]): row[3] for row in rows}


def find_quiet_ends(chain: WatchedChain, tracked: frozenset[str]) -> dict[End, str]:
    """Return the classic ends to tracked chains that the chain itself lists. Raises NodeError.

    Packets may wait there since before the first block that was read.
    """
    clients = {name: state.chain_id for name, state in chain.queries.list_clients()}
    found: dict[End, str] = {}
    for connection_id, connection in chain.queries.list_connections():
        peer = clients.get(connection.client_id)
        if peer not in tracked or len(found) >= MOST_CHANNELS:
            continue
        for place in chain.queries.list_connection_channels(connection_id):
            end = End(ProtocolVersion.CLASSIC, place.port, place.channel)
            if end.is_clean and len(found) < MOST_CHANNELS:
                found[end] = peer
    return found
