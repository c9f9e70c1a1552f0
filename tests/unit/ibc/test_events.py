"""Events of a chain: read by what they hold, noted where they cannot be, never raising."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.ibc.events import (
    ChannelEvent,
    ChannelEventKind,
    ClientEvent,
    ClientEventKind,
    ConnectionEvent,
    ConnectionEventKind,
    PacketEvent,
    PacketEventKind,
    PacketEventV2,
    RawEvent,
    decode_ibc_events,
    decode_packet_events,
)
from plurichain.ibc.height import NO_HEIGHT, Height
from plurichain.ibc.packet import Order, Packet, PacketV2, Payload, ProtocolVersion
from plurichain.ibc.packet_v2 import encode_packet_v2

COMMON = {
    "packet_timeout_height": "0-0",
    "packet_timeout_timestamp": "1700000000000000000",
    "packet_sequence": "7",
    "packet_src_port": "transfer",
    "packet_src_channel": "channel-0",
    "packet_dst_port": "transfer",
    "packet_dst_channel": "channel-9",
    "packet_channel_ordering": "ORDER_UNORDERED",
    "packet_connection": "connection-1",
    "connection_id": "connection-1",
    "msg_index": "3",
}
PACKET = Packet(
    7, "transfer", "channel-0", "transfer", "channel-9", b"{}", NO_HEIGHT, 1_700_000_000_000_000_000
)
PACKET_V2 = PacketV2(
    7, "client-a-0", "client-b-0", 1_700_000_000, (Payload("a", "b", "v", "e", b"x"),)
)
V2 = {
    "packet_source_client": "client-a-0",
    "packet_dest_client": "client-b-0",
    "packet_sequence": "7",
    "packet_timeout_timestamp": "1700000000",
    "encoded_packet_hex": encode_packet_v2(PACKET_V2).hex(),
}


def event(
    kind: str, attributes: dict[str, str], *more: tuple[str, str], **changes: str
) -> RawEvent:
    changed = {**attributes, **changes}
    return kind, [*((key, value) for key, value in changed.items() if value != "-"), *more]


def decode_one(raw: RawEvent) -> Any:
    decoded = decode_ibc_events([raw])
    assert decoded.notes == ()
    (found,) = decoded.events
    return found


def note_of(raw: RawEvent) -> str:
    decoded = decode_ibc_events([("message", []), raw])
    assert decoded.events == ()
    (note,) = decoded.notes
    assert (note.index, note.type) == (1, raw[0])
    return note.reason


@pytest.mark.parametrize("kind", PacketEventKind)
def test_classic_packets(kind: PacketEventKind) -> None:
    """Data where the chain gives them; the acknowledgement where it is written."""
    has_data = kind in {PacketEventKind.SEND, PacketEventKind.RECV, PacketEventKind.WRITE_ACK}
    writes = kind is PacketEventKind.WRITE_ACK
    found = decode_one(
        event(
            kind.value,
            COMMON,
            packet_data_hex="7b7d" if has_data else "-",
            packet_ack_hex="01" if writes else "-",
        )
    )

    expected = PACKET if has_data else Packet(7, *PACKET_ENDS, b"", NO_HEIGHT, PACKET_TIME_NS)
    assert found == PacketEvent(
        kind=kind,
        packet=expected,
        has_data=has_data,
        acknowledgement=b"\x01" if writes else None,
        order=Order.UNORDERED,
        connection_id="connection-1",
        msg_index=3,
        path=(3,),
    )
    assert found.protocol is ProtocolVersion.CLASSIC


PACKET_ENDS = ("transfer", "channel-0", "transfer", "channel-9")
PACKET_TIME_NS = 1_700_000_000_000_000_000


@pytest.mark.parametrize("kind", PacketEventKind)
def test_v2_packets_have_the_same_types_of_events(kind: PacketEventKind) -> None:
    """Told by their attributes; the acknowledgement is one answer a payload."""
    writes = kind is PacketEventKind.WRITE_ACK
    found = decode_one(
        event(kind.value, V2, encoded_acknowledgement_hex="0a0101" if writes else "-")
    )

    assert found == PacketEventV2(kind, PACKET_V2, (b"\x01",) if writes else None, None)
    assert found.protocol is ProtocolVersion.V2


def test_only_classic_packets_are_packet_events() -> None:
    """In their order; what the v2 packets and others say is for those who ask for all."""
    send = event("send_packet", COMMON, packet_data_hex="7b7d")
    timeout = event("timeout_packet", COMMON, connection_id="-", msg_index="-")
    raw = [event("send_packet", V2), timeout, ("message", [("module", "x")]), send]

    found = decode_packet_events(raw)

    assert [(item.kind, item.connection_id, item.msg_index) for item in found] == [
        (PacketEventKind.TIMEOUT, "", None),
        (PacketEventKind.SEND, "connection-1", 3),
    ]
    assert len(decode_ibc_events(raw).events) == 3


def test_several_packets_of_one_transaction_stay_apart() -> None:
    """Each event is read by itself, so no list of attributes is ever zipped."""
    raw = [
        event("send_packet", COMMON, packet_sequence=str(n), packet_data_hex=f"{n:02x}")
        for n in range(1, 9)
    ]

    assert [(item.packet.sequence, item.packet.data) for item in decode_packet_events(raw)] == [
        (n, bytes([n])) for n in range(1, 9)
    ]


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (event("send_packet", COMMON), "packet_data_hex is missing"),
        (event("recv_packet", COMMON, packet_data_hex="7b 7d"), "packet_data_hex is not hex"),
        (event("recv_packet", COMMON, packet_data_hex="7"), "packet_data_hex is not hex"),
        (event("recv_packet", COMMON, packet_data_hex="zz"), "packet_data_hex is not hex"),
        (event("recv_packet", COMMON, packet_sequence="-1x"), "packet_sequence"),
        (event("recv_packet", COMMON, packet_sequence=str(2**64)), "packet_sequence"),
        (event("recv_packet", COMMON, packet_timeout_height="1"), "packet_timeout_height"),
        (event("recv_packet", COMMON, packet_channel_ordering="?"), "packet_channel_ordering"),
        (event("recv_packet", COMMON, packet_src_port="-"), "packet_src_port is missing"),
        (event("recv_packet", COMMON, ("packet_sequence", "8")), "packet_sequence stands twice"),
        (event("timeout_packet", COMMON, ("connection_id", "x")), "connection_id stands twice"),
        (event("recv_packet", COMMON, msg_index="first"), "msg_index"),
        (event("write_acknowledgement", COMMON, packet_data_hex=""), "packet_ack_hex is missing"),
        (event("recv_packet", {}), "is missing"),
        (event("send_packet", V2, packet_sequence="8"), "not the same"),
        (event("send_packet", V2, packet_dest_client="-"), "packet_dest_client is missing"),
        (event("send_packet", V2, encoded_packet_hex="ff"), "cut off"),
        (event("write_acknowledgement", V2), "encoded_acknowledgement_hex is missing"),
        (event("channel_close", {"port_id": "p"}), "channel_id is missing"),
        (event("connection_open_try", {"connection_id": "c"}), "client_id is missing"),
        (
            event(
                "update_client", {"client_id": "c", "client_type": "t", "consensus_heights": "1"}
            ),
            "consensus_heights",
        ),
    ],
)
def test_what_cannot_be_read_is_noted(raw: RawEvent, word: str) -> None:
    """With its place and the reason, and without stopping the rest."""
    assert word in note_of(raw)


def test_a_nested_message_may_repeat_what_is_not_read() -> None:
    """Authorisations within authorisations number their messages each; equal values do no harm."""
    found = decode_one(
        event(
            "send_packet",
            {**COMMON, "packet_data_hex": "7b7d"},
            ("authz_msg_index", "0"),
            ("authz_msg_index", "1"),
            ("packet_sequence", "7"),
            ("msg_index", "4"),
        )
    )

    assert found.packet == PACKET
    assert found.msg_index is None


def test_empty_data_are_data() -> None:
    """An event may carry a packet of nothing."""
    found = decode_one(event("recv_packet", COMMON, packet_data_hex=""))

    assert (found.has_data, found.packet.data) == (True, b"")


@pytest.mark.parametrize("kind", ChannelEventKind)
def test_channels(kind: ChannelEventKind) -> None:
    """Every step, and which of them close."""
    found = decode_one(
        event(
            kind.value,
            {
                "port_id": "transfer",
                "channel_id": "channel-0",
                "counterparty_port_id": "transfer",
                "connection_id": "connection-1",
            },
        )
    )

    assert found == ChannelEvent(
        kind, "transfer", "channel-0", "transfer", "", "connection-1", None
    )
    assert found.is_closing is ("close" in kind.value)


@pytest.mark.parametrize("kind", ConnectionEventKind)
def test_connections(kind: ConnectionEventKind) -> None:
    """Every step."""
    found = decode_one(
        event(
            kind.value,
            {
                "connection_id": "connection-1",
                "client_id": "07-tendermint-0",
                "counterparty_client_id": "07-tendermint-9",
                "msg_index": "0",
            },
        )
    )

    assert found == ConnectionEvent(
        kind, "connection-1", "07-tendermint-0", "07-tendermint-9", "", 0
    )


@pytest.mark.parametrize(
    ("kind", "attributes", "heights"),
    [
        ("create_client", {"client_id": "c", "consensus_height": "1-5"}, (Height(1, 5),)),
        (
            "update_client",
            {"client_id": "c", "consensus_height": "1-5", "consensus_heights": "1-5,1-6"},
            (Height(1, 5), Height(1, 6)),
        ),
        ("upgrade_client", {"client_id": "c", "consensus_height": "2-1"}, (Height(2, 1),)),
        ("client_misbehaviour", {"client_id": "c"}, ()),
        ("recover_client", {"subject_client_id": "c"}, ()),
    ],
)
def test_clients(kind: str, attributes: dict[str, str], heights: tuple[Height, ...]) -> None:
    """Created, updated, upgraded, frozen, recovered."""
    found = decode_one(event(kind, {**attributes, "client_type": "07-tendermint"}))

    assert found == ClientEvent(ClientEventKind(kind), "c", "07-tendermint", heights, None)


KEYS = st.sampled_from([*COMMON, *V2, "packet_data_hex", "packet_ack_hex", "client_id", "x"])
VALUES = st.text(max_size=6) | st.sampled_from([*COMMON.values(), *V2.values(), "7b7d"])
TYPES = (
    st.sampled_from([kind.value for kind in PacketEventKind])
    | st.sampled_from([kind.value for kind in ClientEventKind])
    | st.text(max_size=5)
)
RAW = st.tuples(TYPES, st.lists(st.tuples(KEYS, VALUES), max_size=16))


@given(st.lists(RAW, max_size=4))
def test_any_events_are_read_noted_or_left_out(raw: list[Any]) -> None:
    """Nothing raises, and nothing is counted twice."""
    decoded = decode_ibc_events(raw)

    assert len(decoded.events) + len(decoded.notes) <= len(raw)
    assert len(decode_packet_events(raw)) <= len(decoded.events)
