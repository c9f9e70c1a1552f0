"""Audits by a tracker that began late or has a gap: what blocks do not tell, state does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plurichain.encoding.height import Height
from plurichain.errors import HeightPruned
from plurichain.ibc.conservation import ChannelBalance, Verdict
from plurichain.ibc.packet import Packet
from plurichain.tracker import coverage
from tests.unit.tracker.audits import NATIVE, NOTHING, audit
from tests.unit.tracker.grids import SECOND_NS, event
from tests.unit.tracker.money_model import NAMES, TICK_S, Money, Sent


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


@pytest.mark.parametrize(("ticks", "verdict"), [(2, Verdict.HOLDS), (2.1, Verdict.UNKNOWN)])
def test_the_other_chain_is_read_beyond_what_clocks_may_differ_by(
    money: Money, monkeypatch: pytest.MonkeyPatch, ticks: float, verdict: Verdict
) -> None:
    """Until then it may not have told of what had ended before the first block that was read."""
    monkeypatch.setattr(coverage, "CLOCKS_APART_NS", int(ticks * TICK_S * SECOND_NS))
    settle(money)
    unread = {name: (1, money.banks[name].height) for name in ("grid-1", "grid-2")}
    for name in NAMES * 2:
        money.banks[name].close_block()
    [found] = audit(money, unread=unread)
    begun = "grid-1 was not read beyond the time of block 3 of grid-2, the first that was read"
    reason = "" if verdict is Verdict.HOLDS else f"{begun} without a gap"
    assert (found.verdict, found.reason) == (verdict, reason)


def settle(money: Money) -> Sent:
    """Bring 50 from the first chain to the second."""
    sent = money.send("grid-1", "channel-0", NATIVE, 50)
    assert sent is not None
    money.receive(sent, "ok")
    money.acknowledge(sent)
    return sent


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


def hurry(money: Money, name: str) -> None:
    """Have a chain's clock far ahead of the others': its clients may allow for that."""
    money.banks[name].clock = (each + 100 * TICK_S for each in money.clock_s)


def test_a_packet_that_came_after_the_moment_and_was_not_seen_sent(money: Money) -> None:
    """The node that is asked is behind the one that was read, and its clock is far ahead."""
    hurry(money, "grid-2")
    money.banks["grid-2"].close_block()
    states = money.hold()
    states["grid-2"].head = money.banks["grid-2"].height
    settle(money)
    unread = {"grid-1": (1, money.banks["grid-1"].height)}
    for name in NAMES * 2:
        money.banks[name].close_block()
    [found] = audit(money, states=states, unread=unread)
    assert found.reason == ("packet 1 of grid-1 transfer/channel-0 was sent in a block not read")
    states["grid-2"].head = None
    [found] = audit(money, states=states, unread=unread)
    assert found.balance == ChannelBalance(50, 50, 0)


@pytest.mark.parametrize("is_seen", [True, False])
def test_a_packet_that_was_ended_in_a_gap_and_not_answered_at_the_moment(
    money: Money, is_seen: bool
) -> None:
    """Its answer was given where nobody has read on yet, or after the moment."""
    hurry(money, "grid-2")
    sent = money.send("grid-1", "channel-0", NATIVE, 50)
    assert sent is not None
    states, gap = money.hold(), money.banks["grid-1"].height + 1
    money.receive(sent, "later")
    top = states["grid-2"].head = money.banks["grid-2"].height
    money.answer(sent, is_error=True)
    money.acknowledge(sent)
    unread = {"grid-1": (gap, money.banks["grid-1"].height)}
    for name in NAMES * 2:
        money.banks[name].close_block()
    [found] = audit(money, None if is_seen else {"grid-2": top}, states=states, unread=unread)
    assert found.reason == (
        "packet 1 of grid-1 transfer/channel-0 was ended in a block not read, and was not "
        f"answered at {top} of grid-2"
    )
    states["grid-2"].head = None
    [found] = audit(money, states=states, unread=unread)
    assert found.balance == ChannelBalance(0, 0, 0)


def test_an_answer_that_was_told_before_its_packet_was_sent_moves_no_audit(money: Money) -> None:
    """What keeps it from being judged is the packet: nobody saw it sent, and it waits."""
    early = money.send("grid-1", "channel-0", NATIVE, 1)
    assert early is not None
    to_come = replace(early.packet, sequence=2)
    money.banks["grid-1"].close_block(event("acknowledge_packet", to_come))
    gap = money.banks["grid-1"].height + 1
    waiting = money.send("grid-1", "channel-0", NATIVE, 50)
    assert waiting is not None
    money.receive(waiting, "later")
    for name in NAMES * 2:
        money.banks[name].close_block()
    [found] = audit(money, unread={"grid-1": (gap, gap)})
    assert found.reason == (
        f"packet 2 of grid-1 transfer/channel-0 is open at {gap + 2} in state and in no block "
        "that was read"
    )


def tell_untrue(money: Money) -> dict[str, tuple[int, int]]:
    """Tell of an answer before its packet is sent, in a gap in which it times out.

    Beside it 50 are brought over. Returns the gap.
    """
    first = money.banks["grid-1"].height + 2
    late = Packet(
        1, "transfer", "channel-0", "transfer", "channel-7", b"{}", Height(0, 0), SECOND_NS
    )
    money.banks["grid-1"].close_block(event("acknowledge_packet", late))
    expired = money.send("grid-1", "channel-0", NATIVE, 7, expires_s=1)
    assert expired is not None
    money.time_out(expired)
    settle(money)
    unread = {"grid-1": (first, money.banks["grid-1"].height)}
    for name in NAMES * 2:
        money.banks[name].close_block()
    return unread


def test_an_answer_of_what_had_timed_out_moves_no_audit(money: Money) -> None:
    """It was never received where an answer of it would have been given long ago."""
    unread = tell_untrue(money)
    [found] = audit(money, unread=unread)
    assert (found.verdict, found.balance) == (Verdict.HOLDS, ChannelBalance(50, 50, 0))


def test_a_moment_before_what_was_read_is_none(money: Money) -> None:
    """What was sent after it in blocks that were not read is on the other chain already."""
    unread, states = tell_untrue(money), money.hold()
    get_time_ns, told = states["grid-1"].get_time_ns, unread["grid-1"][0] - 1

    def get_or_refuse(height: int) -> int:
        if height == told:
            raise HeightPruned(f"block {height} is gone")
        return get_time_ns(height)

    states["grid-1"].get_time_ns = get_or_refuse  # type: ignore[method-assign]
    [found] = audit(money, states=states, unread=unread)
    assert (found.verdict, found.reason) == (
        Verdict.UNKNOWN,
        f"too little was read of grid-1 since block {unread['grid-1'][1] + 1}",
    )
