"""What the database counts in groups is what is counted when every packet is looked at."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from plurichain.ibc.overdue import AlarmKind, Thresholds, judge_packet
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.blocks import Absence, Missing, TrackedTx
from plurichain.tracker.ended_packets import LONGEST_NS
from plurichain.tracker.monitoring.snapshot.taking import take_snapshot
from plurichain.tracker.monitoring.waits import find_wait
from plurichain.tracker.store import PacketStore
from plurichain.tracker.views import PacketRow, list_packets, opened_view
from tests.unit.tracker.grids import (
    DATA,
    ERROR,
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
    run,
    signed,
)
from tests.unit.tracker.monitoring.snapshots import NOW_NS, compute_latency

LIMITS = Thresholds(receive_ns=40 * SECOND_NS, refund_ns=20 * SECOND_NS)
LAST = 120


@pytest.fixture
def store(store_place):
    with PacketStore.open(store_place) as opened:
        yield opened


def make_lives(rng: random.Random) -> tuple[dict[int, TrackedTx], dict[int, TrackedTx]]:
    """Return what both chains tell of packets that live all kinds of lives."""
    words: dict[str, dict[int, list]] = {A: {}, B: {}}

    def tell(chain_id: str, height: int, told) -> None:
        words[chain_id].setdefault(height, []).append(told)

    for sequence in range(1, 60):
        sent = rng.randint(1, LAST // 2)
        of = packet(sequence, expires_s=rng.choice([0, 0, LAST // 2, LAST * 2]))
        tell(A, sent, event("send_packet", of))
        stage = rng.choice(["sent", "received", "answered", "refused", "ended", "failed",
                            "timed-out", "unread", "other"])  # fmt: skip
        received, answered = sent + rng.randint(-1, 20), sent + 22
        if stage == "timed-out":
            tell(A, answered, event("timeout_packet", of))
            continue
        if stage == "sent":
            continue
        # Another chain's words of the same packet: one of the two lies.
        heard = of if stage != "other" else replace(of, data=DATA + b" ")
        if stage != "unread":
            tell(B, max(received, 1), event("recv_packet", heard))
        if stage in {"answered", "ended", "other"}:
            tell(B, answered, event("write_acknowledgement", heard, ack=OK))
        if stage in {"refused", "failed"}:
            tell(B, answered, event("write_acknowledgement", heard, ack=ERROR))
        if stage in {"ended", "failed", "unread", "other"}:
            tell(A, answered + rng.randint(1, 9), event("acknowledge_packet", of))
    made = [{height: signed(*told) for height, told in words[name].items()} for name in (A, B)]
    return made[0], made[1]


@pytest.mark.parametrize("has_gap", [False, True])
def test_groups_are_what_single_packets_are(store, has_gap) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    add_routes(store)
    here, there = make_lives(random.Random(seed))
    run(store, A, LAST, here)
    first = LAST // 3 if has_gap else 1
    if has_gap:
        store.take_in(Missing(B, 1, first - 1, Absence.PRUNED))
    for height in range(first, LAST + 1):
        store.take_in(block(B, height, *([there[height]] if height in there else [])))
    channels = take_snapshot(store, NOW_NS, LIMITS).channels
    (item,) = [channel for channel in channels if channel.chain_id == A]
    with opened_view(store) as views:
        rows = [row for row in list_packets(store, views) if row.chain_id == A]
        waits = {row.sequence: find_wait(row, views, LIMITS) for row in rows}
        kinds = Counter(
            judge_packet(row.story, None if wait is None else wait.age_ns, LIMITS)
            for row, wait in zip(rows, waits.values(), strict=True)
        )
    assert len(rows) == 59
    counts = Counter(row.story for row in rows)
    assert {story: count for story, count in item.counts.items() if count} == counts
    assert len(counts) >= 4
    del kinds[None]
    assert item.overdue == kinds
    for story in StoryClass:
        ages = [wait.age_ns for row in rows if row.story is story and story.is_open
                and (wait := waits[row.sequence]) is not None]  # fmt: skip
        if story is not StoryClass.UNKNOWN:
            assert item.oldest_by_class[story] == max(ages, default=None), story
    assert item.unaged == 0
    assert item.receiving == compute_latency(list_receiving(rows))
    assert item.settling == compute_latency(list_settling(rows))


def list_receiving(rows: list[PacketRow]) -> list[int]:
    return [
        row.received_time_ns - row.sent_time_ns
        for row in rows
        if row.received_time_ns is not None and row.sent_time_ns is not None
    ]


def list_settling(rows: list[PacketRow]) -> list[int]:
    return [
        row.ended_time_ns - row.sent_time_ns
        for row in rows
        if row.story in {StoryClass.ACKED, StoryClass.FAILED_REFUNDED}
        and row.ended_time_ns is not None
        and row.sent_time_ns is not None
    ]


def test_a_contradiction_that_ended_still_wakes_somebody(store) -> None:
    add_routes(store)
    run(store, A, 9, {2: signed(event("send_packet", packet())),
                      5: signed(event("timeout_packet", packet()))})  # fmt: skip
    run(store, B, 9, {4: signed(event("recv_packet", packet()))})
    item = take_snapshot(store, NOW_NS, Thresholds()).channels[0]
    assert item.counts[StoryClass.IMPOSSIBLE] == 1
    assert item.oldest_by_class[StoryClass.IMPOSSIBLE] == 7 * SECOND_NS
    assert item.overdue == {AlarmKind.CONTRADICTION: 1}


def test_packets_whose_sending_was_not_read_are_counted(store) -> None:
    add_routes(store)
    store.take_in(Missing(A, 1, 5, Absence.PRUNED))
    store.take_in(block(A, 6))
    run(store, B, 9, {4: signed(event("recv_packet", packet()), event("recv_packet", packet(2)))})
    items = take_snapshot(store, NOW_NS, Thresholds()).channels
    (item,) = [item for item in items if (item.chain_id, item.end) == (A, HERE)]
    assert item.counts[StoryClass.SEND_UNREAD] == 2
    assert (item.peer_chain_id, item.peer) == (B, THERE)


def test_a_time_that_no_chain_has_breaks_nothing(store) -> None:
    add_routes(store)
    words = signed(*[event("send_packet", packet(number)) for number in range(1, 4)])
    store.take_in(block(A, 1, words))
    far = replace(block(B, 1, signed(*[event("recv_packet", packet(number)) for number in
                                       range(1, 4)])), time_ns=2**70)  # fmt: skip
    store.take_in(far)
    item = take_snapshot(store, NOW_NS, Thresholds()).channels[0]
    assert item.receiving.count == 3
    assert item.receiving.total_ns == 3 * LONGEST_NS
    assert item.receiving.below[-1] == 0
