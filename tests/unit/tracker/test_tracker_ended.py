"""What is remembered of ended packets is what looking at all of them anew would give."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from plurichain.tracker import coverage
from plurichain.tracker import ended_packets as ended_module
from plurichain.tracker.channel_figures import list_channel_figures
from plurichain.tracker.ended_packets import LONGEST_NS, EndedBook, EndedPackets, EndKey
from plurichain.tracker.store import PacketStore
from plurichain.tracker.views import opened_view
from tests.unit.tracker.grids import OK, SECOND_NS, A, B, add_routes, block, event, packet, signed
from tests.unit.tracker.monitoring.test_ended_groups import LAST, make_lives

BOUNDS = (5 * SECOND_NS, 20 * SECOND_NS)


@pytest.fixture
def store(store_place: str) -> Iterator[PacketStore]:
    with PacketStore.open(store_place) as opened:
        yield opened


def look(book: EndedBook, store: PacketStore) -> dict[EndKey, EndedPackets]:
    with opened_view(store) as chains:
        return book.look(store, chains)


def test_looking_again_and_again_is_looking_once(
    store: PacketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One chain lags behind the other, and a channel's end is found late."""
    monkeypatch.setattr(coverage, "CLOCKS_APART_NS", 3 * SECOND_NS)
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    rng = random.Random(seed)
    words = dict(zip((A, B), make_lives(rng), strict=True))
    heights, book, seen = {A: 0, B: 0}, EndedBook(BOUNDS, LONGEST_NS), 0
    while min(heights.values()) < LAST:
        name = rng.choice([each for each in (A, B) if heights[each] < LAST])
        for _ in range(rng.randint(1, 25)):
            heights[name] += 1
            told = words[name].get(heights[name])
            store.take_in(block(name, heights[name], *([told] if told else [])))
        if rng.random() < 0.3:
            add_routes(store)
        found = look(book, store)
        assert found == look(EndedBook(BOUNDS, LONGEST_NS), store)
        seen += len(found)
    assert seen > 0


def test_what_was_looked_at_is_not_read_again(
    store: PacketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_routes(store)
    told = [packet(number) for number in range(1, 41)]
    store.take_in(block(A, 1, signed(*[event("send_packet", each) for each in told])))
    received = [
        each
        for of in told
        for each in (event("recv_packet", of), event("write_acknowledgement", of, ack=OK))
    ]
    store.take_in(block(B, 1, signed(*received)))
    book, read = EndedBook(BOUNDS, LONGEST_NS), list[int]()
    list_ended = ended_module._list_ended

    def count(*parameters: object) -> Iterator[object]:
        rows = list(list_ended(*parameters))  # type: ignore[arg-type]
        read.append(len(rows))
        return iter(rows)

    monkeypatch.setattr(ended_module, "_list_ended", count)
    for height, part in enumerate((told[:30], told[30:35], told[35:]), 2):
        store.take_in(
            block(A, height, signed(*[event("acknowledge_packet", each) for each in part]))
        )
        [ended] = look(book, store).values()
    assert [each for each in read if each] == [30, 5, 5]
    assert ended.settling.count == 40
    assert (ended.settling.below, ended.settling.total_ns) == (
        [40, 0, 0],
        (30 * 1 + 5 * 2 + 5 * 3) * SECOND_NS,
    )


def test_another_database_of_the_same_chains_is_read_anew(tmp_path: Path) -> None:
    book = EndedBook(BOUNDS, LONGEST_NS)
    for name, count in (("one", 3), ("two", 1)):
        with PacketStore.open(tmp_path / f"{name}.db") as store:
            sends = [event("send_packet", packet(number)) for number in range(1, count + 1)]
            ends = [event("timeout_packet", packet(number)) for number in range(1, count + 1)]
            store.take_in(block(A, 1, signed(*sends)))
            for height in range(2, 2 + count):
                store.take_in(block(A, height, *([signed(*ends)] if height == 2 else [])))
            [ended] = look(book, store).values()
            assert [group.count for group in ended.groups.values()] == [count]


def test_percentiles_are_of_the_last_durations(tmp_path: Path) -> None:
    with PacketStore.open(tmp_path / "packets.db") as store:
        add_routes(store)
        first, last = range(1, 1_001), range(1_001, 2_001)
        told = {number: packet(number) for number in (*first, *last)}
        store.take_in(block(A, 1, signed(*[event("send_packet", told[n]) for n in first])))
        store.take_in(block(A, 2, signed(*[event("acknowledge_packet", told[n]) for n in first])))
        store.take_in(block(A, 3, signed(*[event("send_packet", told[n]) for n in last])))
        for height in range(4, 8):
            store.take_in(block(A, height))
        store.take_in(block(A, 8, signed(*[event("acknowledge_packet", told[n]) for n in last])))
        answers = [event("write_acknowledgement", each, ack=OK) for each in told.values()]
        store.take_in(block(B, 1, signed(*answers)))
        with opened_view(store) as chains:
            [figures] = list_channel_figures(store, chains)
        assert figures.counts == {"acked": 2_000}
        assert set(figures.settling_ns) == {5 * SECOND_NS}
        assert len(figures.settling_ns) == 1_000
