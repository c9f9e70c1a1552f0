"""Alarms of packets, block by block, on two chains made by hand. A block takes a second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plurichain.ibc.overdue import Thresholds
from plurichain.tracker.blocks import Absence, Missing, RawEvent, TrackedBlock
from plurichain.tracker.coverage import ChainView
from plurichain.tracker.monitoring.alarms.board import AlarmBoard
from plurichain.tracker.observations import Alarm, Contact, Observations
from plurichain.tracker.store import PacketStore
from plurichain.tracker.views import list_unended
from tests.unit.tracker.grids import (
    ERROR,
    OK,
    SECOND_NS,
    A,
    B,
    add_routes,
    block,
    event,
    packet,
    signed,
)

LIMITS = Thresholds(
    receive_ns=10 * SECOND_NS,
    answer_ns=20 * SECOND_NS,
    acknowledge_ns=8 * SECOND_NS,
    refund_ns=4 * SECOND_NS,
    lag_ns=6 * SECOND_NS,
)
SEND = event("send_packet", packet())
RECV = event("recv_packet", packet())
ANSWER = event("write_acknowledgement", packet(), ack=OK)
REFUSAL = event("write_acknowledgement", packet(), ack=ERROR)
ACK = event("acknowledge_packet", packet())


class Grids:
    """Two chains, a board, and a local clock that stands at the newest block of either."""

    def __init__(self, store: PacketStore) -> None:
        self.store = store
        self.heights = {A: 0, B: 0}
        self.lines: list[str] = []
        self.now_ns = 0
        self.restart()

    def restart(self) -> None:
        self.board = AlarmBoard(
            self.store, LIMITS, report=self.lines.append, now_ns=lambda: self.now_ns
        )

    def go(self, chain_id: str, *events: RawEvent, times: int = 1) -> None:
        """Make blocks; the events are in the first."""
        for number in range(times):
            height = self.heights[chain_id] + 1
            self.take(
                block(chain_id, height, *([signed(*events)] if events and not number else []))
            )

    def take(self, news: TrackedBlock) -> None:
        self.store.take_in(news)
        self.heights[news.chain_id] = news.height
        self.now_ns = max(self.now_ns, news.time_ns or 0)
        self.board.take_in(news.chain_id, news.height)

    def both(self, times: int) -> None:
        for _ in range(times):
            self.go(A)
            self.go(B)

    @property
    def alarms(self) -> list[Alarm]:
        return Observations(self.store).list_alarms()

    @property
    def kinds(self) -> list[str]:
        return [alarm.kind for alarm in self.alarms]


@pytest.fixture
def grids(tmp_path: Path) -> Iterator[Grids]:
    with PacketStore.open(tmp_path / "packets.db") as store:
        add_routes(store)
        yield Grids(store)


@pytest.fixture
def on_either(store_place: str) -> Iterator[Grids]:
    """Give the same on each engine."""
    with PacketStore.open(store_place) as store:
        add_routes(store)
        yield Grids(store)


def test_a_packet_is_reported_by_the_very_block_that_makes_it_overdue(grids: Grids) -> None:
    grids.go(A, SEND)  # at 1 s
    grids.both(10)
    assert grids.heights[B] == 10
    assert not grids.alarms

    grids.go(B)  # at 11 s: ten after it was sent

    (alarm,) = grids.alarms
    assert (alarm.chain_id, alarm.kind, alarm.subject) == (A, "stuck-receive", "transfer/channel-0")
    assert alarm.since_height == 11
    assert alarm.since_ns == 11 * SECOND_NS
    assert "packet 1 to grid-2" in alarm.text
    assert grids.lines == [f"alarm: {A} transfer/channel-0: stuck-receive: {alarm.text}"]


def test_it_is_over_by_the_block_that_receives_it_and_both_are_said_once(grids: Grids) -> None:
    grids.go(A, SEND)
    grids.both(20)
    assert len(grids.lines) == 1
    grids.go(B, RECV, ANSWER)
    assert not grids.alarms
    assert grids.lines[1:] == [f"over: {A} transfer/channel-0: stuck-receive"]
    grids.both(5)
    assert len(grids.lines) == 2


def test_no_alarm_while_the_destination_is_not_read(grids: Grids) -> None:
    grids.go(A, SEND)
    grids.go(B, times=3)
    grids.go(A, times=60)  # a minute, and nobody knows what the destination did in it
    assert not grids.alarms
    # What its blocks tell later: it was received in time.
    grids.go(B, RECV, ANSWER)
    grids.go(B, times=5)
    assert not grids.lines


def test_a_chain_that_is_caught_up_with_wakes_nobody_for_what_is_long_ago(grids: Grids) -> None:
    grids.go(A, SEND)
    grids.go(A, times=34)
    grids.go(A, ACK, times=60)
    grids.go(A, event("send_packet", packet(2)), times=25)
    # The second was stuck for ten seconds, and that is long ago.
    grids.go(B, times=30)
    grids.go(B, RECV, ANSWER, times=76)
    assert not grids.alarms
    grids.go(B, event("recv_packet", packet(2)))
    grids.go(B, times=10)
    assert not grids.lines


def test_no_alarm_while_the_node_has_blocks_that_may_tell_more(grids: Grids) -> None:
    """Caught up with in less than any limit: the local clock alone would not tell."""
    grids.go(A, SEND)
    grids.both(9)
    told = Contact(B, "b", 1, answered_ns=1, head_height=20, head_time_ns=20 * SECOND_NS)
    Observations(grids.store).save(told)
    grids.go(B, times=5)
    assert not grids.alarms  # at 14 s, and the node's head is at 20
    grids.go(B)
    assert grids.kinds == ["stuck-receive"]


def test_what_is_still_stuck_is_reported_when_the_chain_is_caught_up_with(grids: Grids) -> None:
    grids.go(A, SEND)
    grids.go(A, times=60)
    grids.go(B, times=55)
    assert not grids.alarms
    grids.go(B)  # its time is five seconds old: that is now
    assert grids.kinds == ["stuck-receive"]


def test_an_answer_waits_by_the_clock_of_the_source(grids: Grids) -> None:
    grids.go(A, SEND)
    grids.go(B, times=2)
    grids.go(B, RECV, ANSWER)  # at 3 s
    grids.go(B, times=40)
    assert not grids.alarms  # the source may have it in blocks that are not read
    grids.go(A, times=9)
    grids.now_ns = 11 * SECOND_NS
    grids.restart()
    grids.go(A)  # at 11 s
    assert grids.kinds == ["stuck-acknowledgement"]
    grids.go(A, ACK)
    assert not grids.alarms


def test_an_application_that_does_not_answer(grids: Grids) -> None:
    grids.go(A, SEND)
    grids.go(B, RECV)
    grids.both(19)
    assert not grids.alarms
    grids.go(B)
    assert grids.kinds == ["stuck-answer"]
    grids.go(B, ANSWER)
    assert not grids.alarms


def test_a_refusal_that_is_not_brought_back(grids: Grids) -> None:
    grids.go(A, SEND)
    grids.go(B, RECV, REFUSAL)  # at 1 s
    grids.both(3)
    assert not grids.alarms
    grids.go(A)
    assert grids.kinds == ["refund-overdue"]


def test_an_expired_packet_whose_refund_is_overdue(grids: Grids) -> None:
    expiring = packet(expires_s=6)
    grids.go(A, event("send_packet", expiring))
    grids.both(8)  # B is at 8: its time is over since 6
    assert not grids.alarms
    grids.go(A)  # at 10
    (alarm,) = grids.alarms
    assert alarm.kind == "refund-overdue"
    assert alarm.since_ns == 10 * SECOND_NS
    grids.go(A, event("timeout_packet", expiring))
    assert not grids.alarms


def test_a_channel_has_one_alarm_however_many_packets_wait(on_either: Grids) -> None:
    grids = on_either
    grids.go(A, *(event("send_packet", packet(number)) for number in range(1, 6)))
    grids.go(A, event("send_packet", packet(6)))
    grids.both(20)
    (alarm,) = grids.alarms
    assert "packet 1 " in alarm.text
    # The first is received: the alarm stands, began when it began, and names the next.
    grids.go(B, RECV, ANSWER)
    (later,) = grids.alarms
    assert (later.since_ns, later.since_height) == (alarm.since_ns, alarm.since_height)
    assert "packet 2 " in later.text
    assert len(grids.lines) == 1
    others = [packet(number) for number in range(2, 7)]
    grids.go(B, *(event("recv_packet", each) for each in others))
    assert not grids.alarms


def test_a_restart_neither_repeats_nor_forgets(on_either: Grids) -> None:
    grids = on_either
    grids.go(A, SEND)
    grids.both(15)
    assert len(grids.lines) == 1
    grids.restart()
    grids.both(5)
    assert len(grids.lines) == 1
    # Received in a block that was taken in, and the tracker killed before it judged.
    grids.store.take_in(block(B, 21, signed(RECV, ANSWER)))
    grids.heights[B] = 21
    grids.restart()
    grids.go(A)
    assert not grids.alarms
    assert grids.lines[1:] == [f"over: {A} transfer/channel-0: stuck-receive"]


def test_overdue_while_nobody_looked_is_reported_at_the_first_block(grids: Grids) -> None:
    grids.go(A, SEND)
    for height in range(1, 31):
        grids.store.take_in(block(B, height))
    grids.heights[B] = 30
    grids.now_ns = 30 * SECOND_NS
    grids.restart()
    grids.go(B)
    assert grids.kinds == ["stuck-receive"]
    assert grids.alarms[0].since_ns == 11 * SECOND_NS


def test_a_gap_neither_clears_nor_raises_what_is_not_known(grids: Grids) -> None:
    grids.go(A, SEND)
    grids.both(15)
    assert grids.kinds == ["stuck-receive"]
    height = grids.heights[B]
    grids.store.take_in(Missing(B, height + 1, height + 4, Absence.PRUNED))
    grids.heights[B] = height + 4
    grids.go(B)
    # It may have been received in there: so it may be stuck still.
    assert sorted(grids.kinds) == ["coverage-gap", "stuck-receive"]
    grids.go(A, ACK)
    assert grids.kinds == ["coverage-gap"]
    assert grids.alarms[0].subject == "blocks 16-19"


def test_a_packet_that_nobody_knows_of_keeps_no_alarm_of_others(grids: Grids) -> None:
    """What became of the first lies in blocks that were gone when tracking began."""
    grids.go(A, SEND)
    grids.store.take_in(Missing(B, 1, 4, Absence.PRUNED))
    grids.heights[B] = 4
    grids.both(130)  # far enough from those blocks for any clocks
    later = replace(packet(), sequence=packet().sequence + 1)
    grids.go(A, event("send_packet", later))
    grids.both(20)
    assert sorted(grids.kinds) == ["coverage-gap", "stuck-receive"]
    grids.restart()
    grids.go(B, event("recv_packet", later), event("write_acknowledgement", later, ack=OK))
    assert grids.kinds == ["coverage-gap"]
    grids.go(A, event("acknowledge_packet", later))
    assert grids.kinds == ["coverage-gap"]


def test_of_two_that_a_gap_makes_unknown_each_keeps_the_alarm(grids: Grids) -> None:
    later = replace(packet(), sequence=packet().sequence + 1)
    grids.go(A, SEND, event("send_packet", later))
    grids.both(15)
    begun = grids.alarms[0]
    assert (begun.first_sequence, begun.last_sequence) == (packet().sequence, later.sequence)
    height = grids.heights[B]
    grids.store.take_in(Missing(B, height + 1, height + 4, Absence.PRUNED))
    grids.heights[B] = height + 4
    grids.go(B)
    [stuck] = [alarm for alarm in grids.alarms if alarm.kind == "stuck-receive"]
    assert stuck.text == "packet 1 was overdue; what came of it is in blocks that were not read"
    assert (stuck.since_ns, stuck.last_sequence) == (begun.since_ns, later.sequence)
    grids.go(A, ACK)
    grids.restart()
    grids.go(B)
    [stuck] = [alarm for alarm in grids.alarms if alarm.kind == "stuck-receive"]
    assert stuck.text.startswith("packet 2 was overdue;")
    grids.go(A, event("acknowledge_packet", later))
    assert grids.kinds == ["coverage-gap"]
    assert grids.lines[-1] == f"over: {A} transfer/channel-0: stuck-receive"


def test_a_route_that_is_found_later_lets_packets_be_judged(tmp_path: Path) -> None:
    with PacketStore.open(tmp_path / "unrouted.db") as store:
        grids = Grids(store)
        grids.go(A, SEND)
        grids.both(20)
        assert not grids.alarms
        add_routes(store)
        grids.go(A)
        assert grids.kinds == ["stuck-receive"]


def test_most_blocks_do_not_look_through_what_waits(
    grids: Grids, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def counting(store: PacketStore, chains: dict[str, ChainView], chain_id: str) -> object:
        looked.append(chain_id)
        return list_unended(store, chains, chain_id)

    monkeypatch.setattr("plurichain.tracker.monitoring.alarms.packet_watch.list_unended", counting)
    grids.go(A, *(event("send_packet", packet(number)) for number in range(1, 50)))
    grids.both(60)
    assert grids.kinds == ["stuck-receive"]
    # Every fourth second of the chain at most: what is told next is overdue then at the earliest.
    assert len(looked) < 60


def test_contradictions_are_reported_at_once(grids: Grids) -> None:
    grids.go(A, SEND)
    grids.go(B, event("recv_packet", packet(data=b"other")))
    grids.go(A, times=9)
    assert grids.kinds == ["contradiction"]
