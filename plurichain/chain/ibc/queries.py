"""What a chain knows of IBC: clients, connections and channels.

Every reading that takes a ``pin`` is of the state at its height; an empty pin (height 0)
is read at the latest and told the height, so that a second reading can be of the same
state. Names that do not exist raise NotFound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from plurichain.chain.ibc import protos
from plurichain.chain.ibc.packet_queries import PacketQueries
from plurichain.chain.nodes.grpc_channel import HeightPin
from plurichain.chain.nodes.paging import read_pages
from plurichain.encoding.height import Height
from plurichain.errors import BadReply, EncodingError, NotFound
from plurichain.ibc.channel import ChannelEnd
from plurichain.ibc.client import CLIENT_STATE_TYPE, ClientState, ConsensusState
from plurichain.ibc.connection import ConnectionEnd

if TYPE_CHECKING:
    from plurichain.chain.nodes.client import ChainClient

T = TypeVar("T")


class ClientStatus(StrEnum):
    """What the hosting chain says of a client, by its own block time."""

    ACTIVE = "Active"
    EXPIRED = "Expired"
    FROZEN = "Frozen"
    UNAUTHORIZED = "Unauthorized"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class ChannelPlace:
    """A channel end with its name on its chain."""

    port: str
    channel: str
    end: ChannelEnd


class IbcQueries(PacketQueries):
    """The core of IBC on one chain, its packets among it."""

    def __init__(self, client: ChainClient) -> None:
        super().__init__(client)
        self._client = client
        raw = client.grpc.raw
        self._clients = protos.client_query_grpc.QueryStub(raw)
        self._clients_v2 = protos.client_v2_query_grpc.QueryStub(raw)
        self._connections = protos.connection_query_grpc.QueryStub(raw)

    # --- clients ---------------------------------------------------------------------------------

    def get_client_state(self, client_id: str, *, pin: HeightPin | None = None) -> ClientState:
        """Return the state of a Tendermint client. Raises BadReply for one of another type."""
        what = f"client {client_id}"
        request = protos.client_query.QueryClientStateRequest(client_id=client_id)
        reply = self._grpc.call(self._clients.ClientState, request, what=what, pin=pin)
        if reply.client_state.type_url != CLIENT_STATE_TYPE:
            raise BadReply(f"{what} is a {reply.client_state.type_url}, not of a CometBFT chain")
        return _decode(ClientState.decode, reply.client_state.value, what)

    def get_client_status(self, client_id: str) -> ClientStatus:
        """Return whether a client can be used, by the block time of the chain it is on."""
        request = protos.client_query.QueryClientStatusRequest(client_id=client_id)
        reply = self._grpc.call(
            self._clients.ClientStatus, request, what=f"status of client {client_id}"
        )
        try:
            return ClientStatus(reply.status)
        except ValueError:
            return ClientStatus.UNKNOWN

    def get_client_counterparty(self, client_id: str) -> str:
        """Return the client on the other chain that packets of IBC v2 come from and go to.

        Raises NotFound where none was registered.
        """
        request = protos.client_v2_query.QueryCounterpartyInfoRequest(client_id=client_id)
        what = f"counterparty of client {client_id}"
        reply = self._grpc.call(self._clients_v2.CounterpartyInfo, request, what=what)
        if not reply.counterparty_info.client_id:
            raise NotFound(f"{what}: none is registered")
        return str(reply.counterparty_info.client_id)

    def list_clients(self) -> list[tuple[str, ClientState]]:
        """Return all Tendermint clients by their names; those of other types are left out."""

        def read(page: Any, pin: HeightPin) -> Any:
            request = protos.client_query.QueryClientStatesRequest(pagination=page)
            return self._grpc.call(self._clients.ClientStates, request, what="clients", pin=pin)

        return [
            (item.client_id, _decode(ClientState.decode, item.client_state.value, item.client_id))
            for item in read_pages(read, lambda reply: reply.client_states)
            if item.client_state.type_url == CLIENT_STATE_TYPE
        ]

    def get_consensus_state(self, client_id: str, height: Height) -> ConsensusState:
        """Return what a client knows of one height of the other chain. Raises NotFound."""
        what = f"consensus state {height} of {client_id}"
        request = protos.client_query.QueryConsensusStateRequest(
            client_id=client_id, revision_number=height.revision, revision_height=height.height
        )
        reply = self._grpc.call(self._clients.ConsensusState, request, what=what)
        return _decode(ConsensusState.decode, reply.consensus_state.value, what)

    def has_consensus_state(self, client_id: str, height: Height) -> bool:
        """Tell whether a client has a consensus state of exactly this height."""
        try:
            self.get_consensus_state(client_id, height)
        except NotFound:
            return False
        return True

    def list_consensus_heights(self, client_id: str) -> list[Height]:
        """Return the heights that a client knows, in ascending order."""

        def read(page: Any, pin: HeightPin) -> Any:
            request = protos.client_query.QueryConsensusStateHeightsRequest(
                client_id=client_id, pagination=page
            )
            return self._grpc.call(
                self._clients.ConsensusStateHeights,
                request,
                what=f"heights of {client_id}",
                pin=pin,
            )

        found = read_pages(read, lambda reply: reply.consensus_state_heights)
        return sorted(Height(item.revision_number, item.revision_height) for item in found)

    # --- connections -----------------------------------------------------------------------------

    def get_connection(self, connection_id: str, *, pin: HeightPin | None = None) -> ConnectionEnd:
        """Return a connection end."""
        what = f"connection {connection_id}"
        request = protos.connection_query.QueryConnectionRequest(connection_id=connection_id)
        reply = self._grpc.call(self._connections.Connection, request, what=what, pin=pin)
        return _decode(ConnectionEnd.decode, reply.connection.SerializeToString(), what)

    def list_connections(self) -> list[tuple[str, ConnectionEnd]]:
        """Return all connection ends by their names."""

        def read(page: Any, pin: HeightPin) -> Any:
            request = protos.connection_query.QueryConnectionsRequest(pagination=page)
            return self._grpc.call(
                self._connections.Connections, request, what="connections", pin=pin
            )

        return [
            (item.id, _decode(ConnectionEnd.decode, _cut_connection(item), item.id))
            for item in read_pages(read, lambda reply: reply.connections)
        ]

    def list_client_connections(self, client_id: str) -> list[str]:
        """Return the names of the connections on a client; a client without any has none."""
        request = protos.connection_query.QueryClientConnectionsRequest(client_id=client_id)
        try:
            reply = self._grpc.call(
                self._connections.ClientConnections, request, what=f"connections of {client_id}"
            )
        except NotFound:
            return []
        return list(reply.connection_paths)

    # --- channels --------------------------------------------------------------------------------

    def get_channel(self, port: str, channel: str, *, pin: HeightPin | None = None) -> ChannelEnd:
        """Return a channel end. Raises NotFound."""
        what = f"channel {channel} of port {port}"
        request = protos.channel_query.QueryChannelRequest(port_id=port, channel_id=channel)
        try:
            reply = self._grpc.call(self._channels.Channel, request, what=what, pin=pin)
        except NotFound as error:
            raise NotFound(
                f"{self._client.network.chain_id} has no channel {port}/{channel}",
                remedy="`plurichain ibc channels` shows open ones, `plurichain ibc link` opens one",
            ) from error
        return _decode(ChannelEnd.decode, reply.channel.SerializeToString(), what)

    def list_channels(self) -> list[ChannelPlace]:
        """Return all channel ends."""

        def read(page: Any, pin: HeightPin) -> Any:
            request = protos.channel_query.QueryChannelsRequest(pagination=page)
            return self._grpc.call(self._channels.Channels, request, what="channels", pin=pin)

        return [_read_place(item) for item in read_pages(read, lambda reply: reply.channels)]

    def list_connection_channels(self, connection_id: str) -> list[ChannelPlace]:
        """Return the channel ends on a connection."""

        def read(page: Any, pin: HeightPin) -> Any:
            request = protos.channel_query.QueryConnectionChannelsRequest(
                connection=connection_id, pagination=page
            )
            what = f"channels of {connection_id}"
            return self._grpc.call(self._channels.ConnectionChannels, request, what=what, pin=pin)

        return [_read_place(item) for item in read_pages(read, lambda reply: reply.channels)]


def _decode(decode: Callable[[bytes], T], data: bytes, what: str) -> T:
    try:
        return decode(data)
    except EncodingError as error:
        raise BadReply(f"{what}: {error.cause}") from error


def _cut_connection(item: Any) -> bytes:
    end = protos.connection.ConnectionEnd(
        client_id=item.client_id,
        versions=item.versions,
        state=item.state,
        counterparty=item.counterparty,
        delay_period=item.delay_period,
    )
    return bytes(end.SerializeToString())


def _read_place(item: Any) -> ChannelPlace:
    channel = protos.channel.Channel(
        state=item.state,
        ordering=item.ordering,
        counterparty=item.counterparty,
        connection_hops=item.connection_hops,
        version=item.version,
    )
    end = _decode(ChannelEnd.decode, channel.SerializeToString(), item.channel_id)
    return ChannelPlace(item.port_id, item.channel_id, end)
