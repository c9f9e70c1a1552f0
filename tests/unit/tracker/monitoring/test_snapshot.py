"""A snapshot: every figure with how fresh it is, and what is not known as None, never 0."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plurichain.ibc.overdue import AlarmKind, Thresholds
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.blocks import Absence, Missing
from plurichain.tracker.monitoring.snapshot.freshness import (
    NEVER,
    STALE_AFTER_NS,
    Freshness,
    FreshnessState,
    find_worst,
)
from plurichain.tracker.monitoring.snapshot.taking import take_snapshot
from plurichain.tracker.observations import Contact, Observations
from plurichain.tracker.store import PacketStore
from tests.unit.tracker.grids import (
    HERE,
    OK,
    SECOND_NS,
    A,
    B,
    add_routes,
    block,
    event,
    packet,
    run,
    signed,
)

NOW = 1_000 * SECOND_NS
LIMITS = Thresholds(receive_ns=5 * SECOND_NS)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PacketStore]:
    with PacketStore.open(tmp_path / "packets.db") as opened:
        yield opened


def answer(store: PacketStore, chain_id: str, now_ns: int, *, age_ns: int = 0) -> None:
    """Have a chain's node say that its last block is the one that was read."""
    cursor = store.get_cursor(chain_id)
    assert cursor is not None
    asked_ns = now_ns - age_ns
    Observations(store).save(
        Contact(
            chain_id,
            "town",
            asked_ns,
            asked_ns,
            cursor.height,
            cursor.time_ns,
            is_catching_up=False,
        )
    )


def test_every_class_of_a_channel_read_whole_is_a_number(store) -> None:
    add_routes(store)
    run(store, A, 12, {2: signed(event("send_packet", packet()))})
    run(store, B, 12, {})
    now_ns = 13 * SECOND_NS
    answer(store, A, now_ns)
    answer(store, B, now_ns)
    channel, back = take_snapshot(store, now_ns, LIMITS).channels
    assert back.open_count == 0
    assert channel.is_complete
    assert channel.is_exact
    assert channel.counts[StoryClass.UNRECEIVED] == 1
    assert all(channel.counts[story] == 0 for story in StoryClass if story != "unreceived")
    assert channel.oldest_by_class[StoryClass.UNRECEIVED] == 10 * SECOND_NS
    assert channel.overdue == {AlarmKind.STUCK_RECEIVE: 1}


@pytest.mark.parametrize("silent", [A, B])
def test_a_chain_that_is_not_heard_of_may_have_done_anything_since(
    store: PacketStore, silent: str
) -> None:
    """What was seen stays, with its age; what was not seen is not 0."""
    add_routes(store)
    run(store, A, 12, {2: signed(event("send_packet", packet()))})
    run(store, B, 12, {})
    now_ns = 13 * SECOND_NS
    for chain_id in (A, B):
        answer(store, chain_id, now_ns, age_ns=STALE_AFTER_NS + 1 if chain_id == silent else 0)
    channel, _ = take_snapshot(store, now_ns, LIMITS).channels
    assert not channel.is_exact
    assert channel.counts[StoryClass.UNRECEIVED] == 1
    assert channel.counts[StoryClass.EXPIRED] is None
    assert channel.counts[StoryClass.RECEIVED_UNACKED] is None
    # Only its own chain ends a packet.
    assert channel.counts[StoryClass.ACKED] == (None if silent == A else 0)


def test_the_oldest_goes_on_ageing_while_the_chain_that_has_to_act_stands_still(store) -> None:
    """It is judged by that chain's clock all the same: the chain may have acted long ago."""
    add_routes(store)
    run(store, A, 12, {2: signed(event("send_packet", packet()))})
    run(store, B, 3, {})
    channel, _ = take_snapshot(store, 13 * SECOND_NS, LIMITS).channels
    assert channel.oldest_ns == 10 * SECOND_NS
    assert channel.overdue == {}


def test_what_was_not_read_is_none_and_not_zero(store) -> None:
    add_routes(store)
    store.take_in(Missing(A, 1, 5, Absence.PRUNED))
    for height in range(6, 9):
        run_block(store, A, height, {7: signed(event("send_packet", packet(9)))})
    run(store, B, 9, {})
    found = take_snapshot(store, NOW, LIMITS)
    channel = found.channels[0]
    assert (channel.chain_id, channel.end) == (A, HERE)
    assert channel.counts[StoryClass.UNRECEIVED] == 1
    for story in set(StoryClass) - {StoryClass.UNRECEIVED}:
        assert channel.counts[story] is None, story
    assert not channel.is_complete
    assert found.chains[0].missing_blocks == 5
    assert found.chains[0].lag_blocks is None


def run_block(store: PacketStore, chain_id: str, height: int, words) -> None:
    store.take_in(block(chain_id, height, *([words[height]] if height in words else [])))


def test_a_channel_without_packets_has_zeros_once_its_blocks_are_read(store) -> None:
    add_routes(store)
    run(store, A, 5, {2: signed(event("send_packet", packet()))})
    run(store, B, 5, {3: signed(event("recv_packet", packet()))})
    run_block(store, B, 6, {6: signed(event("write_acknowledgement", packet(), ack=OK))})
    now_ns = 7 * SECOND_NS
    answer(store, A, now_ns)
    answer(store, B, now_ns)
    channels = take_snapshot(store, now_ns, LIMITS).channels
    assert [item.chain_id for item in channels] == [A, B]
    assert channels[1].open_count == 0
    assert set(channels[1].counts.values()) == {0}
    assert channels[0].counts[StoryClass.ACK_PENDING] == 1


def test_freshness_has_four_states() -> None:
    def state(asked: int | None, answered: int | None, error: str | None = None) -> str:
        return Freshness.judge(asked, answered, error, NOW).state.value

    assert state(None, None) == "never"
    assert state(NOW, None, "refused") == "never"
    assert state(NOW, NOW - 1) == "fresh"
    assert state(NOW, NOW - 1, "refused") == "failing"
    assert state(NOW, NOW - STALE_AFTER_NS) == "fresh"
    assert state(NOW, NOW - STALE_AFTER_NS - 1) == "stale"
    old = Freshness.judge(1, 1, None, NOW)
    assert old.age_ns(NOW) == NOW - 1
    assert NEVER.age_ns(NOW) is None
    fresh = Freshness.judge(NOW, NOW, None, NOW)
    assert find_worst(fresh, old) is old
    assert find_worst(old, NEVER, fresh).state is FreshnessState.NEVER
