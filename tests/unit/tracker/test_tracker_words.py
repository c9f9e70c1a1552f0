"""What one event writes: repeats, faults, closed channels, IBC v2, events that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plurichain.encoding.protobuf import MessageWriter
from plurichain.ibc.commitments import UNIVERSAL_ERROR_ACKNOWLEDGEMENT, compute_packet_commitment_v2
from plurichain.ibc.packet import PacketV2, Payload, ProtocolVersion
from plurichain.ibc.packet_v2 import encode_packet_v2
from plurichain.tracker.blocks import RawEvent
from plurichain.tracker.reading import End
from plurichain.tracker.store import PacketStore, Route
from tests.unit.tracker.grids import OK, A, B, add_routes, block, event, packet, rows, run, signed


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PacketStore]:
    with PacketStore.open(tmp_path / "packets.db") as opened:
        add_routes(opened)
        yield opened


def test_repeats_of_an_end_are_counted_and_faults_are_kept(store: PacketStore) -> None:
    send, ack = event("send_packet", packet()), event("acknowledge_packet", packet())
    late, answer = (
        event("timeout_packet", packet()),
        event("write_acknowledgement", packet(), ack=OK),
    )
    # The first ends nothing: the packet is yet to be sent.
    run(store, A, 5, {1: signed(ack), 2: signed(send, send), 3: signed(ack, ack, late)})
    run(store, B, 5, {4: signed(event("recv_packet", packet()), answer, answer)})
    [row] = rows(store)
    assert (row.story, row.repeats) == ("acked", 2)
    assert store.query("SELECT chain_id, height, reason FROM oddity ORDER BY 1, 2") == [
        (A, 1, "ended, but never seen sent"),
        (A, 2, "sent twice"),
        (B, 4, "answered twice"),
    ]


def test_a_closed_channel_strands_what_was_not_received(store: PacketStore) -> None:
    closed = ("channel_close_confirm", (("port_id", "transfer"), ("channel_id", "channel-7")))
    run(store, A, 5, {3: signed(event("send_packet", packet()))})
    run(store, B, 5, {4: signed(closed)})
    assert rows(store)[0].story == "stranded"


def test_an_event_that_cannot_be_read_hides_no_other(store: PacketStore) -> None:
    kind, pairs = event("send_packet", packet())
    broken = (kind, tuple((key, "\x1b[2J" if key == "packet_sequence" else value)
                          for key, value in pairs))  # fmt: skip
    store.take_in(block(A, 1, signed(broken, event("send_packet", packet()))))
    assert len(rows(store)) == 1
    [[reason, detail]] = store.query("SELECT reason, detail FROM oddity")
    assert reason == "an event send_packet that cannot be read"
    assert detail.isprintable()


PACKET_V2 = PacketV2(
    4, "07-tendermint-0", "07-tendermint-9", 1_800_000_000,
    (Payload("transfer", "transfer", "ics20-1", "application/json", b"{}"),),
)  # fmt: skip


def event_v2(kind: str, *answers: bytes) -> RawEvent:
    pairs = [
        ("packet_source_client", PACKET_V2.source_client),
        ("packet_dest_client", PACKET_V2.destination_client),
        ("packet_sequence", str(PACKET_V2.sequence)),
        ("packet_timeout_timestamp", str(PACKET_V2.timeout_timestamp_s)),
        ("encoded_packet_hex", encode_packet_v2(PACKET_V2).hex()),
    ]
    if answers:
        writer = MessageWriter()
        for answer in answers:
            writer.write_bytes(1, answer)
        pairs.append(("encoded_acknowledgement_hex", writer.finish().hex()))
    return (kind, tuple(pairs))


@pytest.mark.parametrize(
    ("answer", "story"),
    [(b"yes", "acked"), (UNIVERSAL_ERROR_ACKNOWLEDGEMENT, "failed-refunded")],
)
def test_packets_of_ibc_v2_stand_beside_classic_ones(
    store: PacketStore, answer: bytes, story: str
) -> None:
    here = End(ProtocolVersion.V2, "", PACKET_V2.source_client)
    there = End(ProtocolVersion.V2, "", PACKET_V2.destination_client)
    store.add_route(Route(A, here, B, there))
    store.add_route(Route(B, there, A, here))
    sends = signed(event("send_packet", packet(4)), event_v2("send_packet"))
    run(store, A, 9, {1: sends, 6: signed(event_v2("acknowledge_packet"))})
    answers = event_v2("write_acknowledgement", answer)
    run(store, B, 9, {3: signed(event_v2("recv_packet"), answers)})
    classic, other = rows(store)
    assert (classic.story, other.story, other.end) == ("unreceived", story, here)
    assert store.query("SELECT commitment FROM sent WHERE protocol = 'v2'") == [
        (compute_packet_commitment_v2(PACKET_V2).hex(),)
    ]
