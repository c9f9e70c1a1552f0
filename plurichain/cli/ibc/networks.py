"""Which configured network is at the other end of a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.cli.ibc.session import open_client
from plurichain.errors import ConfigError, HandshakeError

if TYPE_CHECKING:
    from plurichain.config import Network
    from plurichain.relayer.work import EndName


def find_counterparty(network: Network, end: EndName, *, timeout_s: float) -> Network:
    """Return the configured network that a channel of ``network`` leads to, by its chain id.

    Raises ConfigError if none, or more than one, is configured; NotFound, NodeError.
    """
    from plurichain.chain.ibc.queries import IbcQueries
    from plurichain.config import load_config

    with open_client(network.name, timeout_s) as client:
        queries = IbcQueries(client)
        channel = queries.get_channel(end.port, end.channel)
        if len(channel.connection_hops) != 1:
            raise HandshakeError(f"channel {end} does not lie on one connection")
        connection = queries.get_connection(channel.connection_hops[0])
        chain_id = queries.get_client_state(connection.client_id).chain_id
    found = [each for each in load_config().networks.values() if each.chain_id == chain_id]
    if len(found) == 1:
        return found[0]
    which = ", ".join(each.name for each in found) or "none"
    raise ConfigError(
        f"channel {end} leads to {chain_id}; networks of that chain: {which}",
        remedy="name the network with --counterparty"
        if found
        else "add it with `plurichain network add`",
    )
