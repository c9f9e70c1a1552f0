"""Where a packet is in its life, by its marks; and that nothing is lost or doubled."""

from __future__ import annotations

import itertools

import pytest

from plurichain.ibc.conservation import ChannelBalance, OriginBalance
from plurichain.ibc.life import (
    NEXT_MESSAGE,
    NextMessage,
    PacketClass,
    PacketMarks,
    classify_packet,
    is_next_ordered,
    is_received_ordered,
)


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        (PacketMarks(True, False, False), PacketClass.UNRECEIVED),
        (PacketMarks(True, False, False, is_due=True), PacketClass.EXPIRED),
        (PacketMarks(True, False, False, is_closed=True), PacketClass.STRANDED),
        (PacketMarks(True, False, False, is_due=True, is_closed=True), PacketClass.EXPIRED),
        (PacketMarks(True, True, False), PacketClass.RECEIVED_UNACKED),
        (PacketMarks(True, True, True), PacketClass.ACK_PENDING),
        (PacketMarks(False, True, True), PacketClass.DONE),
        (PacketMarks(False, False, False), PacketClass.DONE),
        (PacketMarks(True, False, True), PacketClass.IMPOSSIBLE),
        (PacketMarks(False, True, False), PacketClass.IMPOSSIBLE),
        (PacketMarks(False, False, True), PacketClass.IMPOSSIBLE),
    ],
)
def test_marks_make_a_class(marks: PacketMarks, expected: PacketClass) -> None:
    """What was received is not late any more, and a closed channel still brings answers back."""
    assert classify_packet(marks) is expected


def test_every_combination_has_a_class() -> None:
    """32 of them; due and closed matter only to a packet that was not received."""
    for committed, received, acked, due, closed in itertools.product([False, True], repeat=5):
        found = classify_packet(PacketMarks(committed, received, acked, due, closed))
        if (committed, received, acked) != (True, False, False):
            assert found is classify_packet(PacketMarks(committed, received, acked))
        assert found in NEXT_MESSAGE


class TwoChains:
    """A packet on two chains that follow ICS-4, to see that the table drives it to its end."""

    def __init__(self, *, due: bool, closed: bool, acks: bool) -> None:
        self.committed, self.received, self.acked = True, False, False
        self.due, self.closed, self.acks = due, closed, acks

    def read(self) -> PacketMarks:
        return PacketMarks(self.committed, self.received, self.acked, self.due, self.closed)

    def deliver(self, message: NextMessage) -> None:
        if message is NextMessage.RECV:
            assert not self.due
            assert not self.closed
            self.received, self.acked = True, self.acks
        elif message is NextMessage.ACKNOWLEDGE:
            assert self.acked
            self.committed = False
        else:
            assert not self.received
            assert self.due if message is NextMessage.TIMEOUT else self.closed
            self.committed = False


@pytest.mark.parametrize(
    ("due", "closed", "acks"), list(itertools.product([False, True], repeat=3))
)
def test_the_table_brings_a_packet_to_its_end(due: bool, closed: bool, acks: bool) -> None:
    """Each message that it names is taken; only a missing answer leaves it waiting."""
    chains = TwoChains(due=due, closed=closed, acks=acks)
    while (message := NEXT_MESSAGE[classify_packet(chains.read())]) is not None:
        chains.deliver(message)

    waits = not (due or closed or acks)
    expected = PacketClass.RECEIVED_UNACKED if waits else PacketClass.DONE
    assert classify_packet(chains.read()) is expected


def test_an_ordered_destination_counts() -> None:
    """It keeps no receipts: all below the next sequence were received."""
    assert [is_received_ordered(n, 5) for n in (4, 5, 6)] == [True, False, False]
    assert [is_next_ordered(n, 5) for n in (4, 5, 6)] == [False, True, False]


def test_the_origin_balances() -> None:
    """issued = supply + retired."""
    assert OriginBalance(issued=100, supply=70, retired=30).holds
    lost = OriginBalance(issued=100, supply=69, retired=30)
    assert (lost.holds, lost.difference) == (False, 1)


def test_a_channel_balances_at_every_moment_of_a_transfer() -> None:
    """100 go out, are split, come back, are retired, fail: the escrow is always explained."""
    moments = [
        ChannelBalance(0, 0, 0),
        ChannelBalance(100, 0, 0, in_flight=100),
        ChannelBalance(100, 100, 0),
        ChannelBalance(100, 60, 40),
        ChannelBalance(100, 50, 40, returning=10),
        ChannelBalance(90, 50, 40),
        ChannelBalance(95, 50, 40, in_flight=5),
        ChannelBalance(95, 50, 40, refunds_due=5),
        ChannelBalance(90, 50, 40),
    ]

    assert all(moment.holds for moment in moments)


def test_vouchers_without_backing_are_found() -> None:
    """The difference says how many, and its sign which side is short."""
    unbacked = ChannelBalance(escrow=90, counterparty_supply=100, counterparty_retired=0)
    stuck = ChannelBalance(escrow=100, counterparty_supply=90, counterparty_retired=0)

    assert (unbacked.difference, stuck.difference) == (-10, 10)
    assert not unbacked.holds
    assert unbacked.accounted == 100
