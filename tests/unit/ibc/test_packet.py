"""Packets: when they are too late, how they are named, what they are on the wire of v2."""

from __future__ import annotations

from dataclasses import replace

import cosmpy.protos  # noqa: F401  puts ibc.* on the import path
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ibc.core.channel.v2.packet_pb2 import Acknowledgement as TheirAcknowledgement
from ibc.core.channel.v2.packet_pb2 import Packet as TheirPacket

from plurichain.errors import EncodingError
from plurichain.ibc.commitments import compute_packet_commitment
from plurichain.ibc.height import NO_HEIGHT, Height
from plurichain.ibc.packet import Order, Packet, PacketKey, PacketV2, Payload, ProtocolVersion
from plurichain.ibc.packet_v2 import (
    decode_acknowledgements_v2,
    decode_packet_v2,
    encode_packet_v2,
)
from plurichain.units import U64_MAX

PACKET = Packet(7, "transfer", "channel-0", "transfer", "channel-9", b"x", NO_HEIGHT, 0)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
U64 = st.integers(0, U64_MAX)
PAYLOADS = st.builds(Payload, TEXTS, TEXTS, TEXTS, TEXTS, st.binary(max_size=9))
PACKETS_V2 = st.builds(PacketV2, U64, TEXTS, TEXTS, U64, st.lists(PAYLOADS, max_size=3).map(tuple))


@pytest.mark.parametrize(
    ("timeout_height", "timeout_ns", "height", "time_ns", "late"),
    [
        (NO_HEIGHT, 0, Height(9, 9), U64_MAX, False),
        (Height(1, 10), 0, Height(1, 9), U64_MAX, False),
        (Height(1, 10), 0, Height(1, 10), 0, True),
        (Height(1, 10), 0, Height(2, 1), 0, True),
        (Height(2, 1), 0, Height(1, 99), 0, False),
        (NO_HEIGHT, 100, Height(1, 1), 99, False),
        (NO_HEIGHT, 100, Height(1, 1), 100, True),
        (Height(1, 10), 100, Height(1, 9), 100, True),
        (Height(1, 10), 100, Height(1, 10), 99, True),
        (Height(0, 10), U64_MAX, Height(0, 9), U64_MAX - 1, False),
    ],
)
def test_a_packet_is_late_by_height_or_time_of_the_destination(
    timeout_height: Height, timeout_ns: int, height: Height, time_ns: int, late: bool
) -> None:
    """Whichever comes first; at the time-out itself it is too late."""
    packet = replace(PACKET, timeout_height=timeout_height, timeout_timestamp_ns=timeout_ns)

    assert packet.is_timed_out(height, time_ns) is late


def test_a_v2_packet_is_late_by_whole_seconds() -> None:
    """The destination compares seconds of its block time."""
    packet = PacketV2(1, "a", "b", 100, ())

    assert packet.timeout_timestamp_ns == 100 * 10**9
    assert not packet.is_timed_out(100 * 10**9 - 1)
    assert packet.is_timed_out(100 * 10**9)
    assert replace(packet, timeout_timestamp_s=U64_MAX).timeout_timestamp_ns == U64_MAX


def test_a_name_holds_the_chain() -> None:
    """Channel ids are equal on many chains, and a client id is not a channel id."""
    classic = PACKET.make_key("grid-a")
    v2 = PacketV2(7, "channel-0", "b", 1, ()).make_key("grid-a")

    assert classic == PacketKey("grid-a", ProtocolVersion.CLASSIC, "transfer", "channel-0", 7)
    other = PACKET.make_key("grid-b")
    assert len({classic, v2, other}) == 3
    assert sorted([other, v2, classic]) == [classic, v2, other]


def test_orders_have_the_names_of_the_chain() -> None:
    """As events write them."""
    assert [order.text for order in Order] == [
        "ORDER_NONE_UNSPECIFIED",
        "ORDER_UNORDERED",
        "ORDER_ORDERED",
    ]


def test_what_does_not_fit_has_no_commitment() -> None:
    """Refused instead of cut."""
    with pytest.raises(EncodingError, match="U64"):
        compute_packet_commitment(replace(PACKET, timeout_timestamp_ns=U64_MAX + 1))


@given(PACKETS_V2)
def test_v2_packets_are_byte_equal(ours: PacketV2) -> None:
    """And read again."""
    theirs = TheirPacket(
        sequence=ours.sequence,
        source_client=ours.source_client,
        destination_client=ours.destination_client,
        timeout_timestamp=ours.timeout_timestamp_s,
    )
    for payload in ours.payloads:
        theirs.payloads.add(
            source_port=payload.source_port,
            destination_port=payload.destination_port,
            version=payload.version,
            encoding=payload.encoding,
            value=payload.value,
        )

    assert encode_packet_v2(ours) == theirs.SerializeToString(deterministic=True)
    assert decode_packet_v2(encode_packet_v2(ours)) == ours


@given(st.lists(st.binary(max_size=9), max_size=3))
def test_v2_acknowledgements_read_as_written(answers: list[bytes]) -> None:
    """One for each payload."""
    theirs = TheirAcknowledgement(app_acknowledgements=answers)

    assert decode_acknowledgements_v2(theirs.SerializeToString()) == tuple(answers)
