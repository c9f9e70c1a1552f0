"""Any story of three chains, read in any way, cut off anywhere: what is told of it is true.

A class that is told is the packet's class; what blocks did not tell is unknown, and no count is
0 that need not be. Which chain is read when, in what pieces, and how often reading begins again
leaves no mark in the database.
"""

from __future__ import annotations

import contextlib
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plurichain.ibc.overdue import (
    AlarmKind,
    Thresholds,
    is_ended_by_destination,
    judge_packet,
)
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.blocks import Absence, Missing, TrackedBlock
from plurichain.tracker.dump import dump_store
from plurichain.tracker.monitoring.alarms.packet_watch import PacketWatch
from plurichain.tracker.monitoring.snapshot.items import ChannelItem
from plurichain.tracker.monitoring.snapshot.taking import take_snapshot
from plurichain.tracker.monitoring.waits import find_wait
from plurichain.tracker.observations import ChannelState, Contact, Observations
from plurichain.tracker.reading import End
from plurichain.tracker.relayers import list_relayers
from plurichain.tracker.store import PacketStore, Route
from plurichain.tracker.views import PacketRow, find_packet, list_packets, list_unended, opened_view
from tests.unit.tracker.grids import SECOND_NS
from tests.unit.tracker.story_model import LANES, NAMES, Lane, Life, Story

Case = tuple[str, AlarmKind, End]
"""What is overdue: on which chain, how, and over which end."""
NOW_NS = 10**18
MARGIN_S = 120
"""How far the block times of two chains may be apart."""
PATIENT = Thresholds(lag_ns=10**19)
EAGER = Thresholds(
    receive_ns=100 * SECOND_NS, answer_ns=150 * SECOND_NS, acknowledge_ns=60 * SECOND_NS,
    refund_ns=40 * SECOND_NS,
)  # fmt: skip
EXAMPLES = min(settings().max_examples, 1_000)
IS_LONG = EXAMPLES > 100


def few(count: int) -> Any:
    """Return how many stories are tried: more in the long run."""
    return settings(
        max_examples=EXAMPLES if IS_LONG else count,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


stories = st.builds(Story, st.integers(0, 2**32), st.integers(0, 160))
seeds = st.integers(0, 2**32)


# --- what is read ---------------------------------------------------------------------------------


@dataclass
class Part:
    """What is read of one chain: the blocks ``read`` of those up to ``top``."""

    read: set[int]
    top: int
    news: list[TrackedBlock | Missing] = field(default_factory=list)

    def has_all(self, first: int) -> bool:
        return all(height in self.read for height in range(first, self.top + 1))

    @property
    def tail(self) -> int | None:
        """The first of the blocks that were read without a gap up to the last."""
        if self.top not in self.read:
            return None
        return next(height for height in range(self.top, -1, -1) if height - 1 not in self.read)


@dataclass
class Reading:
    """What is read of all chains, and which ends are told where they lead."""

    parts: dict[str, Part]
    told: list[Lane]

    @property
    def is_whole(self) -> bool:
        return len(self.told) == len(LANES) and all(each.has_all(1) for each in self.parts.values())

    def knows(self, lane: Lane) -> bool:
        """Whether both chains say that the ends lead to each other."""
        back = Lane(lane.destination, lane.peer, lane.source, lane.end)
        return lane in self.told and back in self.told


def draw_reading(story: Story, rng: random.Random) -> Reading:
    has_gaps = rng.random() < 0.7
    parts = {name: draw_part(story, name, rng, has_gaps=has_gaps) for name in NAMES}
    left_out = rng.choice([None, None, None, *LANES])
    return Reading(parts, [lane for lane in LANES if lane != left_out])


def draw_part(story: Story, name: str, rng: random.Random, *, has_gaps: bool) -> Part:
    blocks = story.chains[name].blocks
    top = rng.choice([len(blocks), len(blocks), rng.randint(1, len(blocks))])
    unread: set[int] = set()
    begins_late = has_gaps and rng.random() < 0.3
    if begins_late:
        unread |= set(range(1, rng.randint(1, top)))
    for _ in range(rng.choice([0, 0, 1, 2]) if has_gaps else 0):
        first = rng.randint(1, top)
        unread |= set(range(first, min(first + rng.randint(0, 6), top) + 1))
    if begins_late and len(unread) == top:
        unread.discard(top)
    part = Part(set(range(1, top + 1)) - unread, top)
    first, height = (min(part.read) if begins_late else 1), 0
    for height in range(first, top + 1):
        add_news(part, blocks[height - 1], rng, is_first=height == first)
    return part


def add_news(part: Part, block: TrackedBlock, rng: random.Random, *, is_first: bool) -> None:
    """Have a block, or that it is missing, follow; empty ones may be told with the next."""
    last = None if is_first or not part.news else part.news[-1]
    if block.height not in part.read:
        if isinstance(last, Missing) and rng.random() < 0.7:
            part.news[-1] = replace(last, last=block.height)
        else:
            part.news.append(Missing(block.chain_id, block.height, block.height, Absence.PRUNED))
        return
    is_empty = isinstance(last, TrackedBlock) and not last.txs and not last.events
    before = part.news[-2] if len(part.news) > 1 else None
    if is_empty and isinstance(before, TrackedBlock) and rng.random() < 0.5:
        assert isinstance(last, TrackedBlock)
        part.news[-1] = replace(block, since=last.since)
    else:
        part.news.append(block)


# --- how it is read -------------------------------------------------------------------------------


class CutOffError(Exception):
    """The end of a process, at a statement."""


class Tracker:
    """Takes in what is read; may be cut off and begin again."""

    def __init__(self, place: str, reading: Reading) -> None:
        self.place, self.reading = place, reading
        self.ends_often = True
        self.store = PacketStore.open(place)

    def run_straight(self) -> None:
        for lane in self.reading.told:
            self.add_route(lane)
        for part in self.reading.parts.values():
            for news in part.news:
                assert self.store.take_in(news)

    def add_route(self, lane: Lane) -> None:
        self.store.add_route(Route(lane.source, lane.end, lane.destination, lane.peer))

    def run_wildly(self, rng: random.Random) -> Iterator[str]:
        """Yield the chain after each block; all is read in the end, in any order."""
        left: list[Any] = list(self.reading.told)
        rng.shuffle(left)
        waiting = {name: list(part.news) for name, part in self.reading.parts.items()}
        while any(waiting.values()):
            name = rng.choice([name for name, news in waiting.items() if news])
            for _ in range(rng.choice([1, 1, 3, 9])):
                if not waiting[name]:
                    break
                self.take_in(waiting[name].pop(0), rng)
                yield name
            if left and rng.random() < 0.4:
                self.add_route(left.pop())
            if rng.random() < 0.1:
                old = rng.choice(self.reading.parts[name].news)
                cursor = self.store.get_cursor(name)
                last = old.last if isinstance(old, Missing) else old.height
                if cursor is not None and last <= cursor.height:
                    assert not self.store.take_in(old)
        for lane in left:
            self.add_route(lane)

    def take_in(self, news: TrackedBlock | Missing, rng: random.Random) -> None:
        while self.ends_often and rng.random() < 0.15:
            self.cut_off(news, rng.randint(1, 14))
        self.store.take_in(news)

    def cut_off(self, news: TrackedBlock | Missing, at: int) -> None:
        """Take something in as a process that ends at its ``at``-th statement would."""
        database: Any = self.store._database
        execute, left = database._execute, at

        def cut(statement: str, *parameters: Any, **more: Any) -> Any:
            nonlocal left
            if statement != "ROLLBACK":
                left -= 1
                if left <= 0:
                    raise CutOffError
            return execute(statement, *parameters, **more)

        database._execute = cut
        with contextlib.suppress(CutOffError):
            self.store.take_in(news)
        del database._execute
        self.store.close()
        self.store = PacketStore.open(self.place)


@contextlib.contextmanager
def opened_tracker(reading: Reading, place: str | None = None) -> Iterator[Tracker]:
    with tempfile.TemporaryDirectory() as folder:
        tracker = Tracker(place or str(Path(folder) / "packets.db"), reading)
        try:
            yield tracker
        finally:
            tracker.store.close()


def list_rows(store: PacketStore) -> list[PacketRow]:
    with opened_view(store) as views:
        return list(list_packets(store, views))


# --- what is true ---------------------------------------------------------------------------------


def judge(story: Story, life: Life, reading: Reading) -> StoryClass:
    """Return the class that a packet has when each chain is at the top of its part.

    That an end was closed only the block says in which it was: where that was not read the end
    counts as open (what nodes are asked for tells that it is not, and is an alarm).
    """
    lane = life.lane
    here, there = reading.parts[lane.source], reading.parts[lane.destination]
    if life.ended and life.ended.height <= here.top:
        if life.is_timeout:
            return StoryClass.REFUNDED
        return StoryClass.FAILED_REFUNDED if life.is_error else StoryClass.ACKED
    if life.answered and life.answered.height <= there.top:
        return StoryClass.REFUND_PENDING if life.is_error else StoryClass.ACK_PENDING
    if life.received and life.received.height <= there.top:
        return StoryClass.RECEIVED_UNACKED
    chain = story.chains[lane.destination]
    if life.is_refused_at(there.top, chain.get_time_s(there.top)):
        return StoryClass.EXPIRED
    for name, end in ((lane.source, lane.end), (lane.destination, lane.peer)):
        closed = story.chains[name].closed.get(end)
        if closed and closed.height in reading.parts[name].read:
            return StoryClass.STRANDED
    return StoryClass.UNRECEIVED


def expect(story: Story, life: Life, reading: Reading) -> StoryClass:
    """Return what can be said of a packet that was seen sent, by the blocks that were read."""
    here, there = (reading.parts[name] for name in (life.lane.source, life.lane.destination))
    read = there.read if reading.knows(life.lane) else set()
    truth = judge(story, life, reading)
    is_answer_read = life.answered is not None and life.answered.height in read
    if life.ended and life.ended.height in here.read:
        return truth if life.is_timeout or is_answer_read else StoryClass.ANSWER_UNREAD
    if not here.has_all(life.sent.height):
        return StoryClass.UNKNOWN
    if is_answer_read:
        return truth
    if life.received and life.received.height in read:
        return truth if there.has_all(life.received.height) else StoryClass.UNKNOWN
    return truth if read and is_all_read(story, life, there) else StoryClass.UNKNOWN


def is_all_read(story: Story, life: Life, there: Part) -> bool:
    """Whether blocks that were not read cannot tell that the destination received a packet."""
    chain, tail = story.chains[life.lane.destination], there.tail
    if tail is None:
        return False
    if tail <= max(chain.opened.get(life.lane.peer, 0), 1):
        return True
    return chain.get_time_s(tail) + MARGIN_S <= life.sent.time_s


def list_sent(story: Story, reading: Reading) -> dict[tuple[str, End, int], Life]:
    """Return the packets whose sending was read."""
    return {
        (life.lane.source, life.lane.end, life.sequence): life
        for life in story.lives
        if life.sent.height in reading.parts[life.lane.source].read
    }


def check_packets(story: Story, reading: Reading, store: PacketStore) -> None:
    lives = list_sent(story, reading)
    with opened_view(store) as views:
        rows = list(list_packets(store, views))
        keys = [(row.chain_id, row.end, row.sequence) for row in rows]
        assert len(set(keys)) == len(keys), "in two classes"
        assert set(keys) == set(lives)
        waiting = [row for row in rows if row.story.is_open]
        assert list(list_packets(store, views, only_open=True)) == waiting
        unended = [row for name in NAMES for row in list_unended(store, views, name)]
        for key, row in zip(keys, rows, strict=True):
            check_row(story, lives[key], reading, row, is_unended=row in unended)
            assert find_packet(store, views, *key) == row
    kinds = {reason for (reason,) in store.query("SELECT reason FROM oddity")}
    assert not reading.is_whole or not kinds


def check_row(
    story: Story, life: Life, reading: Reading, row: PacketRow, *, is_unended: bool
) -> None:
    lane = life.lane
    here, there = (reading.parts[name] for name in (lane.source, lane.destination))
    read = there.read if reading.knows(lane) else set()
    truth = judge(story, life, reading)
    about = (row, truth, reading)
    if row.story not in {StoryClass.UNKNOWN, StoryClass.ANSWER_UNREAD}:
        assert row.story is truth, about
    assert row.story is expect(story, life, reading), about
    assert row.age_ns is None or (row.age_ns >= 0 and row.story.is_open)
    received = life.received if life.received and life.received.height in read else None
    answered = life.answered if life.answered and life.answered.height in read else None
    ended = life.ended if life.ended and life.ended.height in here.read else None
    assert is_unended == (ended is None)
    facts = (life.sent, received, answered, ended)
    times = (row.sent_time_ns, row.received_time_ns, row.answered_time_ns, row.ended_time_ns)
    assert times == tuple(None if each is None else each.time_s * SECOND_NS for each in facts)
    told = (row.sent_by, row.received_by, row.ended_by)
    assert told == tuple(None if each is None else each.by for each in (life.sent, received, ended))
    assert row.destination_chain_id == (lane.destination if reading.knows(lane) else None)


def check_relayers(story: Story, reading: Reading, store: PacketStore) -> None:
    expected: Counter[tuple[str, str, str, int]] = Counter()
    for name, chain in story.chains.items():
        for each in chain.brought:
            if each.height in reading.parts[name].read:
                expected[name, each.signer, each.kind.value, not each.is_first] += 1
        for height, signer in chain.failed:
            if height in reading.parts[name].read:
                expected[name, signer, "failed", 0] += 1
    found: Counter[tuple[str, str, str, int]] = Counter()
    for figures in list_relayers(store):
        who = (figures.chain_id, figures.signer)
        found[*who, "failed", 0] += sum(figures.failed.values())
        for kind, relayed in figures.relayed.items():
            assert relayed.inferred == 0
            found[*who, kind.value, 0] += relayed.effected
            found[*who, kind.value, 1] += relayed.redundant
    assert +found == expected


# --- figures of channels --------------------------------------------------------------------------


def observe(story: Story, reading: Reading, store: PacketStore, rng: random.Random) -> set[str]:
    """Keep what nodes answered, truly; returns the chains that were read up to now."""
    current = {name for name in NAMES if rng.random() < 0.8}
    kept = Observations(store)
    for name in sorted(current):
        time_ns = story.chains[name].get_time_s(reading.parts[name].top) * SECOND_NS
        kept.save(Contact(name, name, NOW_NS, NOW_NS, head_time_ns=time_ns, is_catching_up=False))
    for lane in LANES:
        if not lane.is_v2 and rng.random() < 0.5:
            kept.save(make_channel_state(story, reading.parts[lane.source], lane, rng))
    return current


def make_channel_state(story: Story, here: Part, lane: Lane, rng: random.Random) -> ChannelState:
    """Return how many packets the state after some block holds, and how many no block told of."""
    height = rng.randint(1, here.top)
    held = [
        life
        for life in story.lives
        if life.lane == lane
        and life.sent.height <= height
        and not (life.ended and life.ended.height <= height)
    ]
    unread = sum(life.sent.height not in here.read for life in held)
    return ChannelState(
        lane.source, lane.end.protocol.value, lane.end.port, lane.end.channel, NOW_NS, NOW_NS,
        height=height, commitments=len(held), unread=unread,
    )  # fmt: skip


def take_channels(store: PacketStore) -> dict[tuple[str, End], ChannelItem]:
    channels = take_snapshot(store, NOW_NS, PATIENT).channels
    found = {(item.chain_id, item.end): item for item in channels}
    assert len(found) == len(channels)
    return found


def check_counts(story: Story, reading: Reading, store: PacketStore, current: set[str]) -> None:
    counted: dict[tuple[str, End], Counter[StoryClass]] = {}
    for row in list_rows(store):
        counted.setdefault((row.chain_id, row.end), Counter())[row.story] += 1
    channels = take_channels(store)
    assert set(counted) <= set(channels)
    for lane in LANES:
        key = (lane.source, lane.end)
        if key in channels:
            counts = counted.get(key, Counter()) + count_unsent(story, lane, reading)
            check_channel(story, lane, reading, channels[key], counts, current)


def count_unsent(story: Story, lane: Lane, reading: Reading) -> Counter[StoryClass]:
    """Count packets of which only the destination told, if any chain has blocks not read."""
    if all(part.has_all(1) for part in reading.parts.values()):
        return Counter()  # such packets were sent later than what was read
    here, there = reading.parts[lane.source], reading.parts[lane.destination]
    return Counter(
        StoryClass.SEND_UNREAD
        for life in story.lives
        if life.lane == lane and reading.knows(lane) and life.sent.height not in here.read
        and any(fact and fact.height in there.read for fact in (life.received, life.answered))
    )  # fmt: skip


def check_channel(
    story: Story, lane: Lane, reading: Reading, item: ChannelItem,
    counts: Counter[StoryClass], current: set[str],
) -> None:  # fmt: skip
    top = reading.parts[lane.source].top
    sent = [life for life in story.lives if life.lane == lane and life.sent.height <= top]
    true = Counter(judge(story, life, reading) for life in sent)
    for story_class, told in item.counts.items():
        about = (story_class, lane, item, true, reading)
        if counts[story_class]:
            assert told == counts[story_class], about
            continue
        assert told in {0, None}, about
        assert told is None or true[story_class] == 0, about
        waits_for = {lane.source, lane.destination} if story_class.is_open else {lane.source}
        assert told is None or waits_for <= current, about
        # The destination may be read less far than its source, so that answers are missing.
        if reading.is_whole and current == set(NAMES) and not counts[StoryClass.ANSWER_UNREAD]:
            assert told == 0, about
    assert sum(each or 0 for each in item.counts.values()) == counts.total()
    assert item.oldest_ns is None or item.oldest_ns >= 0
    assert item.unaged <= sum(n for each, n in counts.items() if each.is_open)


# --- the tests ------------------------------------------------------------------------------------


@few(40)
@given(story=stories, seed=seeds)
def test_what_is_told_of_packets_is_true(story: Story, seed: int) -> None:
    reading = draw_reading(story, random.Random(seed))
    with opened_tracker(reading) as tracker:
        tracker.run_straight()
        check_packets(story, reading, tracker.store)
        check_relayers(story, reading, tracker.store)


@few(20)
@given(story=stories, seed=seeds)
def test_neither_order_nor_pieces_nor_ends_leave_a_mark(story: Story, seed: int) -> None:
    rng = random.Random(seed)
    reading = draw_reading(story, rng)
    with opened_tracker(reading) as straight, opened_tracker(reading) as wild:
        straight.run_straight()
        for _ in wild.run_wildly(rng):
            pass
        assert list(dump_store(wild.store)) == list(dump_store(straight.store))
        assert list_rows(wild.store) == list_rows(straight.store)


@pytest.mark.postgres
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=seeds)
def test_nor_do_they_on_a_server(postgres_server: Any, seed: int) -> None:
    rng = random.Random(seed)
    story = Story(seed, 80)
    reading = draw_reading(story, rng)
    place = postgres_server.make_place()
    with opened_tracker(reading) as straight, opened_tracker(reading, place) as wild:
        straight.run_straight()
        for _ in wild.run_wildly(rng):
            pass
        assert list(dump_store(wild.store)) == list(dump_store(straight.store))
        check_packets(story, reading, wild.store)
        check_relayers(story, reading, wild.store)


@few(20)
@given(story=stories, seed=seeds)
def test_no_count_is_0_that_may_be_another(story: Story, seed: int) -> None:
    """Whether channels were looked at before, and what is remembered of them, or not."""
    rng = random.Random(seed)
    reading = draw_reading(story, rng)
    with opened_tracker(reading) as straight, opened_tracker(reading) as wild:
        straight.run_straight()
        seed = rng.randint(0, 2**32)
        current = observe(story, reading, straight.store, random.Random(seed))
        check_counts(story, reading, straight.store, current)
        wild.ends_often = False
        for _ in wild.run_wildly(rng):
            if rng.random() < 0.1:
                take_channels(wild.store)
        observe(story, reading, wild.store, random.Random(seed))
        assert take_channels(wild.store) == take_channels(straight.store)


@few(15)
@given(story=stories, seed=seeds)
def test_what_is_overdue_is_seen_in_the_very_block(story: Story, seed: int) -> None:
    """Of the chain that has to act, although most blocks have nobody look through all that waits.

    Blocks of the other chain, which is read behind, may tell of what is overdue already.
    """
    rng = random.Random(seed)
    with opened_tracker(draw_reading(story, rng)) as tracker:
        tracker.ends_often = False
        watch = PacketWatch(tracker.store, EAGER, is_current=lambda _view, _limit_ns: True)
        told: dict[str, set[Case]] = {}
        for name in tracker.run_wildly(rng):
            for look in watch.take_in(name)[1]:
                told[look.chain_id] = {(look.chain_id, *case) for case in look.overdue}
            seen = set().union(*told.values())
            overdue = find_overdue(tracker.store)
            assert seen <= set(overdue), "it is over"
            assert {case for case, clock in overdue.items() if clock == name} <= seen


def find_overdue(store: PacketStore) -> dict[Case, str]:
    """Return every case with the chain that has to act, by looking at every packet."""
    found: dict[Case, str] = {}
    with opened_view(store) as views:
        for name in views:
            for row in list_unended(store, views, name):
                wait = find_wait(row, views, EAGER)
                kind = judge_packet(row.story, None if wait is None else wait.age_ns, EAGER)
                if kind is not None and row.destination_chain_id is not None:
                    acts = row.destination_chain_id if is_ended_by_destination(row.story) else name
                    found[name, kind, row.end] = acts
    return found
