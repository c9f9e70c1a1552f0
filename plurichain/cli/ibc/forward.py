"""The way of a forwarded transfer, looked at before it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.cli.ibc.networks import find_counterparty
from plurichain.cli.ibc.session import open_client
from plurichain.cli.output import show_note
from plurichain.errors import ConfigError, NotFound, PhaseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.config import Network
    from plurichain.ibc.forwarding import Forward


def check_forwards(network: Network, forwards: Sequence[Forward], *, timeout_s: float) -> None:
    """Refuse a way that would end before its receiver; ``network`` is the first chain between.

    Each channel has to be open, each receiver an address of the chain it leads to. Where the
    next chain is no network that is configured here, the rest is not looked at, and that is
    said. Raises NotFound, PhaseError, InputError (a receiver), NodeError.
    """
    from plurichain.ibc.forwarding import NO_RECEIVER
    from plurichain.identifiers import Address
    from plurichain.relayer.work import EndName

    here = network
    for forward in forwards:
        _validate_channel(here, forward, timeout_s)
        end = EndName(forward.port, forward.channel)
        try:
            here = find_counterparty(here, end, timeout_s=timeout_s)
        except ConfigError as error:
            show_note(f"the way is not checked beyond {here.chain_id}: {error.cause}")
            return
        if forward.receiver != NO_RECEIVER:
            Address.parse(forward.receiver, prefix=here.prefix, field=f"receiver over {forward}")


def _validate_channel(network: Network, forward: Forward, timeout_s: float) -> None:
    from plurichain.chain.ibc.queries import IbcQueries
    from plurichain.ibc.handshake import EndState

    remedy = f"`plurichain ibc channels --network {network.name}` shows the open ones"
    with open_client(network.name, timeout_s) as client:
        try:
            end = IbcQueries(client).get_channel(forward.port, forward.channel)
        except NotFound as error:
            raise NotFound(f"{network.chain_id} has no channel {forward}", remedy=remedy) from error
    if end.state is not EndState.OPEN:
        state = end.state.name.lower()
        raise PhaseError(f"channel {forward} on {network.chain_id} is {state}", remedy=remedy)
