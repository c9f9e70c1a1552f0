"""Figures of channel ends for a snapshot, in one pass over the packets."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from plurichain.ibc.overdue import AlarmKind, Thresholds, judge_packet
from plurichain.ibc.packet import ProtocolVersion
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.monitoring.items import (
    LATENCY_BOUNDS_NS,
    NEVER,
    ChainItem,
    ChannelItem,
    Freshness,
    Latency,
    find_worst,
)
from plurichain.tracker.monitoring.waits import find_wait
from plurichain.tracker.reading import End
from plurichain.tracker.summary import compute_percentile
from plurichain.tracker.views import PacketRow, list_packets

if TYPE_CHECKING:
    from plurichain.tracker.coverage import ChainView
    from plurichain.tracker.observations import ChannelState
    from plurichain.tracker.store import PacketStore

Key = tuple[str, End]
_SETTLED = frozenset({StoryClass.ACKED, StoryClass.FAILED_REFUNDED})


@dataclass(slots=True)
class _Tally:
    """What the packets of one end add up to."""

    peer_chain_id: str | None = None
    peer: End | None = None
    counts: Counter[StoryClass] = field(default_factory=Counter)
    oldest_ns: dict[StoryClass, int] = field(default_factory=dict)
    unaged: int = 0
    overdue: Counter[AlarmKind] = field(default_factory=Counter)
    receiving_ns: list[int] = field(default_factory=list)
    settling_ns: list[int] = field(default_factory=list)

    def add(self, row: PacketRow, views: dict[str, ChainView], thresholds: Thresholds) -> None:
        """Count one packet."""
        self.counts[row.story] += 1
        if row.story.is_open:
            wait = find_wait(row, views, thresholds)
            age_ns = row.age_ns if wait is None else wait.age_ns
            if age_ns is None:
                self.unaged += 1
            else:
                self.oldest_ns[row.story] = max(self.oldest_ns.get(row.story, 0), age_ns)
            kind = judge_packet(row.story, age_ns, thresholds)
            if kind is not None:
                self.overdue[kind] += 1
        if row.sent_time_ns is None:
            return
        if row.received_time_ns is not None:
            self.receiving_ns.append(row.received_time_ns - row.sent_time_ns)
        if row.story in _SETTLED and row.ended_time_ns is not None:
            self.settling_ns.append(row.ended_time_ns - row.sent_time_ns)


def gather_channels(
    store: PacketStore,
    views: dict[str, ChainView],
    chains: tuple[ChainItem, ...],
    states: list[ChannelState],
    now_ns: int,
    thresholds: Thresholds,
) -> tuple[ChannelItem, ...]:
    """Return every end that a chain told of, in order. Within ``opened_view``."""
    tallies = {key: _Tally(peer_chain_id, peer) for key, peer_chain_id, peer in _list_ends(store)}
    for row in list_packets(store, views):
        key = (row.chain_id, row.end)
        tally = tallies.setdefault(key, _Tally())
        tally.peer_chain_id, tally.peer = row.destination_chain_id, row.destination
        tally.add(row, views, thresholds)
    told = {(each.chain_id, each.protocol, each.port, each.channel): each for each in states}
    items = {item.chain_id: item for item in chains}
    found = []
    for key in sorted(tallies, key=_sort_key):
        chain_id, end = key
        state = told.get((chain_id, end.protocol.value, end.port, end.channel))
        found.append(_make_item(key, tallies[key], state, views, items, now_ns))
    return tuple(found)


def _sort_key(key: Key) -> tuple[object, ...]:
    return (key[0], key[1].protocol, key[1].port, _sort_name(key[1].channel))


def _sort_name(channel: str) -> tuple[str, int, str]:
    """Order channel-2 before channel-10."""
    name, _, number = channel.rpartition("-")
    return (name, int(number), "") if number.isdecimal() else (channel, -1, "")


def _list_ends(store: PacketStore) -> Iterator[tuple[Key, str | None, End | None]]:
    rows = store.query(
        "SELECT e.chain_id, e.protocol, e.port, e.channel,"
        " r.peer_chain_id, r.peer_port, r.peer_channel"
        " FROM channel_end e LEFT JOIN route r ON r.chain_id = e.chain_id"
        " AND r.protocol = e.protocol AND r.port = e.port AND r.channel = e.channel"
    )
    for chain_id, protocol, port, channel, peer_chain_id, *peer in rows:
        version = ProtocolVersion(protocol)
        other = None if peer_chain_id is None else End(version, *peer)
        yield (chain_id, End(version, port, channel)), peer_chain_id, other


def _make_item(
    key: Key,
    tally: _Tally,
    state: ChannelState | None,
    views: dict[str, ChainView],
    chains: dict[str, ChainItem],
    now_ns: int,
) -> ChannelItem:
    chain_id, end = key
    here, there = views[chain_id], views.get(tally.peer_chain_id or "")
    is_sent_read = here.has_read_end(end, None)
    is_complete = is_sent_read and (
        there is not None and tally.peer is not None and there.has_read_end(tally.peer, None)
    )
    both = [chains.get(name or "") for name in (chain_id, tally.peer_chain_id)]
    asked = _judge(state, now_ns)
    unread = None if state is None else state.unread
    counts = _count_classes(
        tally.counts,
        is_sent_read=is_sent_read,
        is_all_open_seen=is_sent_read or (unread == 0 and asked.is_fresh),
    )
    return ChannelItem(
        chain_id=chain_id,
        end=end,
        peer_chain_id=tally.peer_chain_id,
        peer=tally.peer,
        counts=counts,
        oldest_ns=max(tally.oldest_ns.values(), default=None),
        oldest_by_class={story: tally.oldest_ns.get(story) for story in StoryClass},
        unaged=tally.unaged,
        overdue=dict(tally.overdue),
        receiving=compute_latency(tally.receiving_ns),
        settling=compute_latency(tally.settling_ns),
        channel_state=None if state is None else state.state,
        commitments=None if state is None else state.commitments,
        unread=unread,
        state_freshness=asked,
        freshness=find_worst(*(NEVER if each is None else each.freshness for each in both)),
        is_complete=is_complete,
        is_current=all(each is not None and each.is_current for each in both),
    )


def _judge(state: ChannelState | None, now_ns: int) -> Freshness:
    if state is None:
        return NEVER
    return Freshness.judge(state.asked_ns, state.answered_ns, state.error, now_ns)


def _count_classes(
    counts: Counter[StoryClass], *, is_sent_read: bool, is_all_open_seen: bool
) -> dict[StoryClass, int | None]:
    """Return the count of every class; where packets of it may be unread, none is not 0.

    What was not read of an answer, or of a packet's way, may belong to any class of its kind.
    All that is open was seen where every block was read, or the state holds no other packet.
    """
    is_open_known = is_all_open_seen and not counts[StoryClass.UNKNOWN]
    is_end_known = is_sent_read and not counts[StoryClass.ANSWER_UNREAD]

    def is_known(story: StoryClass) -> bool:
        if story is StoryClass.UNKNOWN:
            return is_all_open_seen
        if story is StoryClass.ANSWER_UNREAD:
            return is_sent_read
        return is_open_known if story.is_open else is_end_known

    return {story: counts[story] or (0 if is_known(story) else None) for story in StoryClass}


def compute_latency(durations_ns: list[int]) -> Latency:
    """Return how durations are spread."""
    places = [0] * (len(LATENCY_BOUNDS_NS) + 1)
    for duration in durations_ns:
        places[bisect_left(LATENCY_BOUNDS_NS, duration)] += 1
    return Latency(
        count=len(durations_ns),
        total_ns=sum(max(duration, 0) for duration in durations_ns),
        below=tuple(accumulate(places[:-1])),
        p50_ns=compute_percentile(durations_ns, 50),
        p95_ns=compute_percentile(durations_ns, 95),
    )
