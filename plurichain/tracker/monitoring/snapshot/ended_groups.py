"""What has ended, in groups and sums: a history of any length costs little to look at.

Packets that wait are few and are looked at one by one (``tallies``); the others never
change again, so that groups of them are told as one packet would be. Percentiles are of the
last thousand durations, everything else of all.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from plurichain.ibc.packet import ProtocolVersion
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.channel_figures import compute_percentile
from plurichain.tracker.ended_packets import LONGEST_NS, EndedPackets, Spread, get_book, tell_group
from plurichain.tracker.monitoring.snapshot.items import LATENCY_BOUNDS_NS, Latency
from plurichain.tracker.reading import End

if TYPE_CHECKING:
    from plurichain.tracker.coverage import ChainView
    from plurichain.tracker.store import PacketStore

Key = tuple[str, End]
_UNSENT: Final = """
SELECT a.chain_id, a.protocol, a.port, a.channel, count(*)
FROM received r
JOIN route b ON b.chain_id = r.chain_id AND b.protocol = r.protocol AND b.port = r.port
    AND b.channel = r.channel AND b.peer_port = r.peer_port AND b.peer_channel = r.peer_channel
JOIN route a ON a.chain_id = b.peer_chain_id AND a.protocol = r.protocol
    AND a.port = r.peer_port AND a.channel = r.peer_channel AND a.peer_chain_id = r.chain_id
    AND a.peer_port = r.port AND a.peer_channel = r.channel
LEFT JOIN sent s ON s.chain_id = a.chain_id AND s.protocol = r.protocol
    AND s.port = r.peer_port AND s.channel = r.peer_channel AND s.sequence = r.sequence
WHERE s.sequence IS NULL GROUP BY a.chain_id, a.protocol, a.port, a.channel
"""


@dataclass(frozen=True, slots=True)
class SettledGroup:
    """Packets of one end and one class. ``oldest_sent_ns``: the block time of the first that
    was sent, of those ``aged`` ones whose time is known."""

    key: Key
    peer_chain_id: str | None
    peer: End
    story: StoryClass
    count: int
    aged: int
    oldest_sent_ns: int | None


def look_at_ended(store: PacketStore, views: dict[str, ChainView]) -> dict[Key, EndedPackets]:
    """Return what all packets that their sources have ended add up to. Within ``opened_view``."""
    book = get_book(store, LATENCY_BOUNDS_NS, LONGEST_NS)
    return {
        (chain_id, End(ProtocolVersion(protocol), port, channel)): ended
        for (chain_id, protocol, port, channel), ended in book.look(store, views).items()
    }


def list_settled(ended: dict[Key, EndedPackets]) -> Iterator[SettledGroup]:
    """Yield ended packets in groups, told as one packet would be."""
    for key, packets in ended.items():
        for group_key, group in packets.groups.items():
            peer_chain_id, port, channel, *_ = group_key
            yield SettledGroup(
                key=key,
                peer_chain_id=peer_chain_id,
                peer=End(key[1].protocol, port, channel),
                story=tell_group(group_key),
                count=group.count,
                aged=group.aged,
                oldest_sent_ns=group.oldest_sent_ns,
            )


def count_unsent(store: PacketStore, views: dict[str, ChainView]) -> dict[Key, int]:
    """Return how many packets were received whose sending was not read, by their source.

    Where every block of every chain was read since the first there are none.
    """
    if all(view.is_complete and view.ranges[0].first <= 1 for view in views.values()):
        return {}
    return {
        (chain_id, End(ProtocolVersion(protocol), port, channel)): int(count)
        for chain_id, protocol, port, channel, count in store.query(_UNSENT)
    }


def make_latency(spread: Spread | None, waiting_ns: Sequence[int] = ()) -> Latency:
    """Return how durations are spread, those of packets that have not ended among them."""
    whole = Spread() if spread is None else copy.deepcopy(spread)
    for duration in waiting_ns:
        whole.add(duration, LATENCY_BOUNDS_NS, LONGEST_NS)
    if not whole.count:
        return Latency()
    recent = sorted(whole.recent)
    return Latency(
        count=whole.count,
        total_ns=whole.total_ns,
        below=tuple(accumulate(whole.below[:-1])),
        p50_ns=compute_percentile(recent, 50),
        p95_ns=compute_percentile(recent, 95),
    )
