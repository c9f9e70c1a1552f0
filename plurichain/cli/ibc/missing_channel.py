"""What to say of a channel that a network does not have: which ones it has."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from plurichain.cli.ibc.session import open_client
from plurichain.errors import NodeError, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plurichain.config import Network
    from plurichain.ibc.channel import ChannelEnd
    from plurichain.relayer.work import EndName

MOST_NAMED: Final = 12


@contextlib.contextmanager
def naming_channels(network: Network, end: EndName, timeout_s: float) -> Iterator[None]:
    """Have the error of a channel that is not there name those that are.

    Whatever else was not found is raised as it is, and so it is where the node does not
    say which channels there are.
    """
    try:
        yield
    except NotFound as error:
        channels = None
        with contextlib.suppress(NodeError):
            channels = _list_channels(network, timeout_s)
        if channels is None or end in channels:
            raise
        raise NotFound(
            f"{network.name} ({network.chain_id}) has no channel {end}; it has "
            f"{_name_channels(channels)}",
            remedy=f"`plurichain ibc channels --network {network.name}` shows where each leads, "
            f"`plurichain ibc link {network.name} NETWORK` opens one",
        ) from error


def _list_channels(network: Network, timeout_s: float) -> dict[EndName, ChannelEnd]:
    from plurichain.chain.ibc.queries import IbcQueries
    from plurichain.relayer.work import EndName

    with open_client(network.name, timeout_s) as client:
        places = IbcQueries(client).list_channels()
    return {EndName(each.port, each.channel): each.end for each in places}


def _name_channels(channels: dict[EndName, ChannelEnd]) -> str:
    named = [f"{end} ({each.state.name.lower()})" for end, each in channels.items()]
    rest = len(named) - MOST_NAMED
    more = f" and {rest} more" if rest > 0 else ""
    return ", ".join(named[:MOST_NAMED]) + more if named else "none"
