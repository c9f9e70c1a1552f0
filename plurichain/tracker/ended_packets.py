"""Packets that have ended, remembered in sums: looking again costs what came since.

What a packet's two halves say together never changes once its source has ended it and its
destination has told the answer, or was read so far that none will come. Ended packets are
read in the order in which they ended, from the first one on that may still change.
"""

from __future__ import annotations

import copy
import weakref
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from plurichain.ibc.packet_story import (
    Answer,
    DestinationState,
    Halves,
    SourceState,
    StoryClass,
    tell_story,
)
from plurichain.tracker.coverage import is_surely_after
from plurichain.tracker.views import HALVES

if TYPE_CHECKING:
    from plurichain.tracker.coverage import ChainView
    from plurichain.tracker.store import PacketStore

EndKey = tuple[str, str, str, str]
"""Chain, protocol, port and channel."""
GroupKey = tuple[str | None, str, str, str, str | None, str | None, bool]
"""Destination chain and end, state at the source and the destination, outcome, agreement."""

LONGEST_NS: Final = 30 * 86_400 * 10**9
"""A longer duration counts as this in sums: a chain that lies about its time breaks none."""
RECENT: Final = 1_000
"""How many of the last durations percentiles are taken of."""
_PAGE: Final = 1_000
_ROUTES: Final = """
SELECT a.chain_id, a.protocol, a.port, a.channel, b.chain_id FROM route a
JOIN route b ON b.chain_id = a.peer_chain_id AND b.protocol = a.protocol
    AND b.port = a.peer_port AND b.channel = a.peer_channel AND b.peer_chain_id = a.chain_id
    AND b.peer_port = a.port AND b.peer_channel = a.channel
"""
_ENDED: Final = f"""
SELECT s.ended_height, s.sequence, b.chain_id, s.peer_port, s.peer_channel, s.state, r.state,
    r.outcome, s.commitment, r.commitment, s.sent_time_ns, s.ended_time_ns, r.received_time_ns
{HALVES}
WHERE s.chain_id = ? AND s.protocol = ? AND s.port = ? AND s.channel = ? AND s.ended_height >= ?
    AND (s.ended_height, s.sequence) > (?, ?)
ORDER BY s.ended_height, s.sequence LIMIT ?
"""


@dataclass(slots=True)
class Spread:
    """How durations are spread: ``below`` counts those up to each bound, and not those before."""

    count: int = 0
    total_ns: int = 0
    below: list[int] = field(default_factory=list)
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=RECENT))

    def add(self, duration_ns: int, bounds_ns: Sequence[int], longest_ns: int) -> None:
        """Count one; below 0 it is summed as 0, above ``longest_ns`` as that."""
        self.below = self.below or [0] * (len(bounds_ns) + 1)
        self.count += 1
        self.total_ns += min(max(duration_ns, 0), longest_ns)
        self.below[bisect_left(bounds_ns, duration_ns)] += 1
        self.recent.append(duration_ns)


@dataclass(slots=True)
class Group:
    """Packets alike: how many, of how many the time of sending is known, and the oldest."""

    count: int = 0
    aged: int = 0
    oldest_sent_ns: int | None = None


@dataclass(slots=True)
class EndedPackets:
    """The packets of one end that have ended."""

    groups: dict[GroupKey, Group] = field(default_factory=dict)
    receiving: Spread = field(default_factory=Spread)
    settling: Spread = field(default_factory=Spread)


@dataclass(slots=True)
class _Memory:
    """What can change no more of one end, up to which packet, and on what it rests."""

    route: tuple[str | None, bool]
    known: EndedPackets = field(default_factory=EndedPackets)
    after: tuple[int, str] = (0, "")


@dataclass(frozen=True, slots=True)
class _Row:
    ended_height: int
    sequence: str
    peer_chain_id: str | None
    peer_port: str
    peer_channel: str
    state: str
    peer_state: str | None
    outcome: str | None
    commitment: str
    peer_commitment: str | None
    sent_time_ns: str | None
    ended_time_ns: str | None
    received_time_ns: str | None

    @property
    def agree(self) -> bool:
        return self.peer_commitment in {None, "", self.commitment}


def tell_group(key: GroupKey) -> StoryClass:
    """Return the class of a group; what was read does not matter to a packet that has ended."""
    *_, state, peer_state, outcome, agree = key
    return tell_story(
        Halves(
            source=SourceState(state),
            destination=DestinationState(peer_state or DestinationState.NOTHING),
            answer=None if outcome is None else Answer(outcome),
            agree=agree,
        )
    )


class EndedBook:
    """Sums of a store's ended packets, with durations by ``bounds_ns`` up to ``longest_ns``."""

    def __init__(self, bounds_ns: Sequence[int], longest_ns: int) -> None:
        self._bounds_ns = bounds_ns
        self._longest_ns = longest_ns
        self._heights: dict[str, int] = {}
        self._memories: dict[EndKey, _Memory] = {}

    def look(self, store: PacketStore, chains: dict[str, ChainView]) -> dict[EndKey, EndedPackets]:
        """Return the ended packets of each end. Within ``opened_view``, whose chains are given."""
        heights = {chain.chain_id: chain.height for chain in chains.values()}
        if any(heights.get(name, 0) < height for name, height in self._heights.items()):
            self._memories.clear()  # another database under the same name
        self._heights = heights
        routes = {(row[0], row[1], row[2], row[3]): str(row[4]) for row in store.query(_ROUTES)}
        found: dict[EndKey, EndedPackets] = {}
        for one, two, three, four in store.query(
            "SELECT chain_id, protocol, port, channel FROM channel_end"
        ):
            key = (one, two, three, four)
            peer = routes.get(key)
            route = (peer, peer in chains)
            memory = self._memories.get(key)
            if memory is None or memory.route != route:
                memory = self._memories[key] = _Memory(route)
            ended = self._read(store, key, memory, chains.get(peer or ""))
            if ended.groups:
                found[key] = ended
        return found

    def _read(
        self, store: PacketStore, key: EndKey, memory: _Memory, destination: ChainView | None
    ) -> EndedPackets:
        is_over, ended = True, memory.known
        for row in _list_ended(store, key, memory.after):
            if is_over and not _is_over(row, destination):
                is_over, ended = False, copy.deepcopy(memory.known)
            self._add(ended, row)
            if is_over:
                memory.after = (row.ended_height, row.sequence)
        return ended

    def _add(self, ended: EndedPackets, row: _Row) -> None:
        group = ended.groups.setdefault(
            (row.peer_chain_id, row.peer_port, row.peer_channel, row.state, row.peer_state,
             row.outcome, row.agree),
            Group(),
        )  # fmt: skip
        group.count += 1
        if row.sent_time_ns is None:
            return
        sent_ns = int(row.sent_time_ns)
        group.aged += 1
        oldest = group.oldest_sent_ns
        group.oldest_sent_ns = sent_ns if oldest is None else min(oldest, sent_ns)
        if row.received_time_ns is not None:
            duration = int(row.received_time_ns) - sent_ns
            ended.receiving.add(duration, self._bounds_ns, self._longest_ns)
        is_answered = row.state == SourceState.ACKNOWLEDGED and row.outcome is not None
        if is_answered and row.agree and row.ended_time_ns is not None:
            duration = int(row.ended_time_ns) - sent_ns
            ended.settling.add(duration, self._bounds_ns, self._longest_ns)


_books: weakref.WeakKeyDictionary[PacketStore, EndedBook] = weakref.WeakKeyDictionary()


def get_book(store: PacketStore, bounds_ns: Sequence[int], longest_ns: int) -> EndedBook:
    """Return the book that this process keeps of a store, for as long as the store is open."""
    return _books.setdefault(store, EndedBook(bounds_ns, longest_ns))


def _list_ended(store: PacketStore, key: EndKey, after: tuple[int, str]) -> Iterator[_Row]:
    while True:
        rows: list[Any] = store.query(_ENDED, (*key, after[0], *after, _PAGE))
        for row in rows:
            yield _Row(*row)
        if len(rows) < _PAGE:
            return
        after = (rows[-1][0], rows[-1][1])


def _is_over(row: _Row, destination: ChainView | None) -> bool:
    """Tell whether no block that comes can change what is said of a packet."""
    if row.state == SourceState.ACKNOWLEDGED and row.outcome is not None:
        return True
    if row.state == SourceState.TIMED_OUT and row.peer_state is not None:
        return True
    if destination is None:
        return True  # nobody reads it; when somebody does, all is read again
    ended_ns = None if row.ended_time_ns is None else int(row.ended_time_ns)
    return is_surely_after(destination.time_ns, ended_ns)
