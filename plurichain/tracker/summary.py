"""Figures of channels: packets by class, the oldest that waits, latencies.

Every figure comes with how far both chains were read and whether anything is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.coverage import ChainView
from plurichain.tracker.reading import End
from plurichain.tracker.views import PacketRow, list_packets

if TYPE_CHECKING:
    from plurichain.tracker.store import PacketStore

PERCENTILES: Final = (50, 95)


@dataclass(slots=True)
class ChannelFigures:
    """What one end of a channel sent. ``oldest_ns`` is the greatest age of what is open.

    ``unaged`` counts open packets whose age is not known; latencies are of those packets
    whose times are known, in nanoseconds.
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


def summarize(store: PacketStore, chains: dict[str, ChainView]) -> Iterator[ChannelFigures]:
    """Yield the figures of each end that sent packets, in order. Within ``opened_view``."""
    current: ChannelFigures | None = None
    for row in list_packets(store, chains):
        if current is None or (current.chain_id, current.end) != (row.chain_id, row.end):
            if current is not None:
                yield current
            current = ChannelFigures(
                row.chain_id, row.end, row.destination_chain_id, row.destination
            )
        _add(current, row)
    if current is not None:
        yield current


def _add(figures: ChannelFigures, row: PacketRow) -> None:
    figures.counts[row.story] += 1
    if row.story.is_open:
        if row.age_ns is None:
            figures.unaged += 1
        else:
            figures.oldest_ns = max(figures.oldest_ns or 0, row.age_ns)
    if row.sent_time_ns is not None and row.received_time_ns is not None:
        figures.receiving_ns.append(row.received_time_ns - row.sent_time_ns)
    is_acked = row.story in {StoryClass.ACKED, StoryClass.FAILED_REFUNDED}
    if is_acked and row.sent_time_ns is not None and row.ended_time_ns is not None:
        figures.settling_ns.append(row.ended_time_ns - row.sent_time_ns)
