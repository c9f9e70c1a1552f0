"""What there is between two chains already: connections and channels, open or begun.

Nothing is remembered from an earlier run: each end names its other end, and an end that
does not know it yet is named by it. Only connections whose two clients really follow the
two chains count (``clients.is_client_genuine``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.ibc.connection import DEFAULT_VERSION
from plurichain.ibc.handshake import EndState
from plurichain.relayer.clients import is_client_usable
from plurichain.relayer.ends import LinkSide

if TYPE_CHECKING:
    from plurichain.chain.ibc.queries import ChannelPlace
    from plurichain.ibc.connection import ConnectionEnd
    from plurichain.relayer.chain_end import RelayChain
    from plurichain.relayer.handshake import ChannelPlan

LOCALHOST = "connection-localhost"
_RANK = {EndState.OPEN: 3, EndState.TRYOPEN: 2, EndState.INIT: 1}


@dataclass(frozen=True, slots=True)
class ConnectionPair:
    """Two ends of one connection; a name is empty where that end does not exist."""

    client_a: str
    client_b: str
    connection_a: str
    connection_b: str
    progress: int


def find_connection(
    a: RelayChain, b: RelayChain, *, only: tuple[str, str] = ("", "")
) -> ConnectionPair | None:
    """Return the connection of two chains that is the furthest: open, else begun.

    ``only`` names ends that it has to have. Raises NodeError.
    """
    ends_a = dict(a.queries.list_connections())
    ends_b = dict(b.queries.list_connections())
    pairs = [
        *_match_ends(ends_a, ends_b),
        *(_mirror(pair) for pair in _match_ends(ends_b, ends_a)),
    ]
    wanted = [
        pair
        for pair in pairs
        if (not only[0] or pair.connection_a == only[0])
        and (not only[1] or pair.connection_b == only[1])
    ]
    usable: dict[tuple[str, str], bool] = {}
    for pair in sorted(wanted, key=lambda pair: pair.progress, reverse=True):
        key = (pair.client_a, pair.client_b)
        if key not in usable:
            usable[key] = is_client_usable(a, b, key[0]) and is_client_usable(b, a, key[1])
        if usable[key]:
            return pair
    return None


def _match_ends(
    ends: dict[str, ConnectionEnd], others: dict[str, ConnectionEnd]
) -> list[ConnectionPair]:
    """Return the pairs that ends of one chain make with the other chain's, or begin."""
    found = []
    for name, end in ends.items():
        if name == LOCALHOST or not _is_usual(end) or end.state not in _RANK:
            continue
        partners = [
            other_name
            for other_name, other in others.items()
            if _is_usual(other)
            and other.counterparty_connection == name
            and other.counterparty_client == end.client_id
            and other.client_id == end.counterparty_client
            and end.counterparty_connection in {"", other_name}
        ]
        progress = _RANK[end.state]
        for partner in partners:
            rank = progress + _RANK.get(others[partner].state, 0)
            found.append(
                ConnectionPair(end.client_id, end.counterparty_client, name, partner, rank)
            )
        if not partners and end.state is EndState.INIT:
            found.append(ConnectionPair(end.client_id, end.counterparty_client, name, "", progress))
    return found


def _is_usual(end: ConnectionEnd) -> bool:
    return end.delay_period_ns == 0 and DEFAULT_VERSION in end.versions


def _mirror(pair: ConnectionPair) -> ConnectionPair:
    return ConnectionPair(
        pair.client_b, pair.client_a, pair.connection_b, pair.connection_a, pair.progress
    )


def find_channel(a: LinkSide, b: LinkSide, plan: ChannelPlan) -> tuple[str, str] | None:
    """Return the names of the two ends of a channel as planned: open, else begun; else None.

    A name is empty where that end does not exist. Closed channels do not count.
    """
    places_a = _list_planned(a, plan.port_a, plan.port_b, plan)
    places_b = _list_planned(b, plan.port_b, plan.port_a, plan)
    found: list[tuple[int, str, str]] = []
    for place in places_a:
        partner = _find_partner(place, places_b)
        if partner is not None:
            rank = _RANK[place.end.state] + _RANK[partner.end.state]
            found.append((rank, place.channel, partner.channel))
        elif place.end.state is EndState.INIT:
            found.append((_RANK[place.end.state], place.channel, ""))
    found += [
        (_RANK[place.end.state], "", place.channel)
        for place in places_b
        if place.end.state is EndState.INIT and _find_partner(place, places_a) is None
    ]
    if not found:
        return None
    # Of equals the oldest one, so that two who look at once take the same.
    _, channel_a, channel_b = max(found, key=lambda each: each[0])
    return channel_a, channel_b


def _list_planned(
    side: LinkSide, port: str, counterparty_port: str, plan: ChannelPlan
) -> list[ChannelPlace]:
    if not side.connection_id:
        return []
    return [
        place
        for place in side.chain.queries.list_connection_channels(side.connection_id)
        if place.port == port
        and place.end.counterparty_port == counterparty_port
        and place.end.order is plan.order
        and place.end.version == plan.version
        and place.end.state in _RANK
    ]


def _find_partner(place: ChannelPlace, others: list[ChannelPlace]) -> ChannelPlace | None:
    for other in others:
        names_it = other.end.counterparty_channel == place.channel
        is_named = place.end.counterparty_channel == other.channel
        if (names_it and place.end.counterparty_channel == "") or (
            is_named and other.end.counterparty_channel in {"", place.channel}
        ):
            return other
    return None


def find_connection_partner(side: LinkSide, other: LinkSide) -> str:
    """Return the name of the connection end on ``other`` that belongs to ``side``'s, or "".

    It is what ``side``'s end names, or else an end there that names ``side``'s.
    """
    end = side.connection
    if end is None or end.counterparty_connection:
        return end.counterparty_connection if end is not None else ""
    for name in other.chain.queries.list_client_connections(end.counterparty_client):
        found = other.chain.queries.get_connection(name)
        if (found.counterparty_client, found.counterparty_connection) == (
            end.client_id,
            side.connection_id,
        ):
            return name
    return ""


def find_channel_partner(side: LinkSide, other: LinkSide) -> str:
    """Return the name of the channel end on ``other`` that belongs to ``side``'s, or ""."""
    end = side.channel
    if end is None or end.counterparty_channel:
        return end.counterparty_channel if end is not None else ""
    if not other.connection_id:
        return ""
    for place in other.chain.queries.list_connection_channels(other.connection_id):
        names = place.port, place.end.counterparty_port, place.end.counterparty_channel
        if names == (end.counterparty_port, side.port, side.channel_id):
            return place.channel
    return ""
