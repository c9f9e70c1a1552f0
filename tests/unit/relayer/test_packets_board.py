"""The board of a lane: what events of both chains make of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plurichain.encoding.height import Height
from plurichain.ibc.events import PacketEventKind
from plurichain.ibc.packet import Packet
from plurichain.ibc.transfer import TransferData, TransferLimits
from plurichain.relayer.counters import Count
from plurichain.relayer.filters import PacketFilter
from plurichain.relayer.work import Direction, EndName, WorkKey, WorkKind
from tests.unit.relayer.packets import (
    HOST,
    ORDERED,
    ROUTE,
    SOURCE,
    make_board,
    make_closed,
    make_event,
    make_packet,
    make_work,
)

SEND, RECV = PacketEventKind.SEND, PacketEventKind.RECV
WRITE_ACK, ACK, TIMEOUT = (
    PacketEventKind.WRITE_ACK,
    PacketEventKind.ACKNOWLEDGE,
    PacketEventKind.TIMEOUT,
)


def list_ready(board, height: int = 100) -> list[tuple[WorkKind, int]]:
    return [(work.kind, work.sequence) for work in board.list_ready(height)]


def test_a_sent_packet_is_received_once_its_block_can_be_proven() -> None:
    board, counters = make_board()
    board.apply_source(make_event(SEND, make_packet(1)), 9)

    assert list_ready(board, 8) == []
    (work,) = board.list_ready(9)
    board.depart([work])
    assert list_ready(board) == []
    assert (board.waiting_count, board.flying_count) == (0, 1)

    board.apply_host(make_event(RECV, make_packet(1)), is_ours=True)
    assert (board.waiting_count, board.flying_count) == (0, 0)
    assert counters.get(Count.RECEIVED) == 1
    # The no-op of somebody who came later is an event as well, and counts for nothing.
    board.apply_host(make_event(RECV, make_packet(1)), is_ours=False)
    assert counters.get(Count.BY_RIVALS) == 0


def test_an_answer_goes_back_with_what_the_event_says() -> None:
    board, counters = make_board()
    packet = make_packet(3, is_inbound=False)
    board.apply_source(make_event(WRITE_ACK, packet, acknowledgement=b"yes"), 4)

    (work,) = board.list_ready(4)
    assert (work.kind, work.acknowledgement) == (WorkKind.ACKNOWLEDGE, b"yes")
    board.apply_host(make_event(ACK, packet), is_ours=False)
    assert list_ready(board) == []
    assert counters.get(Count.BY_RIVALS) == 1
    assert counters.get(Count.ACKNOWLEDGED) == 0


def test_other_channels_are_left_alone() -> None:
    board, _ = make_board()
    other = Packet(1, "transfer", "channel-2", "transfer", "channel-7", b"", Height(0, 0), 1)
    board.apply_source(make_event(SEND, other), 5)
    # Equal names on the other chain are another channel.
    board.apply_source(make_event(SEND, make_packet(1, is_inbound=False)), 5)
    board.apply_host(make_event(SEND, make_packet(1)), is_ours=False)
    board.apply_source(make_closed(HOST), 5)

    assert list_ready(board) == []
    assert board.outstanding_count == 0


def test_what_the_host_sent_times_out_by_the_blocks_of_the_source() -> None:
    board, _ = make_board()
    by_time = make_packet(1, is_inbound=False, timeout_ns=1_000)
    by_height = make_packet(2, is_inbound=False, timeout_ns=0, timeout_height=Height(1, 50))
    received = make_packet(3, is_inbound=False, timeout_ns=1_000)
    for packet in (by_time, by_height, received):
        board.apply_host(make_event(SEND, packet), is_ours=False)
    board.apply_source(make_event(RECV, received), 10)

    assert board.expire(Height(1, 49), 999) == 0
    assert board.expire(Height(1, 49), 1_000) == 1
    assert board.expire(Height(1, 50), 1_001) == 1
    assert board.expire(Height(1, 51), 10_000) == 0
    assert list_ready(board, 48) == [(WorkKind.TIMEOUT, 1)]
    assert list_ready(board, 49) == [(WorkKind.TIMEOUT, 1), (WorkKind.TIMEOUT, 2)]


def test_what_the_host_would_refuse_is_not_sent_to_it() -> None:
    board, _ = make_board()
    board.apply_source(make_event(SEND, make_packet(1, timeout_ns=1_000)), 5)
    board.apply_source(make_event(SEND, make_packet(2)), 5)

    assert board.drop_expired(Height(1, 9), 999) == 0
    assert board.drop_expired(Height(1, 9), 1_000) == 1
    assert list_ready(board) == [(WorkKind.RECEIVE, 2)]


def test_ordered_packets_wait_for_those_before_them() -> None:
    board, _ = make_board(route=ORDERED)
    for sequence in (4, 2, 3, 6):
        board.add(make_work(sequence, route=ORDERED))

    first = list(board.list_ready(100))
    assert [work.sequence for work in first] == [2, 3, 4]
    board.depart(first[:1])
    assert list_ready(board) == []
    board.put_back(first[:1])
    assert [sequence for _, sequence in list_ready(board)] == [2, 3, 4]


def test_after_an_ordered_packet_that_is_late_nothing_is_received() -> None:
    board, _ = make_board(route=ORDERED)
    for sequence, timeout_ns in ((1, 10**18), (2, 5), (3, 10**18)):
        packet = make_packet(sequence, timeout_ns=timeout_ns)
        board.apply_source(make_event(SEND, packet), 5)
    assert board.drop_expired(Height(1, 9), 5) == 1

    board.apply_source(make_event(SEND, make_packet(4)), 6)
    assert list_ready(board) == [(WorkKind.RECEIVE, 1)]


def test_a_closed_source_closes_the_host_and_returns_what_it_sent() -> None:
    board, counters = make_board(route=ORDERED)
    board.apply_host(make_event(SEND, make_packet(1, is_inbound=False)), is_ours=False)
    board.apply_source(make_closed(SOURCE), 8)
    # What is found later in state comes back the same way.
    board.watch_packet(make_packet(2, is_inbound=False))

    assert list_ready(board, 7) == []
    assert set(list_ready(board, 8)) == {
        (WorkKind.CLOSE, 0),
        (WorkKind.TIMEOUT_ON_CLOSE, 1),
        (WorkKind.TIMEOUT_ON_CLOSE, 2),
    }
    board.apply_host(make_closed(HOST), is_ours=True)
    assert counters.get(Count.CHANNELS_CLOSED) == 1
    # A time-out proper needs one proof less.
    board.expire(Height(1, 9), 10**18)
    assert set(list_ready(board)) == {(WorkKind.TIMEOUT, 1), (WorkKind.TIMEOUT, 2)}


def test_a_closed_host_receives_nothing() -> None:
    board, _ = make_board()
    board.add(make_work(1))
    board.apply_host(make_closed(HOST), is_ours=False)
    board.add(make_work(2))
    assert list_ready(board) == []


def test_what_is_set_aside_stays_until_it_is_released_or_done_by_others() -> None:
    board, counters = make_board()
    for sequence in (1, 2):
        board.add(make_work(sequence))
    first, second = board.list_ready(100)
    board.set_aside(first, "refused")
    board.set_aside(second, "refused")

    assert counters.get(Count.SET_ASIDE) == 2
    assert not board.add(make_work(1))
    board.apply_host(make_event(RECV, make_packet(2)), is_ours=False)
    assert [key.sequence for key in board.aside] == [1]
    board.release()
    assert board.add(make_work(1))


def test_events_overtake_the_fate_of_a_transaction() -> None:
    """A work that a block ended is neither put back nor held when its transaction is judged."""
    board, _ = make_board()
    board.add(make_work(1))
    (work,) = board.list_ready(100)
    board.depart([work])
    board.apply_host(make_event(RECV, make_packet(1)), is_ours=False)

    assert not board.hold(work.retry())
    board.put_back([work.retry()])
    board.set_aside(work, "refused")
    assert (board.waiting_count, board.flying_count, board.aside) == (0, 0, {})


def test_too_long_a_memo_is_left_to_others() -> None:
    limits = TransferLimits(max_memo_bytes=200, max_receiver_bytes=100)
    board, counters = make_board(packet_filter=PacketFilter(limits=limits))
    for sequence, memo, receiver in (
        (1, "m" * 200, "r"),
        (2, "m" * 201, "r"),
        (3, "", "r" * 101),
        (4, "é" * 101, "r"),
    ):
        data = TransferData("uwatt", 1, "s", receiver, memo).encode()
        board.apply_source(make_event(SEND, make_packet(sequence, data=data)), 5)

    assert list_ready(board) == [(WorkKind.RECEIVE, 1)]
    assert counters.get(Count.FILTERED) == 3
    assert {key.sequence for key in board.aside} == {2, 3, 4}


def test_data_that_cannot_be_read_is_carried() -> None:
    """Its chain answers with an error, which returns the money; left alone it would be stuck."""
    board, _ = make_board(packet_filter=PacketFilter(limits=TransferLimits(10, 10)))
    board.apply_source(make_event(SEND, make_packet(1, data=b"\xff" * 500)), 5)
    assert list_ready(board) == [(WorkKind.RECEIVE, 1)]


def test_only_what_is_wanted_is_taken() -> None:
    board, _ = make_board(is_wanted=lambda work: work.sequence == 2)
    for sequence in (1, 2, 3):
        board.add(make_work(sequence))
    assert list_ready(board) == [(WorkKind.RECEIVE, 2)]
    key = WorkKey(Direction.INBOUND, EndName(*HOST), 2)
    assert board.knows(key)
    assert not board.knows(key._replace(sequence=1))


@given(st.lists(st.tuples(st.sampled_from("sdbafhr"), st.integers(1, 4)), max_size=40))
def test_a_work_is_in_one_place_only(steps: list[tuple[str, int]]) -> None:
    """Whatever comes in whatever order: waiting, flying and aside never share a work."""
    board, counters = make_board()
    started = 0
    for action, sequence in steps:
        ready = [work for work in board.list_ready(100) if work.sequence == sequence]
        if action == "s":
            started += board.add(make_work(sequence))
        elif action == "d":
            board.depart(ready)
        elif action == "b":
            board.put_back([make_work(sequence).retry()])
        elif action == "h":
            board.hold(make_work(sequence))
        elif action == "a":
            board.set_aside(make_work(sequence), "refused")
        elif action == "f":
            board.apply_host(make_event(RECV, make_packet(sequence)), is_ours=True)
        else:
            board.release()
        places = [set(board._waiting), set(board._flying), set(board.aside)]
        assert sum(map(len, places)) == len(set().union(*places))
    assert counters.get(Count.RECEIVED) <= started


def test_routes_are_known() -> None:
    board, _ = make_board()
    assert board.routes == (ROUTE,)
