"""Queries of IBC against a node that is scripted at the level of gRPC calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plurichain.chain import protos as sdk
from plurichain.chain.ibc import protos
from plurichain.chain.ibc.queries import ClientStatus, IbcQueries
from plurichain.chain.ibc.transfer_queries import TransferQueries
from plurichain.chain.nodes.grpc_channel import HeightPin
from plurichain.encoding.height import Height
from plurichain.errors import BadReply, NotFound
from plurichain.ibc.denom import DenomPath, Hop
from plurichain.ibc.handshake import EndState
from plurichain.identifiers import Address


class ScriptedGrpc:
    """Stands for PooledGrpc: a method is its path, ``answers`` are by its last part."""

    def __init__(self, **answers: Callable[[Any], Any]) -> None:
        self.answers = answers
        self.pins: list[int] = []
        self.raw = self

    def unary_unary(self, path: str, **_serializers: object) -> str:
        return path.rpartition("/")[2]

    def call(self, method: str, request: Any, *, what: str, pin: HeightPin | None = None) -> Any:
        self.pins.append(-1 if pin is None else pin.height)
        if pin is not None and not pin.height:
            pin.height = 7
        return self.answers[method](request)


class ScriptedClient:
    def __init__(self, **answers: Callable[[Any], Any]) -> None:
        self.grpc = ScriptedGrpc(**answers)


def refuse(_request: Any) -> Any:
    raise NotFound("not there")


def test_many_sequences_are_asked_for_in_parts_of_one_state() -> None:
    sizes: list[int] = []

    def unreceived(request: Any) -> Any:
        sizes.append(len(request.packet_commitment_sequences))
        assert (request.port_id, request.channel_id) == ("transfer", "channel-3")
        odd = [each for each in request.packet_commitment_sequences if each % 2]
        return protos.channel_query.QueryUnreceivedPacketsResponse(sequences=reversed(odd))

    client = ScriptedClient(UnreceivedPackets=unreceived)
    pin = HeightPin()
    found = IbcQueries(client).list_unreceived_packets(  # type: ignore[arg-type]
        "transfer", "channel-3", range(5_000, 0, -1), pin=pin
    )

    assert found == list(range(1, 5_001, 2))
    assert sizes == [2_000, 2_000, 1_000]
    assert client.grpc.pins == [0, 7, 7]
    assert pin.height == 7


def test_no_sequences_ask_nothing() -> None:
    client = ScriptedClient()
    assert IbcQueries(client).list_unreceived_packets("p", "c", []) == []  # type: ignore[arg-type]
    assert client.grpc.pins == []


def test_sequences_that_nobody_asked_for_are_not_believed() -> None:
    client = ScriptedClient(
        UnreceivedPackets=lambda _request: protos.channel_query.QueryUnreceivedPacketsResponse(
            sequences=[3, 99, 3]
        ),
        PacketAcknowledgements=lambda _request: (
            protos.channel_query.QueryPacketAcknowledgementsResponse(
                acknowledgements=[
                    protos.channel.PacketState(sequence=2),
                    protos.channel.PacketState(sequence=98),
                ]
            )
        ),
    )
    queries = IbcQueries(client)  # type: ignore[arg-type]

    assert queries.list_unreceived_packets("p", "c", [1, 2, 3]) == [3]
    assert queries.list_acknowledged_packets("p", "c", [1, 2, 3]) == [2]


def test_commitments_of_several_pages_are_of_one_state() -> None:
    def commitments(request: Any) -> Any:
        reply = protos.channel_query.QueryPacketCommitmentsResponse()
        if not request.pagination.key:
            reply.pagination.next_key = b"more"
            reply.commitments.add(sequence=10)
            reply.commitments.add(sequence=9)
        else:
            reply.commitments.add(sequence=2)
        return reply

    client = ScriptedClient(PacketCommitments=commitments)
    pin = HeightPin(5)
    queries = IbcQueries(client)  # type: ignore[arg-type]

    assert queries.list_packet_commitments("transfer", "channel-0", pin=pin) == [2, 9, 10]
    assert client.grpc.pins == [5, 5]


def test_what_is_not_there() -> None:
    client = ScriptedClient(
        ClientConnections=refuse,
        ConsensusState=refuse,
        Denom=refuse,
        InterchainAccount=refuse,
    )
    queries = IbcQueries(client)  # type: ignore[arg-type]
    transfers = TransferQueries(client)  # type: ignore[arg-type]

    assert queries.list_client_connections("07-tendermint-0") == []
    assert not queries.has_consensus_state("07-tendermint-0", Height(1, 5))
    assert transfers.get_denom("ibc/00") is None
    owner = Address(b"\x01" * 20, "pluri")
    assert transfers.get_interchain_account(owner, "connection-0") is None


def test_clients_of_other_kinds_are_left_out_and_refused() -> None:
    solo = sdk.any_message.Any(type_url="/ibc.lightclients.solomachine.v3.ClientState")

    def states(_request: Any) -> Any:
        reply = protos.client_query.QueryClientStatesResponse()
        reply.client_states.add(client_id="06-solomachine-0", client_state=solo)
        return reply

    client = ScriptedClient(
        ClientStates=states,
        ClientState=lambda _request: protos.client_query.QueryClientStateResponse(
            client_state=solo
        ),
        ClientStatus=lambda _request: protos.client_query.QueryClientStatusResponse(status="Odd"),
    )
    queries = IbcQueries(client)  # type: ignore[arg-type]

    assert queries.list_clients() == []
    with pytest.raises(BadReply, match="solomachine"):
        queries.get_client_state("06-solomachine-0")
    assert queries.get_client_status("06-solomachine-0") is ClientStatus.UNKNOWN


def test_ends_are_read_whole() -> None:
    def channels(_request: Any) -> Any:
        reply = protos.channel_query.QueryChannelsResponse()
        reply.channels.add(
            state=3,
            ordering=2,
            counterparty=protos.channel.Counterparty(port_id="icahost", channel_id="channel-4"),
            connection_hops=["connection-1"],
            version="v",
            port_id="icacontroller-x",
            channel_id="channel-9",
        )
        return reply

    def connections(_request: Any) -> Any:
        reply = protos.connection_query.QueryConnectionsResponse()
        reply.connections.add(
            id="connection-1",
            client_id="07-tendermint-0",
            versions=[protos.connection.Version(identifier="1", features=["ORDER_ORDERED"])],
            state=2,
            counterparty=protos.connection.Counterparty(
                client_id="07-tendermint-5", connection_id="connection-6"
            ),
            delay_period=3,
        )
        return reply

    queries = IbcQueries(
        ScriptedClient(Channels=channels, Connections=connections)  # type: ignore[arg-type]
    )
    (place,) = queries.list_channels()
    assert (place.port, place.channel) == ("icacontroller-x", "channel-9")
    assert place.end.state is EndState.OPEN
    assert (place.end.order, place.end.version) == (2, "v")
    assert (place.end.counterparty_port, place.end.counterparty_channel) == ("icahost", "channel-4")
    ((name, end),) = queries.list_connections()
    assert name == "connection-1"
    assert end.state is EndState.TRYOPEN
    assert (end.counterparty_client, end.counterparty_connection) == (
        "07-tendermint-5",
        "connection-6",
    )
    assert end.delay_period_ns == 3


def test_an_end_that_cannot_be_read_is_the_nodes_fault() -> None:
    def channel(_request: Any) -> Any:
        return protos.channel_query.QueryChannelResponse(
            channel=protos.channel.Channel(state=9)  # no such state
        )

    queries = IbcQueries(ScriptedClient(Channel=channel))  # type: ignore[arg-type]

    with pytest.raises(BadReply, match="channel channel-0 of port transfer"):
        queries.get_channel("transfer", "channel-0")


def test_denoms_keep_their_path() -> None:
    def denoms(_request: Any) -> Any:
        reply = protos.transfer_query.QueryDenomsResponse()
        denom = reply.denoms.add(base="wh/x")
        denom.trace.add(port_id="transfer", channel_id="channel-1")
        denom.trace.add(port_id="transfer", channel_id="channel-2")
        return reply

    transfers = TransferQueries(ScriptedClient(Denoms=denoms))  # type: ignore[arg-type]

    assert transfers.list_denoms() == [
        DenomPath((Hop("transfer", "channel-1"), Hop("transfer", "channel-2")), "wh/x")
    ]


def test_the_counterparty_of_a_client() -> None:
    reply = protos.client_v2_query.QueryCounterpartyInfoResponse()
    client = ScriptedClient(CounterpartyInfo=lambda _request: reply)
    queries = IbcQueries(client)  # type: ignore[arg-type]
    with pytest.raises(NotFound, match="none is registered"):
        queries.get_client_counterparty("07-tendermint-0")
    reply.counterparty_info.client_id = "07-tendermint-9"
    assert queries.get_client_counterparty("07-tendermint-0") == "07-tendermint-9"
