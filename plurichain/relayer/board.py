"""What one lane has before it: a state that events of both chains change, without any I/O.

A piece of work is *waiting*, *flying* (in a transaction on its way) or *aside* (refused
by the host for a reason of its own). Events of the host end it, whoever did it. Beside
the work stand the packets that the host has sent and that are not answered yet: the lane
times them out when the source's blocks have passed their time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.ibc.events import ChannelEvent, IbcEvent, PacketEvent, PacketEventKind
from plurichain.relayer.counters import Count, Counters
from plurichain.relayer.outstanding import Outstanding
from plurichain.relayer.work import DIRECTIONS, Direction, EndName, Route, Work, WorkKey, WorkKind

if TYPE_CHECKING:
    from plurichain.encoding.height import Height
    from plurichain.ibc.packet import Packet
    from plurichain.relayer.filters import PacketFilter

_DONE = {
    PacketEventKind.RECV: (Direction.INBOUND, Count.RECEIVED),
    PacketEventKind.ACKNOWLEDGE: (Direction.RETURN, Count.ACKNOWLEDGED),
    PacketEventKind.TIMEOUT: (Direction.RETURN, Count.TIMED_OUT),
}


@dataclass(frozen=True, slots=True)
class SetAside:
    """Work that the host refuses, and in which words."""

    work: Work
    reason: str


class LaneBoard:
    """The state of one lane. Used by one thread."""

    def __init__(
        self,
        packet_filter: PacketFilter,
        counters: Counters,
        *,
        is_wanted: Callable[[Work], bool] | None = None,
    ) -> None:
        self._filter = packet_filter
        self._counters = counters
        self._is_wanted = is_wanted
        self._by_source: dict[EndName, Route] = {}
        self._by_host: dict[EndName, Route] = {}
        self._waiting: dict[WorkKey, Work] = {}
        self._flying: dict[WorkKey, Work] = {}
        self._outstanding = Outstanding()
        self._closed_sources: dict[EndName, int] = {}
        self._closed_hosts: set[EndName] = set()
        self._barred: dict[EndName, int] = {}
        self.aside: dict[WorkKey, SetAside] = {}

    # --- routes ----------------------------------------------------------------------------------

    def add_route(self, route: Route) -> None:
        """Carry the packets of a channel from now on."""
        self._by_source[route.source] = route
        self._by_host[route.host] = route

    @property
    def routes(self) -> tuple[Route, ...]:
        """The channels of this lane."""
        return tuple(self._by_source.values())

    # --- what happened ---------------------------------------------------------------------------

    def apply_source(self, event: IbcEvent, height: int) -> None:
        """Note an event of the source's block ``height``."""
        if isinstance(event, ChannelEvent):
            route = self._by_source.get(EndName(event.port, event.channel))
            if route is not None and event.is_closing:
                self.note_source_closed(route, height)
            return
        if not isinstance(event, PacketEvent):
            return
        packet = event.packet
        if event.kind is PacketEventKind.SEND:
            route = self._by_source.get(EndName(packet.source_port, packet.source_channel))
            if route is not None:
                self.add(Work(WorkKind.RECEIVE, route, packet, height))
            return
        route = self._by_source.get(EndName(packet.destination_port, packet.destination_channel))
        if route is None:
            return
        if event.kind is PacketEventKind.RECV:
            self._outstanding.forget(route.host, packet.sequence)
        elif event.kind is PacketEventKind.WRITE_ACK and event.acknowledgement is not None:
            self._outstanding.forget(route.host, packet.sequence)
            self.add(Work(WorkKind.ACKNOWLEDGE, route, packet, height, event.acknowledgement))

    def apply_host(self, event: IbcEvent, *, is_ours: bool) -> None:
        """Note an event of the host's chain; ``is_ours``: of a transaction that we sent."""
        if isinstance(event, ChannelEvent):
            end = EndName(event.port, event.channel)
            if end in self._by_host and event.is_closing:
                self.note_host_closed(self._by_host[end])
                if self._finish(WorkKey(Direction.CHANNEL, end, 0)):
                    self._count(Count.CHANNELS_CLOSED, is_ours=is_ours)
            return
        if not isinstance(event, PacketEvent):
            return
        packet = event.packet
        if event.kind is PacketEventKind.SEND:
            self.watch_packet(packet)
            return
        found = _DONE.get(event.kind)
        if found is None:
            return
        direction, count = found
        end = (
            EndName(packet.destination_port, packet.destination_channel)
            if direction is Direction.INBOUND
            else EndName(packet.source_port, packet.source_channel)
        )
        key = WorkKey(direction, end, packet.sequence)
        if direction is Direction.RETURN:
            self._outstanding.forget(end, packet.sequence)
        if self._finish(key):
            self._count(count, is_ours=is_ours)

    def note_source_closed(self, route: Route, height: int) -> None:
        """The source's end is closed: the host's follows, and what it sent comes back."""
        self._closed_sources[route.source] = height
        if route.host not in self._closed_hosts:
            self.add(Work(WorkKind.CLOSE, route, None, height))
        for packet in self._outstanding.list_of(route.host):
            self.add(Work(WorkKind.TIMEOUT_ON_CLOSE, route, packet, height))

    def note_host_closed(self, route: Route) -> None:
        """The host's end is closed: it receives nothing any more."""
        self._closed_hosts.add(route.host)
        for key in [
            key
            for key in self._waiting
            if key.host == route.host and key.direction is Direction.INBOUND
        ]:
            del self._waiting[key]

    def watch_packet(self, packet: Packet) -> None:
        """Have a packet that the host sent timed out when its time has passed."""
        route = self._by_host.get(EndName(packet.source_port, packet.source_channel))
        if route is None or not self._outstanding.add(packet):
            return
        if route.source in self._closed_sources:
            height = self._closed_sources[route.source]
            self.add(Work(WorkKind.TIMEOUT_ON_CLOSE, route, packet, height))

    def expire(self, height: Height, time_ns: int) -> int:
        """Turn packets that the source's block refuses into work; returns how many.

        ``height`` and ``time_ns`` are those of one block of the source; the absence of a
        receipt is proven in the state before it.
        """
        return sum(
            self.add(Work(WorkKind.TIMEOUT, self._route_of(packet), packet, height.height - 1))
            for packet in self._outstanding.take_due(height, time_ns)
        )

    def _route_of(self, packet: Packet) -> Route:
        return self._by_host[EndName(packet.source_port, packet.source_channel)]

    def drop_expired(self, host_height: Height, host_time_ns: int) -> int:
        """Leave packets that the host would refuse to the lane that times them out."""
        late = [
            work
            for work in self._waiting.values()
            if work.kind is WorkKind.RECEIVE
            and work.packet is not None
            and work.packet.is_timed_out(host_height, host_time_ns)
        ]
        for work in late:
            self._waiting.pop(work.key, None)
            if work.is_ordered:
                self._bar(work.route.host, work.sequence)
        return len(late)

    def _bar(self, end: EndName, sequence: int) -> None:
        """Receive nothing after an ordered packet that timed out: its channel will be closed."""
        self._barred[end] = min(sequence, self._barred.get(end, sequence))
        for key in list(self._waiting):
            if key.host == end and key.direction is Direction.INBOUND and key.sequence > sequence:
                del self._waiting[key]

    # --- work ------------------------------------------------------------------------------------

    def add(self, work: Work) -> bool:
        """Have a work done, unless it is known already or the filter does not carry it."""
        key = work.key
        if key in self._flying or key in self.aside:
            return False
        if self._is_wanted is not None and not self._is_wanted(work):
            return False
        if work.kind is WorkKind.RECEIVE and not self._can_receive(work):
            return False
        known = self._waiting.get(key)
        if known is not None and not (
            known.kind is WorkKind.TIMEOUT_ON_CLOSE and work.kind is WorkKind.TIMEOUT
        ):
            return False
        if work.kind is WorkKind.RECEIVE and work.packet is not None:
            reason = self._filter.find_fault(work.packet)
            if reason:
                self.aside[key] = SetAside(work, reason)
                self._counters.add(Count.FILTERED)
                return False
        self._waiting[key] = work
        return True

    def list_ready(self, height: int) -> Iterator[Work]:
        """Yield what may be sent once the source's state at ``height`` is proven.

        Of an ordered channel: what waits in the order of sequences without a gap, and only
        while nothing of that channel's direction is flying.
        """
        ordered: dict[tuple[Direction, EndName], list[Work]] = {}
        for work in list(self._waiting.values()):
            if work.height > height:
                continue
            if work.is_ordered and work.packet is not None:
                ordered.setdefault((DIRECTIONS[work.kind], work.route.host), []).append(work)
            else:
                yield work
        busy = {(key.direction, key.host) for key in self._flying}
        for place, works in ordered.items():
            if place not in busy:
                yield from _cut_at_gap(works)

    def knows(self, key: WorkKey) -> bool:
        """Tell whether a work of this name waits, flies or is set aside; from any thread."""
        return key in self._waiting or key in self._flying or key in self.aside

    def has(self, work: Work) -> bool:
        """Tell whether this very work still waits."""
        return self._waiting.get(work.key) is work

    def depart(self, works: Iterable[Work]) -> None:
        """Note that works are on their way in a transaction."""
        for work in works:
            self._waiting.pop(work.key, None)
            self._flying[work.key] = work

    def hold(self, work: Work) -> bool:
        """Keep a work back until ``put_back``; False if events have ended it meanwhile."""
        known = self._waiting.pop(work.key, None) is not None or work.key in self._flying
        if known:
            self._flying[work.key] = work
        return known

    def put_back(self, works: Iterable[Work]) -> None:
        """Have works sent again, unless events have ended them meanwhile."""
        for work in works:
            if self._flying.pop(work.key, None) is not None:
                self._waiting[work.key] = work

    def set_aside(self, work: Work, reason: str) -> None:
        """Keep a work apart that the host refuses, so that the others go on."""
        if self._flying.pop(work.key, None) is None and self._waiting.pop(work.key, None) is None:
            return
        self.aside[work.key] = SetAside(work, reason)
        self._counters.add(Count.SET_ASIDE)

    def drop(self, works: Iterable[Work]) -> int:
        """Forget works that need no doing any more; returns how many were there."""
        return sum(self._finish(work.key) for work in works)

    def release(self) -> None:
        """Try again what was set aside: its reason may have gone."""
        self.aside.clear()

    @property
    def waiting_count(self) -> int:
        """How much waits."""
        return len(self._waiting)

    @property
    def flying_count(self) -> int:
        """How much is on its way."""
        return len(self._flying)

    @property
    def outstanding_count(self) -> int:
        """How many packets are watched for their time-out."""
        return len(self._outstanding)

    def _can_receive(self, work: Work) -> bool:
        end = work.route.host
        barred = self._barred.get(end)
        return end not in self._closed_hosts and (barred is None or work.sequence < barred)

    def _finish(self, key: WorkKey) -> bool:
        self.aside.pop(key, None)
        was_waiting = self._waiting.pop(key, None) is not None
        was_flying = self._flying.pop(key, None) is not None
        return was_waiting or was_flying

    def _count(self, count: Count, *, is_ours: bool) -> None:
        self._counters.add(count if is_ours else Count.BY_RIVALS)


def _cut_at_gap(works: list[Work]) -> Iterator[Work]:
    """Yield the works of one ordered channel by sequence, up to the first that is missing."""
    expected: int | None = None
    for work in sorted(works, key=lambda each: each.sequence):
        if expected is not None and work.sequence != expected:
            return
        yield work
        expected = work.sequence + 1
