"""Single channels: finishing a handshake that somebody began, in either direction.

So are channels of interchain accounts opened: their owner begins them with a message of
the controller, and the handshake is finished here like any other. A channel of which one
end was closed is closed at the other end by the same table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.errors import HandshakeError
from plurichain.ibc.handshake import EndState
from plurichain.relayer.ends import LinkSide
from plurichain.relayer.link import drive, make_link

if TYPE_CHECKING:
    from plurichain.relayer.chain_end import RelayChain
    from plurichain.relayer.link import Link


def finish_channel(a: RelayChain, b: RelayChain, port: str, channel: str) -> Link:
    """Move a channel of A to the end of its handshake, opening or closing; return its sides.

    Raises NotFound for a channel that A does not have, HandshakeError for one that does not
    lead to B, and as ``link_chains``.
    """
    sides = make_sides(a, b, port, channel)
    count = drive(*sides, None)
    return make_link(*sides, transactions=count)


def make_sides(a: RelayChain, b: RelayChain, port: str, channel: str) -> tuple[LinkSide, LinkSide]:
    """Return the two sides of a channel that A has; the one on B may not exist yet."""
    end = a.queries.get_channel(port, channel)
    if len(end.connection_hops) != 1:
        raise HandshakeError(f"{port}/{channel} on {a.chain_id} does not lie on one connection")
    connection_id = end.connection_hops[0]
    connection = a.queries.get_connection(connection_id)
    state = a.queries.get_client_state(connection.client_id)
    if state.chain_id != b.chain_id:
        raise HandshakeError(
            f"{port}/{channel} on {a.chain_id} leads to {state.chain_id}, not to {b.chain_id}"
        )
    if connection.state is not EndState.OPEN:
        raise HandshakeError(
            f"{port}/{channel} on {a.chain_id} lies on {connection_id}, which is "
            f"{connection.state.name}",
            remedy="open the connection first: `plurichain ibc link`",
        )
    here = LinkSide(a, connection.client_id, connection_id, port, channel)
    there = LinkSide(
        b,
        connection.counterparty_client,
        connection.counterparty_connection,
        end.counterparty_port,
        end.counterparty_channel,
    )
    return here, there
