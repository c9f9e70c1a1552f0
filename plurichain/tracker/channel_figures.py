"""Figures of channels: packets by class, the oldest that waits, latencies.

Every figure comes with how far both chains were read and whether anything is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from plurichain.ibc.packet import ProtocolVersion
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.coverage import ChainView
from plurichain.tracker.ended_packets import LONGEST_NS, EndedBook, EndedPackets, EndKey, tell_group
from plurichain.tracker.reading import End
from plurichain.tracker.views import PacketRow, list_unended

if TYPE_CHECKING:
    from plurichain.tracker.store import PacketStore

PERCENTILES: Final = (50, 95)


@dataclass(slots=True)
class ChannelFigures:
    """What one end of a channel sent. ``oldest_ns`` is the greatest age of what is open.

    ``unaged`` counts open packets whose age is not known; latencies are of those packets
    whose times are known, in nanoseconds: all that are under way, and the last that ended.
    """

    chain_id: str
    end: End
    destination_chain_id: str | None
    destination: End
    counts: Counter[StoryClass] = field(default_factory=Counter)
    oldest_ns: int | None = None
    unaged: int = 0
    receiving_ns: list[int] = field(default_factory=list)
    settling_ns: list[int] = field(default_factory=list)

    @property
    def open_count(self) -> int:
        """How many packets are not settled, as far as is known."""
        return sum(count for story, count in self.counts.items() if story.is_open)


def compute_percentile(values: list[int], percent: int) -> int | None:
    """Return the nearest-rank percentile, None of nothing."""
    if not values:
        return None
    rank = -(-len(values) * percent // 100)
    return sorted(values)[max(rank, 1) - 1]


def list_channel_figures(
    store: PacketStore, chains: dict[str, ChainView]
) -> Iterator[ChannelFigures]:
    """Yield the figures of each end that sent packets, in order. Within ``opened_view``.

    Of packets that have ended, latencies are those of the last thousand.
    """
    found: dict[EndKey, ChannelFigures] = {}
    for key, ended in EndedBook((), LONGEST_NS).look(store, chains).items():
        peer_chain_id, port, channel, *_ = next(iter(ended.groups))
        peer = End(ProtocolVersion(key[1]), port, channel)
        found[key] = _make_figures(key, peer_chain_id, peer)
        _add_ended(found[key], ended, chains[key[0]].time_ns)
    for chain_id in chains:
        for row in list_unended(store, chains, chain_id):
            key = (chain_id, row.end.protocol.value, row.end.port, row.end.channel)
            if key not in found:
                found[key] = _make_figures(key, row.destination_chain_id, row.destination)
            _add(found[key], row)
    for key in sorted(found, key=lambda key: (*key[:3], order_name(key[3]))):
        yield found[key]


def order_name(channel: str) -> tuple[str, int, str]:
    """Return what puts channel-2 before channel-10; no two names are equal in it."""
    name, _, number = channel.rpartition("-")
    return (name, int(number), channel) if number.isdecimal() else (channel, -1, channel)


def _make_figures(key: EndKey, peer_chain_id: str | None, peer: End) -> ChannelFigures:
    end = End(ProtocolVersion(key[1]), key[2], key[3])
    return ChannelFigures(key[0], end, peer_chain_id, peer)


def _add_ended(figures: ChannelFigures, ended: EndedPackets, now_ns: int | None) -> None:
    for key, group in ended.groups.items():
        story = tell_group(key)
        figures.counts[story] += group.count
        if story.is_open:  # two chains that contradict each other
            oldest = group.oldest_sent_ns
            if now_ns is None or oldest is None:
                figures.unaged += group.count
            else:
                figures.unaged += group.count - group.aged
                figures.oldest_ns = max(figures.oldest_ns or 0, now_ns - oldest)
    figures.receiving_ns.extend(ended.receiving.recent)
    figures.settling_ns.extend(ended.settling.recent)


def _add(figures: ChannelFigures, row: PacketRow) -> None:
    figures.counts[row.story] += 1
    if row.story.is_open:
        if row.age_ns is None:
            figures.unaged += 1
        else:
            figures.oldest_ns = max(figures.oldest_ns or 0, row.age_ns)
    if row.sent_time_ns is not None and row.received_time_ns is not None:
        figures.receiving_ns.append(row.received_time_ns - row.sent_time_ns)
