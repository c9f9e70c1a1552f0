"""An ordered channel of real chains, recorded: in sequence, closed by a time-out, emptied after."""

from __future__ import annotations

import pytest

from plurichain.ibc import paths
from plurichain.ibc.channel import ChannelEnd, next_channel_step
from plurichain.ibc.commitments import compute_packet_commitment
from plurichain.ibc.events import (
    ChannelEvent,
    ChannelEventKind,
    PacketEvent,
    PacketEventKind,
)
from plurichain.ibc.handshake import End, EndState, HandshakeMove, HandshakeStep
from plurichain.ibc.life import (
    NEXT_MESSAGE,
    NextMessage,
    PacketClass,
    PacketMarks,
    classify_packet,
    is_next_ordered,
    is_received_ordered,
)
from plurichain.ibc.packet import Order
from tests.unit.ibc.recorded_chain import find, list_events, read
from tests.unit.lightclient.recorded import Recording, load

A, B = load("ordered-a"), load("ordered-b")


def end_of(chain: Recording) -> tuple[str, str]:
    return chain.about["port_id"], chain.about["channel_id"]


def read_channel(chain: Recording, pin: str) -> ChannelEnd:
    stored = read(chain, "ibc", paths.channel_end_key(*end_of(chain)), chain.about["pins"][pin])
    assert stored is not None
    end = ChannelEnd.decode(stored)
    assert end.encode() == stored
    return end


def read_next_sequence(pin: str) -> int:
    stored = read(B, "ibc", paths.next_sequence_recv_key(*end_of(B)), B.about["pins"][pin])
    assert stored is not None
    return int.from_bytes(stored, "big")


def read_commitment(sequence: int, pin: str) -> bytes | None:
    key = paths.packet_commitment_key(*end_of(A), sequence)
    return read(A, "ibc", key, A.about["pins"][pin])


def read_marks(sequence: int, pin_a: str, pin_b: str) -> PacketMarks:
    later = B.fetch_header(B.about["pins"][pin_b] + 1).header
    received = is_received_ordered(sequence, read_next_sequence(pin_b))
    return PacketMarks(
        is_committed=read_commitment(sequence, pin_a) is not None,
        is_received=received,
        # The one that was received was answered in the same block.
        is_acknowledged=received,
        is_due=find(A, PacketEventKind.SEND, sequence).packet.is_timed_out(
            later.ibc_height, later.time_ns
        ),
        is_closed=read_channel(B, pin_b).state is EndState.CLOSED,
    )


def test_the_destination_counts_instead_of_keeping_receipts() -> None:
    """The first was received, the second is next and will never come."""
    following = read_next_sequence("settled")

    assert following == 2
    assert is_next_ordered(2, following)
    assert read_next_sequence("sent") == 2


@pytest.mark.parametrize("sequence", [2, 3])
def test_what_waits_is_committed_to(sequence: int) -> None:
    """Until it is timed out."""
    packet = find(A, PacketEventKind.SEND, sequence).packet

    assert read_commitment(sequence, "sent") == compute_packet_commitment(packet)
    assert read_commitment(sequence, "settled") is None
    assert find(A, PacketEventKind.TIMEOUT, sequence).order is Order.ORDERED


@pytest.mark.parametrize(
    ("pins", "classes"),
    [
        (("sent", "sent"), [PacketClass.DONE, PacketClass.EXPIRED, PacketClass.UNRECEIVED]),
        # The source as it was, the destination later: closed by then.
        (("sent", "settled"), [PacketClass.DONE, PacketClass.EXPIRED, PacketClass.STRANDED]),
        (("settled", "settled"), [PacketClass.DONE] * 3),
    ],
)
def test_packets_are_where_the_marks_say(pins: tuple[str, str], classes: list[PacketClass]) -> None:
    """A packet behind one that expired is stranded when the channel closes."""
    found = [classify_packet(read_marks(sequence, *pins)) for sequence in (1, 2, 3)]

    assert found == classes
    assert NEXT_MESSAGE[PacketClass.STRANDED] is NextMessage.TIMEOUT_ON_CLOSE


def test_both_ends_were_open_and_are_closed() -> None:
    """What closes the other end is the next step while only one is closed."""
    opened, closed = read_channel(B, "sent"), read_channel(A, "settled")

    assert opened.is_open
    assert opened.order is Order.ORDERED
    assert read_channel(A, "sent").is_open
    assert (closed.state, read_channel(B, "settled").state) == (EndState.CLOSED,) * 2
    assert next_channel_step(closed, opened) == HandshakeStep(HandshakeMove.CLOSE_CONFIRM, End.B)
    assert next_channel_step(closed, read_channel(B, "settled")) is None


def test_a_time_out_tells_that_it_closed_the_channel() -> None:
    """And one on close tells it again: the event does not mean that the end was open before."""
    closings = [
        (event.kind, event.port, event.channel, event.is_closing)
        for height in A.about["blocks"]
        for event in list_events(A, height)
        if isinstance(event, ChannelEvent) and event.is_closing
    ]

    assert closings == [(ChannelEventKind.CLOSED, *end_of(A), True)] * 2
    last = [event for height in B.about["blocks"][-1:] for event in list_events(B, height)]
    assert [event.kind for event in last if isinstance(event, ChannelEvent)] == [
        ChannelEventKind.CLOSE_CONFIRM
    ]
    assert not any(isinstance(event, PacketEvent) for event in last)
