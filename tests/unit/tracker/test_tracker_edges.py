"""The edges of what is told: pages, one block, ends that lead elsewhere, clocks that go back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker import ended_packets, views
from plurichain.tracker.blocks import Absence, Missing, RawEvent, TrackedTx
from plurichain.tracker.ended_packets import LONGEST_NS, EndedBook, tell_group
from plurichain.tracker.reading import End
from plurichain.tracker.store import PacketStore, Route
from plurichain.tracker.views import list_packets, list_unended, opened_view
from tests.unit.tracker.grids import (
    HERE,
    OK,
    SECOND_NS,
    THERE,
    A,
    B,
    add_routes,
    block,
    event,
    packet,
    rows,
    run,
    signed,
)

SEND, RECV = event("send_packet", packet()), event("recv_packet", packet())
WRITE = event("write_acknowledgement", packet(), ack=OK)
ACK, TIMEOUT = event("acknowledge_packet", packet()), event("timeout_packet", packet())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PacketStore]:
    with PacketStore.open(tmp_path / "packets.db") as opened:
        add_routes(opened)
        yield opened


def without_data(of: RawEvent) -> RawEvent:
    kind, pairs = of
    return kind, tuple(pair for pair in pairs if pair[0] != "packet_data_hex")


# --- one packet -----------------------------------------------------------------------------------


def test_what_came_before_a_packet_in_its_own_block_is_no_repeat_of_it(store: PacketStore) -> None:
    """Anybody may bring the end of a packet that is yet to be sent."""
    store.take_in(block(A, 1, signed(ACK, TIMEOUT), signed(SEND), signed(ACK)))
    assert store.query("SELECT state, repeats FROM sent") == [("acknowledged", 0)]


def test_a_half_that_tells_no_content_contradicts_nobody(store: PacketStore) -> None:
    """Chains of old say no data; what is not told is not another content."""
    run(store, A, 5, {3: signed(SEND)})
    run(store, B, 5, {4: signed(without_data(RECV), without_data(WRITE))})
    assert store.query("SELECT commitment FROM received") == [("",)]
    assert rows(store)[0].story == "ack-pending"


def test_a_destination_that_no_chain_has_is_an_oddity(store: PacketStore) -> None:
    hostile = replace(packet(), destination_channel="channel-7\x1b[2J")
    store.take_in(block(A, 1, signed(event("send_packet", hostile))))
    assert rows(store) == []
    [[reason, detail]] = store.query("SELECT reason, detail FROM oddity")
    assert reason == "an identifier that no chain gives"
    assert "channel-7" in detail


def test_what_was_received_before_a_gap_may_have_been_answered_in_it(store: PacketStore) -> None:
    run(store, A, 9, {3: signed(SEND)})
    run(store, B, 5, {4: signed(RECV)})
    assert rows(store)[0].story == "received-unacked"
    store.take_in(Missing(B, 6, 8, Absence.PRUNED))
    store.take_in(block(B, 9))
    assert rows(store)[0].story == "unknown"
    store.take_in(block(B, 10, signed(WRITE)))
    assert rows(store)[0].story == "ack-pending"


@pytest.mark.parametrize(
    "back",
    [replace(HERE, channel="channel-5"), replace(HERE, port="other")],
)
def test_an_end_that_leads_to_another_end_of_the_same_chain(tmp_path: Path, back: End) -> None:
    """What B told of its channel is not of the packets that another channel of A sent."""
    with PacketStore.open(tmp_path / "other.db") as store:
        store.add_route(Route(A, HERE, B, THERE))
        store.add_route(Route(B, THERE, A, back))
        run(store, A, 5, {3: signed(SEND)})
        run(store, B, 5, {4: signed(RECV, WRITE)})
        [row] = rows(store)
        assert (row.story, row.destination_chain_id) == ("unknown", None)


def test_a_chain_whose_time_goes_back_makes_no_age_below_0(store: PacketStore) -> None:
    run(store, A, 9, {3: signed(SEND)})
    run(store, B, 9, {4: signed(RECV)})
    for name in (A, B):
        store.take_in(replace(block(name, 10), time_ns=1 * SECOND_NS))
    [row] = rows(store)
    assert (row.story, row.age_ns) == ("received-unacked", 0)


# --- many -----------------------------------------------------------------------------------------


def test_pages_neither_skip_nor_repeat(store: PacketStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "_PAGE", 3)
    monkeypatch.setattr(ended_packets, "_PAGE", 3)
    count = 10
    told = [packet(number) for number in range(1, count + 1)]
    # Several of one block, and blocks of several: a page ends anywhere.
    words: dict[int, TrackedTx] = {}
    for height, part in ((2, told[:4]), (3, told[4:5]), (5, told[5:])):
        words[height] = signed(*[event("send_packet", each) for each in part])
    run(store, A, 6, words)
    run(store, B, 6, {})
    with opened_view(store) as chains:
        for found in (
            list_packets(store, chains),
            list_packets(store, chains, only_open=True),
            list_unended(store, chains, A),
        ):
            assert [row.sequence for row in found] == [*range(1, count + 1)]
    store.take_in(block(A, 7, signed(*[event("timeout_packet", each) for each in told])))
    with opened_view(store) as chains:
        assert list(list_unended(store, chains, A)) == []
        [ended] = EndedBook((), LONGEST_NS).look(store, chains).values()
        assert [group.count for group in ended.groups.values()] == [count]


# --- what is remembered of what has ended ---------------------------------------------------------


def tell_classes(book: EndedBook, store: PacketStore) -> dict[StoryClass, int]:
    with opened_view(store) as chains:
        found = [group for each in book.look(store, chains).values() for group in
                 each.groups.items()]  # fmt: skip
    return {tell_group(key): group.count for key, group in found}


def test_a_contradiction_that_comes_later_is_not_forgotten(store: PacketStore) -> None:
    """The destination is read behind its source: it tells last that it received the packet."""
    book = EndedBook((), LONGEST_NS)
    run(store, A, 9, {3: signed(SEND), 6: signed(TIMEOUT)})
    run(store, B, 3, {})
    assert tell_classes(book, store) == {StoryClass.REFUNDED: 1}
    store.take_in(block(B, 4, signed(RECV)))
    assert tell_classes(book, store) == {StoryClass.IMPOSSIBLE: 1}


def test_an_answer_by_a_clock_that_is_ahead_is_not_forgotten(store: PacketStore) -> None:
    """Clocks of two chains may be apart: later by the one is not after it on the other."""
    book = EndedBook((), LONGEST_NS)
    run(store, A, 9, {3: signed(SEND), 6: signed(ACK)})
    store.take_in(replace(block(B, 1), time_ns=60 * SECOND_NS))
    assert tell_classes(book, store) == {StoryClass.ANSWER_UNREAD: 1}
    told = replace(block(B, 2, signed(RECV, WRITE)), time_ns=61 * SECOND_NS)
    store.take_in(told)
    assert tell_classes(book, store) == {StoryClass.ACKED: 1}


def test_where_a_channel_leads_is_found_late(tmp_path: Path) -> None:
    """What was remembered of an end rested on nobody knowing where it leads."""
    book = EndedBook((), LONGEST_NS)
    with PacketStore.open(tmp_path / "late.db") as store:
        run(store, A, 9, {3: signed(SEND), 6: signed(ACK)})
        run(store, B, 9, {4: signed(RECV, WRITE)})
        assert tell_classes(book, store) == {StoryClass.ANSWER_UNREAD: 1}
        add_routes(store)
        assert tell_classes(book, store) == {StoryClass.ACKED: 1}
