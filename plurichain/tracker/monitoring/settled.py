"""What has ended, counted by the database: a history of any length costs little to look at.

Packets that wait are few and are looked at one by one (``channels``); the others never
change again, so that groups of them are told as one packet would be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plurichain.ibc.packet import ProtocolVersion
from plurichain.ibc.packet_story import (
    Answer,
    DestinationState,
    Halves,
    SourceState,
    StoryClass,
    tell_story,
)
from plurichain.tracker.monitoring.items import LATENCY_BOUNDS_NS, Latency
from plurichain.tracker.reading import End
from plurichain.tracker.views import HALVES

if TYPE_CHECKING:
    from plurichain.tracker.coverage import ChainView
    from plurichain.tracker.store import PacketStore

Key = tuple[str, End]
LONGEST_NS: Final = 30 * 86_400 * 10**9
"""A longer duration counts as this in sums: a chain that lies about its time breaks none."""

_END: Final = "s.chain_id, s.protocol, s.port, s.channel"
_ENDED: Final = "s.state IN ('acknowledged', 'timed-out')"
_AGREE: Final = (
    "CASE WHEN r.commitment IS NULL OR r.commitment IN ('', s.commitment) THEN 1 ELSE 0 END"
)
_GROUPS: Final = f"""
SELECT {_END}, b.chain_id, s.peer_port, s.peer_channel, s.state, r.state, r.outcome,
    {_AGREE} AS agree, count(*), count(s.sent_time_ns), min(CAST(s.sent_time_ns AS NUMERIC))
{HALVES} WHERE {_ENDED}
GROUP BY {_END}, b.chain_id, s.peer_port, s.peer_channel, s.state, r.state, r.outcome, agree
"""
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
_SENT_NS: Final = "CAST(s.sent_time_ns AS NUMERIC)"
_RECEIVING: Final = f"""
SELECT {_END}, CAST(r.received_time_ns AS NUMERIC) - {_SENT_NS} AS d
{HALVES} WHERE r.received_time_ns IS NOT NULL AND s.sent_time_ns IS NOT NULL
"""
_SETTLING: Final = f"""
SELECT {_END}, CAST(s.ended_time_ns AS NUMERIC) - {_SENT_NS} AS d
{HALVES} WHERE s.state = 'acknowledged' AND r.outcome IS NOT NULL AND {_AGREE} = 1
    AND s.ended_time_ns IS NOT NULL AND s.sent_time_ns IS NOT NULL
"""
_BELOW: Final = ", ".join(
    f"sum(CASE WHEN d <= {bound} THEN 1 ELSE 0 END)" for bound in LATENCY_BOUNDS_NS
)
_WITHIN: Final = f"CASE WHEN d < 0 THEN 0 WHEN d > {LONGEST_NS} THEN {LONGEST_NS} ELSE d END"
# Sums of microseconds: sums of nanoseconds could exceed what a database can add up.
_SPREAD: Final = f"""
SELECT chain_id, protocol, port, channel, count(*), sum({_WITHIN} / 1000), {_BELOW}
FROM (%s) AS durations GROUP BY chain_id, protocol, port, channel
"""  # noqa: S608
_PART: Final = "PARTITION BY chain_id, protocol, port, channel"
_RANKS: Final = f"""
SELECT chain_id, protocol, port, channel, d, place, total FROM (
    SELECT chain_id, protocol, port, channel, d, count(*) OVER ({_PART}) AS total,
        row_number() OVER ({_PART} ORDER BY d) AS place
    FROM (%s) AS durations
) AS ranked WHERE place = (total * 50 + 99) / 100 OR place = (total * 95 + 99) / 100
"""  # noqa: S608


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


def list_settled(store: PacketStore) -> Iterator[SettledGroup]:
    """Yield all packets that their sources have ended, in groups. Within ``opened_view``."""
    for (
        chain_id,
        protocol,
        port,
        channel,
        peer_chain_id,
        peer_port,
        peer_channel,
        *rest,
    ) in store.query(_GROUPS):
        state, peer_state, outcome, agree, count, aged, oldest = rest
        version = ProtocolVersion(protocol)
        # What was read does not matter to a packet that has ended.
        halves = Halves(
            source=SourceState(state),
            destination=DestinationState(peer_state or DestinationState.NOTHING),
            answer=None if outcome is None else Answer(outcome),
            agree=bool(agree),
        )
        yield SettledGroup(
            key=(chain_id, End(version, port, channel)),
            peer_chain_id=peer_chain_id,
            peer=End(version, peer_port, peer_channel),
            story=tell_story(halves),
            count=int(count),
            aged=int(aged),
            oldest_sent_ns=None if oldest is None else int(oldest),
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


def measure_receiving(store: PacketStore) -> dict[Key, Latency]:
    """Return how long packets took to be received, by their source."""
    return _measure(store, _RECEIVING)


def measure_settling(store: PacketStore) -> dict[Key, Latency]:
    """Return how long packets took until their answer was back, by their source."""
    return _measure(store, _SETTLING)


def _measure(store: PacketStore, durations: str) -> dict[Key, Latency]:
    ranks: dict[tuple[Key, int], int] = {}
    for chain_id, protocol, port, channel, duration, place, _ in store.query(_RANKS % durations):
        key = (chain_id, End(ProtocolVersion(protocol), port, channel))
        ranks[key, int(place)] = int(duration)
    found: dict[Key, Latency] = {}
    for chain_id, protocol, port, channel, count, total_us, *below in store.query(
        _SPREAD % durations
    ):
        key = (chain_id, End(ProtocolVersion(protocol), port, channel))
        found[key] = Latency(
            count=int(count),
            total_ns=int(total_us * 1_000),
            below=tuple(int(each) for each in below),
            p50_ns=ranks[key, -(-int(count) * 50 // 100)],
            p95_ns=ranks[key, -(-int(count) * 95 // 100)],
        )
    return found
