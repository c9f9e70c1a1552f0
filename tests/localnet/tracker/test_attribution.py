"""Who relayed, and what came back, by what real chains answer and emit."""

from __future__ import annotations

from pathlib import Path

from plurichain.harness import LocalChains
from plurichain.ibc.event_types import PacketEventKind
from plurichain.ibc.packet_story import StoryClass
from tests.localnet.ibc.relaying import HOUR_NS, send, voucher_of, wait_until
from tests.localnet.tracker.by_hand import Hand, find_sent, list_events
from tests.localnet.tracker.tracking import Tracked, tracking

SECOND_NS = 10**9
OF_PACKET = "chain_id = ? AND channel = ? AND sequence = ?"


def read_one(tracked: Tracked, columns: str, table: str, *name: object) -> tuple[object, ...]:
    found = tracked.store.query(f"SELECT {columns} FROM {table} WHERE {OF_PACKET}", name)
    assert len(found) == 1, (table, name)
    return found[0]


def test_repeats_nested_messages_and_refunds(linked_chains: LocalChains, tmp_path: Path) -> None:
    link = linked_chains.links[0]
    with (
        linked_chains.open_relay_chain("a") as a,
        linked_chains.open_relay_chain("b") as b,
        tracking(list(linked_chains.values()), tmp_path / "packets.db", is_late=True) as tracked,
    ):
        begun = {each.chain_id: each.client.get_latest_header().height for each in (a, b)}
        wait_until(lambda: has_read(tracked, begun), "the tracker knows what was before")
        before = count_relayed(tracked, b.chain_id, str(b.address))
        to_b = Hand(b, a, link.b.client_id)
        to_a = Hand(a, b, link.a.client_id)

        height = send(a, link.a.channel_id, str(b.address), [11, 12, 13, 14], expires_ns=HOUR_NS)
        refused = send(a, link.a.channel_id, "nobody", [15], expires_ns=HOUR_NS)
        packets = [*find_sent(a, height), *find_sent(a, refused)]
        first, second, third, fourth, fifth = (to_b.receive(each, refused) for each in packets)
        # One packet twice in a transaction: the chain takes it, and says NOOP of the second.
        received = to_b.send(*to_b.update(refused), first, first)
        inner = to_b.nest(third, second)
        answered = to_b.send(to_b.nest(second, inner, first), fourth, fifth)
        answers = {
            event.packet.sequence: event.acknowledgement
            for at in range(received, answered + 1)
            for event in list_events(b, at, PacketEventKind.WRITE_ACK)
        }
        acks = [to_a.acknowledge(each, answers[each.sequence] or b"", answered) for each in packets]
        to_a.send(*to_a.update(answered), *acks)

        channel = link.a.channel_id
        names = [(a.chain_id, channel, each.sequence) for each in packets]
        tracked.wait_for(names[:4], StoryClass.ACKED)
        tracked.wait_for(names[4:], StoryClass.FAILED_REFUNDED)
        # The events of a message that came to nothing are not there; its result is.
        repeats = [tracked.list_rows()[name].repeats for name in names]
        assert repeats == [2, 1, 0, 0, 0]
        there = [(b.chain_id, link.b.channel_id, f"{each.sequence:020d}") for each in packets]
        msgs = [read_one(tracked, "received_msg, received_result", "received", *name)
                for name in there]  # fmt: skip
        assert [result for _, result in msgs] == ["success"] * 5
        assert [msg for msg, _ in msgs[1:]] == ["0/0", "0/1/0", "1", "2"]
        after = count_relayed(tracked, b.chain_id, str(b.address))
        assert after["recv_packet"] == tuple(
            was + more for was, more in zip(before["recv_packet"], (5, 3, 0), strict=True)
        )
        here = [(a.chain_id, channel, f"{each.sequence:020d}") for each in packets]
        assert [read_one(tracked, "ended_result, returned", "sent", *name) for name in here] == [
            *[("success", None)] * 4, ("success", "15 upluri"),
        ]  # fmt: skip
        give_back_a_voucher(tracked, Hand(b, a, link.b.client_id), link.b.channel_id)
        since = "SELECT * FROM oddity WHERE chain_id = ? AND height > ?"
        for chain in (a, b):
            assert tracked.store.query(since, (chain.chain_id, begun[chain.chain_id])) == []


def has_read(tracked: Tracked, heights: dict[str, int]) -> bool:
    """Whether the tracker has read up to these blocks."""
    known = {each.chain_id: each.height for each in tracked.store.list_cursors()}
    return all(known.get(chain_id, 0) >= height for chain_id, height in heights.items())


def give_back_a_voucher(tracked: Tracked, hand: Hand, channel: str) -> None:
    """A voucher that was burnt to be sent home is minted anew when the packet times out."""
    chain = hand.host
    height = send(chain, channel, str(hand.source.address), [7],
                  denom=voucher_of(channel), expires_ns=SECOND_NS // 5)  # fmt: skip
    [packet] = find_sent(chain, height)
    due = hand.wait_due(packet)
    hand.send(*hand.update(due), hand.time_out(packet, due))
    tracked.wait_for([(chain.chain_id, channel, packet.sequence)], StoryClass.REFUNDED)
    name = (chain.chain_id, channel, f"{packet.sequence:020d}")
    assert read_one(tracked, "denom, amount, returned, ended_result", "sent", *name) == (
        f"transfer/{channel}/upluri", "7", f"7 {voucher_of(channel)}", "success",
    )  # fmt: skip


def count_relayed(tracked: Tracked, chain_id: str, signer: str) -> dict[str, tuple[int, ...]]:
    """Return (effected, redundant, inferred) by what was relayed."""
    found = tracked.store.query(
        "SELECT kind, first, repeated, inferred FROM relaying WHERE chain_id = ? AND signer = ?",
        (chain_id, signer),
    )
    return {"recv_packet": (0, 0, 0)} | {kind: tuple(counts) for kind, *counts in found}
