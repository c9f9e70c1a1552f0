"""Packets that a chain sends on, stitched: scripts of packet-forward middleware's events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plurichain.encoding.height import Height
from plurichain.ibc.journey import Continuation, JourneyState
from plurichain.ibc.packet import Packet
from plurichain.ibc.refunds import RefundVerdict
from plurichain.ibc.transfer import TransferData
from plurichain.tracker.auditing import journeys
from plurichain.tracker.auditing.journeys import Journey, list_journeys
from plurichain.tracker.auditing.refunds import list_refunds
from plurichain.tracker.blocks import Absence, Missing, RawEvent, TrackedTx
from plurichain.tracker.store import PacketStore, Route
from plurichain.tracker.views import opened_view
from tests.unit.tracker.grids import ERROR, OK, SECOND_NS, block, event, signed
from tests.unit.tracker.money_model import ENDS, make_end

A, B, C = "grid-1", "grid-2", "grid-3"
SENDER, BETWEEN, RECEIVER = "pluri1sender", "pluri1between", "pluri1receiver"


def make_packet(sequence: int, channel: str, peer: str, data: TransferData, expires: int) -> Packet:
    return Packet(
        sequence, "transfer", channel, "transfer", peer, data.encode(), Height(0, 0),
        expires * SECOND_NS,
    )  # fmt: skip


FIRST = make_packet(
    1, "channel-0", "channel-7", TransferData("upluri", 9, SENDER, BETWEEN, '{"forward":{}}'), 900
)
ONWARD = TransferData("transfer/channel-7/upluri", 9, BETWEEN, RECEIVER)
SECOND = make_packet(4, "channel-1", "channel-5", ONWARD, 50)
AGAIN = make_packet(5, "channel-1", "channel-5", ONWARD, 90)
PAID = ("coin_received", (("receiver", SENDER), ("amount", "9upluri"), ("msg_index", "0")))


def tell(kind: str, of: Packet, ack: bytes | None = None, index: str = "0") -> RawEvent:
    return event(kind, of, ack=ack, index=index)


class Script:
    """Three chains whose blocks are told one by one."""

    def __init__(self, store: PacketStore) -> None:
        self.store = store
        self.heights = dict.fromkeys((A, B, C), 0)
        for (name, channel), (peer, other) in ENDS.items():
            store.add_route(Route(name, make_end(channel), peer, make_end(other)))
        for name in (A, B, C):
            self.say(name)

    def say(self, name: str, *events: RawEvent) -> None:
        """A block with one transaction, if it has events."""
        self.add(name, *([signed(*events)] if events else []))

    def add(self, name: str, *txs: TrackedTx) -> None:
        self.heights[name] += 1
        self.store.take_in(block(name, self.heights[name], *txs))

    def wait(self, name: str, height: int) -> None:
        while self.heights[name] < height:
            self.say(name)

    def send_on(self) -> None:
        """A sends, B receives and sends on."""
        self.say(A, tell("send_packet", FIRST))
        self.say(B, tell("recv_packet", FIRST), tell("send_packet", SECOND))

    def tell_all(self) -> list[Journey]:
        with opened_view(self.store) as chains:
            return list(list_journeys(self.store, chains))

    def states(self) -> list[tuple[JourneyState, list[str]]]:
        return [
            (each.state, [hop.packet.story.value for hop in each.hops]) for each in self.tell_all()
        ]


@pytest.fixture
def script(store_place: str) -> Iterator[Script]:
    with PacketStore.open(store_place) as store:
        yield Script(store)


def test_it_arrives_and_every_answer_comes_back(script: Script) -> None:
    script.send_on()
    assert script.states() == [(JourneyState.MOVING, ["received-unacked", "unreceived"])]
    script.say(C, tell("recv_packet", SECOND), tell("write_acknowledgement", SECOND, OK))
    assert script.states() == [(JourneyState.ANSWERING, ["received-unacked", "ack-pending"])]
    script.say(B, tell("acknowledge_packet", SECOND), tell("write_acknowledgement", FIRST, OK))
    assert script.states() == [(JourneyState.ANSWERING, ["ack-pending", "acked"])]
    script.say(A, tell("acknowledge_packet", FIRST))
    [journey] = script.tell_all()
    assert journey.state is JourneyState.ARRIVED
    assert [(hop.depth, hop.packet.chain_id, hop.why) for hop in journey.hops] == [
        (0, A, None),
        (1, B, Continuation.FORWARDED),
    ]
    assert not list(list_refunds(script.store))


@pytest.mark.parametrize("is_late", [True, False])
def test_it_fails_midway_and_the_money_goes_back(script: Script, *, is_late: bool) -> None:
    script.send_on()
    if is_late:
        script.wait(C, 50)
        assert script.states() == [(JourneyState.FAILING, ["received-unacked", "expired"])]
        end = tell("timeout_packet", SECOND)
    else:
        script.say(C, tell("recv_packet", SECOND), tell("write_acknowledgement", SECOND, ERROR))
        assert script.states() == [(JourneyState.FAILING, ["received-unacked", "refund-pending"])]
        end = tell("acknowledge_packet", SECOND)
    script.say(B, end, tell("write_acknowledgement", FIRST, ERROR))
    last = "refunded" if is_late else "failed-refunded"
    assert script.states() == [(JourneyState.FAILING, ["refund-pending", last])]
    script.say(A, tell("acknowledge_packet", FIRST), PAID)
    assert script.states() == [(JourneyState.REFUNDED, ["failed-refunded", last])]
    # What failed on B went back with the answer of the first packet, which is paid on A.
    verdicts = {each.key.chain_id: each.verdict for each in list_refunds(script.store)}
    assert verdicts == {A: RefundVerdict.PAID, B: RefundVerdict.PASSED_ON}


def test_a_refund_that_does_not_come_is_missing(script: Script) -> None:
    script.send_on()
    script.say(C, tell("recv_packet", SECOND), tell("write_acknowledgement", SECOND, ERROR))
    # Neither paid, nor passed on to whom the first packet came from.
    script.say(B, tell("acknowledge_packet", SECOND))
    script.say(B, tell("write_acknowledgement", FIRST, ERROR))
    other = ("coin_received", (("receiver", BETWEEN), ("amount", "9upluri"), ("msg_index", "0")))
    script.say(A, tell("acknowledge_packet", FIRST), other)
    verdicts = {each.key.chain_id: each.verdict for each in list_refunds(script.store)}
    assert verdicts == {A: RefundVerdict.MISSING, B: RefundVerdict.MISSING}


def test_it_is_tried_again(script: Script) -> None:
    script.send_on()
    script.wait(C, 50)
    script.say(B, tell("timeout_packet", SECOND), tell("send_packet", AGAIN))
    assert script.states() == [
        (JourneyState.MOVING, ["received-unacked", "refunded", "unreceived"])
    ]
    script.say(C, tell("recv_packet", AGAIN), tell("write_acknowledgement", AGAIN, OK))
    script.say(B, tell("acknowledge_packet", AGAIN), tell("write_acknowledgement", FIRST, OK))
    script.say(A, tell("acknowledge_packet", FIRST))
    [journey] = script.tell_all()
    assert journey.state is JourneyState.ARRIVED
    assert [hop.why for hop in journey.hops] == [
        None,
        Continuation.FORWARDED,
        Continuation.RETRIED,
    ]


def test_it_stops_midway_after_it_was_called_a_success(script: Script) -> None:
    script.send_on()
    script.wait(C, 50)
    script.say(B, tell("timeout_packet", SECOND), tell("write_acknowledgement", FIRST, OK))
    script.say(A, tell("acknowledge_packet", FIRST))
    assert script.states() == [(JourneyState.STOPPED, ["acked", "refunded"])]


def test_what_somebody_sends_on_later_is_another_journey(script: Script) -> None:
    script.say(A, tell("send_packet", FIRST))
    received = (tell("recv_packet", FIRST), tell("write_acknowledgement", FIRST, OK))
    # The next message of the same transaction, and another transaction of the same block.
    script.add(
        B,
        signed(*received, tell("send_packet", SECOND, index="1")),
        signed(tell("send_packet", AGAIN)),
    )
    assert script.tell_all() == []


def test_the_answer_alone_tells_it_where_the_receipt_was_not_read(script: Script) -> None:
    script.say(A, tell("send_packet", FIRST))
    height = script.heights[B]
    script.store.take_in(Missing(B, height + 1, height + 1, Absence.PRUNED))
    script.heights[B] += 1
    script.say(B, tell("send_packet", SECOND))
    script.say(C, tell("recv_packet", SECOND), tell("write_acknowledgement", SECOND, OK))
    assert script.tell_all() == []
    script.say(B, tell("acknowledge_packet", SECOND), tell("write_acknowledgement", FIRST, OK))
    [journey] = script.tell_all()
    assert [hop.why for hop in journey.hops] == [None, Continuation.ANSWERED]


def test_a_message_that_received_two_packets_does_not_say_which_went_on(script: Script) -> None:
    other = replace(FIRST, sequence=2)
    script.say(A, tell("send_packet", FIRST), tell("send_packet", other))
    script.say(
        B, tell("recv_packet", FIRST), tell("recv_packet", other), tell("send_packet", SECOND)
    )
    assert script.tell_all() == []


def test_packets_of_one_name_on_other_chains_are_others(script: Script) -> None:
    """What B sends over its channel-1 is not what a chain it does not know sends over its own."""
    script.send_on()
    stranger = "grid-9"
    script.heights[stranger] = 0
    script.say(stranger, tell("recv_packet", FIRST), tell("send_packet", SECOND))
    [journey] = script.tell_all()
    assert [hop.packet.chain_id for hop in journey.hops] == [A, B]


@pytest.mark.parametrize("statement", [journeys._FORWARDED, journeys._RETRIED, journeys._ANSWERED])
def test_packets_are_joined_by_their_place_and_not_by_their_chain(
    tmp_path: Path, statement: str
) -> None:
    """By the chain alone every packet would be held against every other: hours for 50,000."""
    with PacketStore.open(tmp_path / "packets.db") as store:
        plan = [row[3] for row in store.query(f"EXPLAIN QUERY PLAN {statement}")]
    assert any("AUTOMATIC COVERING INDEX" in step for step in plan), plan
    assert not any(step.endswith("(chain_id=?)") for step in plan), plan
