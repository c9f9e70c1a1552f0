"""Figures of channel ends, as parts of a snapshot: a count where it is known, else None."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from plurichain.ibc.overdue import AlarmKind, Thresholds
from plurichain.ibc.packet import ProtocolVersion
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.channel_figures import order_name
from plurichain.tracker.ended_packets import EndedPackets
from plurichain.tracker.followed import ENDED_THERE, LASTING
from plurichain.tracker.monitoring.snapshot.ended_groups import (
    Key,
    look_at_ended,
    make_latency,
)
from plurichain.tracker.monitoring.snapshot.freshness import NEVER, find_worst
from plurichain.tracker.monitoring.snapshot.gathering import judge_round
from plurichain.tracker.monitoring.snapshot.items import ChainItem, ChannelItem, Latency
from plurichain.tracker.monitoring.snapshot.tallies import Tally, count_packets
from plurichain.tracker.reading import End

if TYPE_CHECKING:
    from plurichain.tracker.coverage import ChainView
    from plurichain.tracker.observations import ChannelState
    from plurichain.tracker.store import PacketStore


def gather_channels(
    store: PacketStore,
    views: dict[str, ChainView],
    chains: tuple[ChainItem, ...],
    states: list[ChannelState],
    now_ns: int,
    thresholds: Thresholds,
) -> tuple[ChannelItem, ...]:
    """Return every end that a chain told of, in order. Within ``opened_view``."""
    ended = look_at_ended(store, views)
    tallies = count_packets(store, views, thresholds, ended)
    told = {(each.chain_id, each.protocol, each.port, each.channel): each for each in states}
    for state in states:
        # An end that no block named may hold packets all the same, sent before the first one.
        end = End(ProtocolVersion(state.protocol), state.port, state.channel)
        if state.chain_id in views:
            tallies.setdefault((state.chain_id, end), Tally(state.peer_chain_id))
    items = {item.chain_id: item for item in chains}
    found = []
    for key in sorted(tallies, key=_sort_key):
        chain_id, end = key
        asked = told.get((chain_id, end.protocol.value, end.port, end.channel))
        known = ended.get(key, EndedPackets())
        spread = (
            make_latency(known.receiving, tallies[key].receiving_ns),
            make_latency(known.settling),
        )
        found.append(_make_item(key, tallies[key], spread, asked, views, items, now_ns))
    return tuple(found)


def _sort_key(key: Key) -> tuple[object, ...]:
    return (key[0], key[1].protocol, key[1].port, order_name(key[1].channel))


def _make_item(
    key: Key,
    tally: Tally,
    spread: tuple[Latency, Latency],
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
    is_current = [each is not None and each.is_current for each in both]
    unfollowed = tuple(each.chain_id for each in both if each is not None and not each.is_followed)
    state_freshness = judge_round(state, now_ns)
    counts = _count_classes(
        tally.counts,
        # The source alone ends packets; what waits may be moved on by both.
        is_open_current=all(is_current),
        is_end_current=is_current[0],
        is_sent_read=is_sent_read,
        is_all_open_seen=_is_all_open_seen(here, end, state),
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
        overdue=_choose_overdue(tally, chain_id, unfollowed),
        receiving=spread[0],
        settling=spread[1],
        channel_state=None if state is None else state.state,
        commitments=None if state is None else state.commitments,
        unread=None if state is None else state.unread,
        state_freshness=(
            state_freshness.forgotten() if chain_id in unfollowed else state_freshness
        ),
        freshness=find_worst(*(NEVER if each is None else each.freshness for each in both)),
        is_complete=is_complete,
        is_current=all(is_current),
        unfollowed=unfollowed,
    )


def _choose_overdue(
    tally: Tally, chain_id: str, unfollowed: tuple[str, ...]
) -> dict[AlarmKind, int]:
    """Leave out what may long be done on a chain that nobody is to follow any more."""
    found = dict(tally.overdue)
    if chain_id in unfollowed:
        return {kind: count for kind, count in found.items() if kind.value in LASTING}
    if unfollowed:
        return {kind: count for kind, count in found.items() if kind.value not in ENDED_THERE}
    return found


def _is_all_open_seen(here: ChainView, end: End, state: ChannelState | None) -> bool:
    """Tell whether no packet is under way that no block told of.

    So it is where every block was read, or where a state held no other packet and every
    block after it was read, however long ago that was.
    """
    if here.has_read_end(end, None):
        return True
    if state is None or state.unread != 0 or state.height is None:
        return False
    return state.height <= here.height and here.has_read_since(state.height + 1)


def _count_classes(
    counts: Counter[StoryClass],
    *,
    is_open_current: bool,
    is_end_current: bool,
    is_sent_read: bool,
    is_all_open_seen: bool,
) -> dict[StoryClass, int | None]:
    """Return the count of every class; where packets of it may be unread, none is not 0.

    Of a chain that is not current nobody knows what it did since. What was not read of an
    answer, or of a packet's way, may belong to any class of its kind. For what is
    ``is_all_open_seen``, see there.
    """
    is_open_known = is_all_open_seen and not counts[StoryClass.UNKNOWN]
    is_end_known = is_sent_read and not counts[StoryClass.ANSWER_UNREAD]

    def is_known(story: StoryClass) -> bool:
        if not (is_open_current if story.is_open else is_end_current):
            return False
        if story is StoryClass.UNKNOWN:
            return is_all_open_seen
        if story is StoryClass.ANSWER_UNREAD:
            return is_sent_read
        return is_open_known if story.is_open else is_end_known

    return {story: counts[story] or (0 if is_known(story) else None) for story in StoryClass}
