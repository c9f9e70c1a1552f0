"""What the packets of channel ends add up to: what waits one by one, what has ended in groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from plurichain.ibc.overdue import AlarmKind, Thresholds, judge_packet
from plurichain.ibc.packet import ProtocolVersion
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.ended_packets import EndedPackets
from plurichain.tracker.monitoring.snapshot.ended_groups import Key, count_unsent, list_settled
from plurichain.tracker.monitoring.waits import find_wait
from plurichain.tracker.reading import End
from plurichain.tracker.views import list_unended

if TYPE_CHECKING:
    from plurichain.tracker.coverage import ChainView
    from plurichain.tracker.store import PacketStore
    from plurichain.tracker.views import PacketRow

_AGED_BY_BOTH: Final = frozenset(
    {StoryClass.UNRECEIVED, StoryClass.ACK_PENDING, StoryClass.REFUND_PENDING}
)
"""Classes that began at one moment for both chains; of the others it is since another one."""


@dataclass(slots=True)
class Tally:
    """What the packets of one end add up to."""

    peer_chain_id: str | None = None
    peer: End | None = None
    counts: Counter[StoryClass] = field(default_factory=Counter)
    oldest_ns: dict[StoryClass, int] = field(default_factory=dict)
    unaged: int = 0
    overdue: Counter[AlarmKind] = field(default_factory=Counter)
    receiving_ns: list[int] = field(default_factory=list)

    def learn_peer(self, chain_id: str | None, end: End) -> None:
        """Note where a packet goes, unless that is known."""
        self.peer_chain_id = self.peer_chain_id or chain_id
        self.peer = self.peer or end

    def add(
        self,
        story: StoryClass,
        age_ns: int | None,
        thresholds: Thresholds,
        n: int,
        *,
        shown_ns: int | None = None,
    ) -> None:
        """Count ``n`` packets, the oldest of which is judged by this age.

        ``shown_ns`` is what it is known to have waited at least, if that is another.
        """
        self.counts[story] += n
        if not story.is_open:
            return
        if age_ns is None:
            self.unaged += n
        else:
            shown_ns = age_ns if shown_ns is None else shown_ns
            self.oldest_ns[story] = max(self.oldest_ns.get(story, 0), shown_ns)
        kind = judge_packet(story, age_ns, thresholds)
        if kind is not None:
            self.overdue[kind] += n


def count_packets(
    store: PacketStore,
    views: dict[str, ChainView],
    thresholds: Thresholds,
    ended: dict[Key, EndedPackets],
) -> dict[Key, Tally]:
    """Return what the packets of every end that blocks named add up to. Within ``opened_view``."""
    tallies = {
        key: Tally(peer_chain_id, peer)
        for key, peer_chain_id, peer in _list_ends(store)
        if key[0] in views
    }
    for group in list_settled(ended):
        tally = tallies.setdefault(group.key, Tally())
        tally.learn_peer(group.peer_chain_id, group.peer)
        now_ns, since_ns = views[group.key[0]].time_ns, group.oldest_sent_ns
        age_ns = None if now_ns is None or since_ns is None else max(now_ns - since_ns, 0)
        if group.aged:
            tally.add(group.story, age_ns, thresholds, group.aged)
        if group.count > group.aged:
            tally.add(group.story, None, thresholds, group.count - group.aged)
    for chain_id in views:
        for row in list_unended(store, views, chain_id):
            tally = tallies.setdefault((row.chain_id, row.end), Tally())
            tally.learn_peer(row.destination_chain_id, row.destination)
            if row.received_time_ns is not None and row.sent_time_ns is not None:
                tally.receiving_ns.append(row.received_time_ns - row.sent_time_ns)
            judged_ns, shown_ns = _find_ages(row, views, thresholds)
            tally.add(row.story, judged_ns, thresholds, 1, shown_ns=shown_ns)
    for key, count in count_unsent(store, views).items():
        if key[0] in views:
            tallies.setdefault(key, Tally()).add(StoryClass.SEND_UNREAD, None, thresholds, count)
    return tallies


def _find_ages(
    row: PacketRow, views: dict[str, ChainView], thresholds: Thresholds
) -> tuple[int | None, int | None]:
    """Return by which age a packet is judged, and for how long it is known to have waited.

    It is judged by the clock of the chain that has to act, which stands still where that chain
    is silent or not read yet; the other chain's clock goes on.
    """
    wait = find_wait(row, views, thresholds)
    if wait is None:
        return row.age_ns, row.age_ns
    if row.age_ns is None or row.story not in _AGED_BY_BOTH:
        return wait.age_ns, wait.age_ns
    return wait.age_ns, max(wait.age_ns, row.age_ns)


def _list_ends(store: PacketStore) -> Iterator[tuple[Key, str | None, End | None]]:
    rows = store.query(
        "SELECT e.chain_id, e.protocol, e.port, e.channel,"
        " r.peer_chain_id, r.peer_port, r.peer_channel"
        " FROM (SELECT chain_id, protocol, port, channel FROM channel_end"
        " UNION SELECT chain_id, protocol, port, channel FROM route) AS e"
        " LEFT JOIN route r ON r.chain_id = e.chain_id"
        " AND r.protocol = e.protocol AND r.port = e.port AND r.channel = e.channel"
    )
    for chain_id, protocol, port, channel, peer_chain_id, *peer in rows:
        version = ProtocolVersion(protocol)
        other = None if peer_chain_id is None else End(version, *peer)
        yield (chain_id, End(version, port, channel)), peer_chain_id, other
