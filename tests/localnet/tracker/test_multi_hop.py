"""Packets that go on over a further channel: acknowledged late, and what the tracker says then.

The chain between receives a packet and writes no acknowledgement until the next one has ended.
Tools that list unreceived packets and unreceived acknowledgements show it in neither.
"""

from __future__ import annotations

from pathlib import Path

from plurichain.chain.ibc.packet_messages import transfer
from plurichain.ibc.forwarding import NO_RECEIVER, Forward, encode_forward_memo
from plurichain.ibc.packet_story import StoryClass
from plurichain.identifiers import Address
from plurichain.relayer.link import LinkEnd
from plurichain.units import Coin
from tests.localnet.ibc.relaying import (
    HOUR_NS,
    count_waiting,
    relaying,
    send,
    wait_settled,
    wait_until,
)
from tests.localnet.tracker.line import Line
from tests.localnet.tracker.tracking import PacketName, tracking

Sent = tuple[Coin, str]
"""A coin on grid a, and the memo that sends it on to c."""


def make_receiver(name: str) -> str:
    """Return an address of all three chains that nobody else uses."""
    return str(Address(name.encode().ljust(20, b"."), "pluri"))


def forward(end: LinkEnd, receiver: str, *, expires_ns: int = HOUR_NS, retries: int = 0) -> str:
    """Return the memo that sends a transfer on over a channel end."""
    hop = Forward(end.channel_id, receiver)
    return encode_forward_memo([hop], timeout_ns=expires_ns, retries=retries)


def send_on(line: Line, *sent: Sent) -> list[PacketName]:
    """Send coins of grid a to be forwarded by b, in one transaction; return the packets."""
    a, end = line.a, line.ab.a
    first = a.queries.get_next_sequence_send("transfer", end.channel_id)
    timeout_ns = a.client.get_latest_header().time_ns + HOUR_NS
    messages = [
        transfer(
            a.address,
            NO_RECEIVER,
            coin,
            channel=end.channel_id,
            timeout_timestamp_ns=timeout_ns,
            memo=memo,
        )
        for coin, memo in sent
    ]
    a.send(messages, purpose="test").raise_for_status()
    return [(a.chain_id, end.channel_id, first + index) for index in range(len(messages))]


def get_children(line: Line, count: int) -> list[PacketName]:
    """Return the last packets that grid b sent on to c."""
    end = line.bc.a
    following = line.b.queries.get_next_sequence_send("transfer", end.channel_id)
    return [(end.chain_id, end.channel_id, following - count + index) for index in range(count)]


def test_a_packet_that_was_sent_on_is_received_and_not_acknowledged(
    line: Line, tmp_path: Path
) -> None:
    a, b, c = line.a, line.b, line.c
    receiver = make_receiver("far away")
    voucher = line.get_voucher(line.ab.b)
    before = b.client.get_supply(voucher)
    with (
        tracking(list(line.chains.values()), tmp_path / "packets.db") as tracked,
        relaying((a, b), line.keys, line.ab),
    ):
        parents = send_on(line, (Coin("upluri", 25), forward(line.bc.a, receiver)))
        (parent,) = tracked.wait_for(parents, StoryClass.RECEIVED_UNACKED)
        children = get_children(line, 1)
        (child,) = tracked.wait_for(children, StoryClass.UNRECEIVED)
        # Its age is b's, and grows with b's blocks alone.
        aged = parent.age_ns
        assert aged is not None
        wait_until(lambda: (tracked.list_rows()[parents[0]].age_ns or 0) > aged, "it grows older")

        # The lists of other tools: neither is there anything to receive nor to acknowledge.
        sequences = a.queries.list_packet_commitments("transfer", line.ab.a.channel_id)
        assert sequences == [parents[0][2]]
        end = ("transfer", line.ab.b.channel_id, sequences)
        assert b.queries.list_unreceived_packets(*end) == []
        assert b.queries.list_acknowledged_packets(*end) == []

        # All that left a stands against vouchers on b, which left for c.
        assert b.client.get_supply(voucher) == before + 25
        with relaying((b, c), line.keys, line.bc):
            tracked.wait_for([*parents, *children], StoryClass.ACKED)
    assert (child.amount, parent.amount) == (25, 25)
    far = line.get_voucher(line.bc.b, line.ab.b)
    assert c.client.get_balances(Address.parse(receiver)) == {far: 25}
    line.assert_conserved()


def test_what_fails_beyond_the_chain_between_comes_all_the_way_back(
    line: Line, tmp_path: Path
) -> None:
    """Coins of a, b and c, refused by c or too late there: each is booked back differently on b.

    That b gave back more than it took is what once left vouchers without backing (gaia #2989).
    """
    a, b, c = line.a, line.b, line.c
    own = ["upluri", *_bring_vouchers(line)]
    before = a.client.get_balances(a.address)
    refused = forward(line.bc.a, "no address at all")
    late = forward(line.bc.a, make_receiver("late"), expires_ns=1, retries=1)
    sent = [(Coin(denom, 1_000_000), memo) for denom in own for memo in (refused, late)]

    with tracking(list(line.chains.values()), tmp_path / "packets.db") as tracked:
        with relaying((a, b), line.keys, line.ab):
            parents = send_on(line, *sent)
            tracked.wait_for(parents, StoryClass.RECEIVED_UNACKED)
        first = get_children(line, len(sent))
        tracked.wait_for(first[1::2], StoryClass.EXPIRED)
        tracked.wait_for(first[::2], StoryClass.UNRECEIVED)

        with relaying((b, c), line.keys, line.bc):
            # The refusal is written on b, and nobody has the money yet.
            tracked.wait_for(parents, StoryClass.REFUND_PENDING)
            tracked.wait_for(first[::2], StoryClass.FAILED_REFUNDED)
            tracked.wait_for(first[1::2], StoryClass.REFUNDED)
            again = get_children(line, len(sent) // 2)
            assert again[-1][2] == first[-1][2] + len(again), "the late ones were tried once more"
            tracked.wait_for(again, StoryClass.REFUNDED)
        assert count_waiting(a, line.ab.a.channel_id) == len(sent)

        with relaying((a, b), line.keys, line.ab):
            tracked.wait_for(parents, StoryClass.FAILED_REFUNDED)
    after = a.client.get_balances(a.address)
    assert {denom: after[denom] for denom in own} == {denom: before[denom] for denom in own}
    line.assert_conserved()


def _bring_vouchers(line: Line) -> list[str]:
    """Send coins of b and of c to the relayer on a; return what they are called there."""
    a, b, c = line.a, line.b, line.c
    memo = forward(line.ab.b, str(a.address))
    with relaying((a, b), line.keys, line.ab), relaying((b, c), line.keys, line.bc):
        send(b, line.ab.b.channel_id, str(a.address), [5_000_000])
        send(c, line.bc.b.channel_id, NO_RECEIVER, [5_000_000], memo=memo)
        wait_settled((b, line.ab.b.channel_id), (c, line.bc.b.channel_id))
    vouchers = [line.get_voucher(line.ab.a), line.get_voucher(line.ab.a, line.bc.a)]
    held = a.client.get_balances(a.address)
    assert all(held[voucher] >= 5_000_000 for voucher in vouchers)
    return vouchers
