"""Audits by a tracker that began late or has a gap: what blocks do not tell, state does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plurichain.ibc.conservation import ChannelBalance, Verdict
from tests.unit.tracker.audits import NATIVE, NOTHING, audit
from tests.unit.tracker.grids import event
from tests.unit.tracker.money_model import NAMES, Money


@pytest.fixture
def money() -> Money:
    return Money()


def test_a_tracker_that_began_when_all_was_settled(money: Money) -> None:
    """It has read nothing but idle blocks, and knows all the same that nothing is missing."""
    sent = money.send("grid-1", "channel-0", NATIVE, 50)
    assert sent is not None
    money.receive(sent, "ok")
    money.acknowledge(sent)
    money.send("grid-2", "channel-7", money.received_path(sent), 20)
    back = money.packets[-1]
    money.receive(back, "ok")
    money.acknowledge(back)
    unread = {name: (1, money.banks[name].height) for name in ("grid-1", "grid-2")}
    for name in NAMES:
        money.banks[name].close_block()
    [found] = audit(money, unread=unread)
    assert (found.verdict, found.reason) == (
        Verdict.UNKNOWN,
        ONLY_THEN,
    )
    for name in NAMES:
        money.banks[name].close_block()
    [found] = audit(money, unread=unread)
    assert (found.verdict, found.reason, found.balance) == (
        Verdict.HOLDS, "", ChannelBalance(30, 30, 0),
    )  # fmt: skip


ONLY_THEN = (
    "grid-1 was not read beyond the time of block 5 of grid-2, the first that was read "
    "without a gap"
)


def test_packets_that_were_under_way_when_the_tracker_began(money: Money) -> None:
    """Nobody knows what is in one until it is settled; from then on all is known again."""
    sent = money.send("grid-1", "channel-0", NATIVE, 50)
    assert sent is not None
    unread = {name: (1, money.banks[name].height) for name in ("grid-1", "grid-2")}
    for name in NAMES * 2:
        money.banks[name].close_block()
    [found] = audit(money, unread=unread)
    assert found.reason == (
        "packet 1 of grid-1 transfer/channel-0 is open at 4 in state and in no block that was read"
    )
    money.receive(sent, "later")
    [found] = audit(money, unread=unread)
    assert found.verdict is Verdict.UNKNOWN
    money.answer(sent, is_error=True)
    money.acknowledge(sent)
    money.send("grid-1", "channel-0", NATIVE, 7)
    [found] = audit(money, unread=unread)
    assert (found.verdict, (found.balance or NOTHING).in_flight) == (Verdict.HOLDS, 7)


def test_packets_that_were_settled_while_nobody_read(money: Money) -> None:
    """A refusal, a time-out and a success in a gap; one that waits in it for its answer."""
    sends = [money.send("grid-1", "channel-0", NATIVE, amount) for amount in (1, 2, 4, 8, 16)]
    good, refused, expired, late, waiting = (each for each in sends if each is not None)
    first = {name: money.banks[name].height + 1 for name in ("grid-1", "grid-2")}
    money.receive(good, "ok")
    money.receive(refused, "error")
    money.receive(late, "later")
    money.acknowledge(good)
    money.acknowledge(refused)
    money.time_out(expired)
    unread = {name: (first[name], money.banks[name].height) for name in first}
    for name in NAMES * 2:
        money.banks[name].close_block()
    [found] = audit(money, unread=unread)
    assert found.reason == (
        "what came of packet 4 of grid-1 transfer/channel-0 is in blocks of grid-2 "
        "that were not read"
    )
    # Its answer is seen, and with it that it had come before.
    assert money.answer(late, is_error=False)
    [found] = audit(money, unread=unread)
    assert (found.verdict, found.balance) == (Verdict.HOLDS, ChannelBalance(25, 9, 0, in_flight=16))
    assert not waiting.is_received


def test_an_answer_that_came_back_before_the_other_chain_was_read_so_far(money: Money) -> None:
    """The moment lies before it: no packet is settled on one chain and unknown to the other."""
    sent = money.send("grid-1", "channel-0", NATIVE, 50)
    assert sent is not None
    unread = {"grid-1": (1, money.banks["grid-1"].height)}
    for name in NAMES * 2:
        money.banks[name].close_block()
    top = money.banks["grid-2"].height
    money.receive(sent, "ok")
    money.acknowledge(sent)
    [found] = audit(money, {"grid-2": top}, unread=unread)
    assert "packet 1 of grid-1 transfer/channel-0 is open at 4" in found.reason
    [found] = audit(money, unread=unread)
    assert (found.verdict, found.balance) == (Verdict.HOLDS, ChannelBalance(50, 50, 0))


def test_an_answer_to_what_was_never_sent_moves_no_audit(money: Money) -> None:
    """Anybody may relay such; a chain may repeat the words, and a late tracker hears them."""
    sent = money.send("grid-1", "channel-0", NATIVE, 50)
    assert sent is not None
    money.receive(sent, "ok")
    money.acknowledge(sent)
    unread = {name: (1, money.banks[name].height) for name in ("grid-1", "grid-2")}
    for name in NAMES * 2:
        money.banks[name].close_block()
    never = replace(sent.packet, sequence=99)
    money.banks["grid-1"].close_block(event("acknowledge_packet", never))
    [found] = audit(money, unread=unread)
    assert found.verdict is Verdict.HOLDS
    assert found.height == money.banks["grid-1"].height
