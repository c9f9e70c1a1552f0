"""Packets that wait for too long, found in the very block that makes them overdue.

All that waits is looked through only when something can have become overdue: each look
notes by which block time, or height, of which chain that may be next. Between two looks a
block costs a few short queries, however many packets wait.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from plurichain.ibc.overdue import (
    AlarmKind,
    Thresholds,
    Wait,
    find_kind,
    find_limit,
    is_ended_by_destination,
    judge_packet,
)
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.coverage import ChainView, load_chains
from plurichain.tracker.followed import LASTING, list_unfollowed
from plurichain.tracker.monitoring.waits import find_wait
from plurichain.tracker.views import PacketRow, find_packet, list_unended

if TYPE_CHECKING:
    from plurichain.tracker.reading import End
    from plurichain.tracker.store import Cursor, PacketStore

Case = tuple[AlarmKind, "End"]
"""What an alarm is raised for: one kind on one channel end, however many packets it has."""

_STRUCTURE: Final = (
    "SELECT (SELECT count(*) FROM coverage), (SELECT count(*) FROM route),"
    " (SELECT count(closed_height) FROM channel_end)"
)


@dataclass(frozen=True, slots=True)
class Overdue:
    """The oldest overdue packet of a case, since when it is overdue, and when that was seen.

    ``due_ns`` and ``height`` are of the chain that has to act; ``due_ns`` None: not known.
    ``last`` is the sequence of the newest one.
    """

    row: PacketRow
    due_ns: int | None
    height: int
    last: int


@dataclass(slots=True)
class Look:
    """What a look at the packets of one source found.

    ``overdue``: cases with their oldest packets. ``held``: cases that are overdue by the
    clock of a chain that was not read up to now, so that nobody knows how it is; with that
    chain and the limit.
    ``vague``: the packets of which nothing is known, by end. ``oldest``: the packets that
    these three rest on, each with the class that it has.
    """

    chain_id: str
    overdue: dict[Case, Overdue] = field(default_factory=dict)
    held: dict[Case, tuple[str, int]] = field(default_factory=dict)
    vague: dict[End, list[int]] = field(default_factory=dict)
    oldest: dict[tuple[StoryClass, End], PacketRow] = field(default_factory=dict)
    next_ns: dict[str, int] = field(default_factory=dict)
    next_height: dict[str, int] = field(default_factory=dict)


class PacketWatch:
    """Looks at what waits.

    ``is_current`` tells whether a chain was read so far up to now that what is overdue by a
    limit (nanoseconds) there is overdue now.
    """

    def __init__(
        self,
        store: PacketStore,
        thresholds: Thresholds,
        *,
        is_current: Callable[[ChainView, int], bool],
    ) -> None:
        self._store = store
        self._thresholds = thresholds
        self._is_current = is_current
        self._looks: dict[str, Look] = {}
        self._structure: tuple[object, ...] = ()
        self._peers: dict[str, set[str]] = {}

    def take_in(self, chain_id: str) -> tuple[bool, list[Look]]:
        """Return what a block of a chain may have changed.

        Whether coverage, routes or closed channels are others than before, and new looks at
        the sources of whose packets anything may be overdue, or not any more.
        """
        is_new = self._has_new_structure()
        cursor = self._store.get_cursor(chain_id)
        if cursor is None:
            return is_new, []
        chains = load_chains(self._store)
        sources = [
            source
            for source in sorted(chains)
            if is_new or self._is_worth_a_look(source, cursor, chains)
        ]
        looks = [self._look(source, chains) for source in sources]
        self._looks |= {look.chain_id: look for look in looks}
        return is_new, looks

    def _has_new_structure(self) -> bool:
        structure = self._store.query(_STRUCTURE)[0]
        if structure == self._structure:
            return False
        self._structure = structure
        self._peers = {}
        for source, peer in self._store.query("SELECT DISTINCT chain_id, peer_chain_id FROM route"):
            self._peers.setdefault(source, set()).add(peer)
        return True

    def _is_worth_a_look(self, source: str, cursor: Cursor, chains: dict[str, ChainView]) -> bool:
        here = cursor.chain_id
        if source != here and here not in self._peers.get(source, ()):
            return False
        last = self._looks.get(source)
        if last is None:
            return True
        next_ns, next_height = last.next_ns.get(here), last.next_height.get(here)
        if cursor.time_ns is not None and next_ns is not None and cursor.time_ns >= next_ns:
            return True
        if next_height is not None and cursor.height >= next_height:
            return True
        for clock, limit_ns in set(last.held.values()):
            if clock == here and self._is_current(chains[here], limit_ns):
                return True
        return not all(self._stands(before, chains) for before in last.oldest.values())

    def _stands(self, before: PacketRow, chains: dict[str, ChainView]) -> bool:
        """Tell whether a packet is still what it was: what is overdue stays so meanwhile."""
        row = find_packet(self._store, chains, before.chain_id, before.end, before.sequence)
        return row is not None and row.story is before.story

    def _look(self, source: str, chains: dict[str, ChainView]) -> Look:
        look = Look(source)
        dues: dict[tuple[Case, str], int] = {}
        unfollowed = list_unfollowed(self._store)
        for row in list_unended(self._store, chains, source):
            self._judge(row, chains, look, dues, unfollowed)
        for (case, clock), due_ns in dues.items():
            if case not in look.overdue:
                _lower(look.next_ns, clock, due_ns)
        for peer in self._peers.get(source, ()):
            self._expect(look, chains.get(source), chains.get(peer))
        return look

    def _judge(
        self,
        row: PacketRow,
        chains: dict[str, ChainView],
        look: Look,
        dues: dict[tuple[Case, str], int],
        unfollowed: Collection[str],
    ) -> None:
        if row.story is StoryClass.UNKNOWN:
            look.vague.setdefault(row.end, []).append(row.sequence)
            look.oldest.setdefault((row.story, row.end), row)
        kind, limit_ns = find_kind(row.story), find_limit(row.story, self._thresholds)
        if kind is None or limit_ns is None:
            return
        case, wait = (kind, row.end), find_wait(row, chains, self._thresholds)
        source = row.chain_id
        clock = row.destination_chain_id if is_ended_by_destination(row.story) else source
        peer = row.destination_chain_id
        if clock is None or peer is None:
            return
        if kind.value not in LASTING and (clock in unfollowed or source in unfollowed):
            return  # what it waits for may long be done where nobody is to look any more
        if judge_packet(row.story, None if wait is None else wait.age_ns, self._thresholds):
            # What two chains told against each other stays so, whatever they tell later.
            if not limit_ns or self._is_current(chains[clock], limit_ns):
                first = look.overdue.get(case) or _make_overdue(row, wait, limit_ns, chains[clock])
                look.overdue[case] = replace(first, last=max(first.last, row.sequence))
            else:
                look.held[case] = (clock, limit_ns)
            look.oldest.setdefault((row.story, row.end), row)
        elif wait is not None:
            dues[case, clock] = min(dues.get((case, clock), wait.since_ns + limit_ns),
                                    wait.since_ns + limit_ns)  # fmt: skip
        if row.story is StoryClass.UNRECEIVED and not row.timeout_height.is_zero:
            _lower(look.next_height, peer, row.timeout_height.height)

    def _expect(self, look: Look, here: ChainView | None, there: ChainView | None) -> None:
        """Note when at the earliest something may be overdue that no chain has told yet."""
        limits = self._thresholds
        if here is None or there is None:
            return
        here_ns, there_ns = here.time_ns or 0, there.time_ns or 0
        _lower(look.next_ns, there.chain_id, here_ns + limits.receive_ns)
        _lower(look.next_ns, there.chain_id, there_ns + limits.answer_ns)
        returned_ns = min(limits.acknowledge_ns, limits.refund_ns)
        # What it sends next may be over, or answered, by a clock that is ahead.
        _lower(look.next_ns, here.chain_id, min(here_ns, there_ns) + returned_ns)


def _make_overdue(row: PacketRow, wait: Wait | None, limit_ns: int, clock: ChainView) -> Overdue:
    due_ns = clock.time_ns if wait is None else wait.since_ns + limit_ns
    return Overdue(row, due_ns, clock.height, row.sequence)


def _lower(bounds: dict[str, int], key: str, value: int) -> None:
    bounds[key] = min(bounds.get(key, value), value)
