"""Very many packets that wait, clocks that are wrong, heights of another revision."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from plurichain.encoding.height import Height
from plurichain.ibc.overdue import Thresholds
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.monitoring.alarms.board import AlarmBoard
from plurichain.tracker.monitoring.snapshot.taking import take_snapshot
from plurichain.tracker.observations import Observations
from plurichain.tracker.store import PacketStore
from plurichain.tracker.views import list_packets, opened_view
from tests.unit.tracker.grids import (
    HERE,
    SECOND_NS,
    A,
    B,
    add_routes,
    block,
    event,
    packet,
    rows,
    run,
    signed,
)

BLOCKS, PACKETS_A_BLOCK = 100, 200
DAY_NS = 86_400 * SECOND_NS


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PacketStore]:
    with PacketStore.open(tmp_path / "packets.db") as opened:
        add_routes(opened)
        yield opened


def send_many(store: PacketStore, blocks: int) -> None:
    for height in range(1, blocks + 1):
        first = (height - 1) * PACKETS_A_BLOCK + 1
        events = (
            event("send_packet", packet(first + number), index=str(number))
            for number in range(PACKETS_A_BLOCK)
        )
        store.take_in(block(A, height, signed(*events)))


def test_twenty_thousand_that_wait(store: PacketStore) -> None:
    """All are listed, in memory that does not follow their number, and wake a person once."""
    send_many(store, BLOCKS)
    lines: list[str] = []
    now_ns = BLOCKS * SECOND_NS
    limits = Thresholds(receive_ns=SECOND_NS)
    board = AlarmBoard(store, limits, report=lines.append, now_ns=lambda: now_ns)
    run(store, B, BLOCKS, {})

    with opened_view(store) as chains:
        found = Counter(row.story for row in list_packets(store, chains))
        listed = list_packets(store, chains)
        tracemalloc.start()
        for _row in islice(listed, 4_000):
            pass
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    board.take_in(B, BLOCKS)

    assert found == {StoryClass.UNRECEIVED: BLOCKS * PACKETS_A_BLOCK}
    assert peak < 4_500_000, "a page of a thousand rows, and not four"
    (alarm,) = (each for each in Observations(store).list_alarms() if each.kind == "stuck-receive")
    assert "packet 1 to grid-2" in alarm.text
    assert len([line for line in lines if "stuck-receive" in line]) == 1


@pytest.mark.parametrize("skew_ns", [-DAY_NS, -SECOND_NS, 0, DAY_NS])
def test_a_clock_that_is_wrong_changes_no_age(store: PacketStore, skew_ns: int) -> None:
    """Ages are of block time; only how fresh a figure is follows the local clock."""
    run(store, A, 30, {10: signed(event("send_packet", packet()))})
    run(store, B, 40, {})
    now_ns = 40 * SECOND_NS + DAY_NS + skew_ns

    (channel,) = (
        each for each in take_snapshot(store, now_ns, Thresholds()).channels if each.end == HERE
    )
    (row,) = rows(store)

    assert channel.oldest_ns == 30 * SECOND_NS, "40 s at the destination, sent at 10 s"
    assert channel.counts[StoryClass.UNRECEIVED] == 1
    assert row.story is StoryClass.UNRECEIVED


@pytest.mark.parametrize(
    ("limit", "story"),
    [
        (Height(1, 10_000), StoryClass.EXPIRED),
        (Height(2, 5), StoryClass.EXPIRED),
        (Height(2, 6), StoryClass.UNRECEIVED),
        (Height(3, 1), StoryClass.UNRECEIVED),
    ],
)
def test_a_time_out_by_height_is_of_a_revision(
    store: PacketStore, limit: Height, story: StoryClass
) -> None:
    """The destination is of revision 2: whatever height it has, it is past those of revision 1."""
    run(store, A, 3, {2: signed(event("send_packet", replace(packet(), timeout_height=limit)))})
    run(store, B, 5, {})

    (row,) = rows(store)

    assert row.story is story
