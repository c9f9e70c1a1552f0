"""The relayer: any number of chains and channels in one process, driven by their blocks.

It keeps nothing between two runs. At its start, every so many blocks, and when it is told
to, it looks at the chains' state for what waits; between that, events tell what to do.
"""

from __future__ import annotations

import functools
import itertools
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plurichain.errors import ClientUnusable, NodeError, WrongChain
from plurichain.ibc.events import ChannelEvent, ChannelEventKind
from plurichain.relayer.blocks import BlockNews
from plurichain.relayer.board import LaneBoard
from plurichain.relayer.carrying import Carrier
from plurichain.relayer.client_track import ClientTrack
from plurichain.relayer.counters import Counters
from plurichain.relayer.filters import PacketFilter
from plurichain.relayer.lane import HostBlock, Instruct, Lane, SourceBlock
from plurichain.relayer.paths import ChannelPath, find_paths
from plurichain.relayer.station import Station
from plurichain.relayer.sweeping import Sweeper
from plurichain.relayer.work import EndName, Route, Work

if TYPE_CHECKING:
    from plurichain.keyring import Key
    from plurichain.relayer.chain_end import RelayChain

logger = logging.getLogger(__name__)

JOIN_S = 10.0
PAUSE_S = 0.2
LOOK_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """How a relayer works.

    ``clear_blocks``: how often, in blocks of the first chain, state is looked at for what
    events did not tell; 0 for only at the start. ``most_messages`` is the most that one
    transaction holds. ``is_ordered`` signs in the account's sequence, for chains without
    unordered transactions. ``only`` restricts everything to certain channels.
    ``is_wanted`` restricts it to certain works, given the chain ids of source and host.
    """

    packet_filter: PacketFilter = field(default_factory=PacketFilter)
    clear_on_start: bool = True
    clear_blocks: int = 150
    most_messages: int = 100
    is_ordered: bool = False
    only: Callable[[ChannelPath], bool] | None = None
    is_wanted: Callable[[str, str, Work], bool] | None = None


@dataclass(slots=True)
class _Joined:
    """A channel that is carried, both ways."""

    a: RelayChain
    b: RelayChain
    path: ChannelPath


class Relayer:
    """Carries packets between ``chains`` over every channel among them that the filter allows.

    ``keys`` are the keys that sign, by chain id; the first is that of the RelayChain.
    """

    def __init__(
        self,
        chains: Sequence[RelayChain],
        keys: Mapping[str, Sequence[Key]],
        settings: RelaySettings | None = None,
    ) -> None:
        self.settings = settings or RelaySettings()
        self.counters = Counters()
        self._chains = tuple(chains)
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._fatal: Exception | None = None
        self._stations = {
            chain.chain_id: Station(
                chain,
                keys[chain.chain_id],
                self.counters,
                is_ordered=self.settings.is_ordered,
                most_messages=self.settings.most_messages,
                on_fatal=self._fail,
            )
            for chain in chains
        }
        self._lanes: dict[tuple[str, str, str], Lane] = {}
        self._joined: dict[tuple[str, Route], _Joined] = {}
        self._sweeper = Sweeper(lambda: self._stopping.is_set() or self._fatal is not None)
        self._is_new_channel = False
        self._is_started = False
        self._next_clear = 1
        self._look_again_s = 0.0

    # --- life ------------------------------------------------------------------------------------

    def run(self, *, until: Callable[[Relayer], bool] | None = None) -> None:
        """Work until ``stop`` is called, or ``until`` says so after a look at the state.

        Raises what ended it: WrongChain, StorageError and the like; never a node's silence.
        """
        try:
            self.start(is_patient=until is None)
            while not self._stopping.is_set():
                self._wake.wait(PAUSE_S)
                self._wake.clear()
                if self._fatal is not None:
                    raise self._fatal
                self._look_after()
                if until is not None and until(self):
                    return
        finally:
            self.close()

    def start(self, *, is_patient: bool = False) -> None:
        """Find the channels, begin to read blocks, and look for what waits.

        Raises NodeError, unless it ``is_patient``: then a node that fails is asked again.
        """
        for station in self._stations.values():
            station.reader.listen(self._watch_channels)
        for step in (
            *(station.prepare for station in self._stations.values()),
            self.find_channels,
            *(station.start for station in self._stations.values()),
        ):
            if not self._insist(step, is_patient=is_patient):
                return
        for lane in self._lanes.values():
            lane.start()
        self._is_started = True
        self._plan_clear()
        if self.settings.clear_on_start:
            self._next_clear = 0

    def _insist(self, step: Callable[[], None], *, is_patient: bool) -> bool:
        """Do a step of the start, again while a node fails; returns False if stopped meanwhile."""
        is_told = False
        while True:
            try:
                step()
            except WrongChain:
                raise
            except NodeError as error:
                if not is_patient:
                    raise
                if not is_told:
                    text = f"at the start: {error.cause}; trying again"
                    self._chains[0].tell("node_trouble", text, is_warning=True)
                    is_told = True
                if self._stopping.wait(LOOK_AGAIN_S):
                    return False
            else:
                if is_told:
                    self._chains[0].tell("node_back", "at the start: every node answers again")
                return True

    def stop(self) -> None:
        """End as soon as may be; transactions on their way are left to the chains."""
        self._stopping.set()
        self._wake.set()

    def close(self) -> None:
        """End all threads."""
        self._stopping.set()
        for lane in self._lanes.values():
            lane.stop()
        for station in self._stations.values():
            station.stop()
        for lane in self._lanes.values():
            lane.join(JOIN_S)
        for station in self._stations.values():
            station.join(JOIN_S)

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """All lanes."""
        return tuple(self._lanes.values())

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is on its way, as far as is known."""
        return not any(
            lane.board.waiting_count or lane.board.flying_count for lane in self._lanes.values()
        )

    def list_halted(self) -> list[str]:
        """Return why lanes stand still."""
        return [f"{lane}: {lane.halted}" for lane in self._lanes.values() if lane.halted]

    def _fail(self, error: Exception) -> None:
        self._fatal = self._fatal or error
        self._wake.set()

    def _look_after(self) -> None:
        """What is due now and then: new channels, and the state of the old ones."""
        if time.monotonic() < self._look_again_s:
            return
        try:
            if self._is_new_channel:
                self._is_new_channel = False
                self.find_channels()
        except NodeError as error:
            self._is_new_channel = True
            self._put_off(error)
        if not self._is_clear_due:
            return
        is_first = not self._next_clear
        self._plan_clear()
        if not self.clear():
            # What failed is looked at again soon, and the start counts as not done.
            self._next_clear = 0 if is_first else self._height + 1

    @property
    def _is_clear_due(self) -> bool:
        if not self._next_clear:
            return True
        return bool(self.settings.clear_blocks) and self._height >= self._next_clear

    def _put_off(self, error: NodeError) -> None:
        logger.warning("looking at the state: %s", error.cause)
        self._look_again_s = time.monotonic() + LOOK_AGAIN_S

    @property
    def _height(self) -> int:
        return self.get_height(self._chains[0].chain_id)

    def get_height(self, chain_id: str) -> int:
        """Return the last block of a chain that was read."""
        return self._stations[chain_id].reader.height

    def is_missing(self, chain_id: str, end: EndName, sequence: int) -> bool:
        """Tell whether the data of a packet sent from ``end`` were looked for in vain."""
        return self._sweeper.is_missing(chain_id, end, sequence)

    def _plan_clear(self) -> None:
        self._next_clear = self._height + max(self.settings.clear_blocks, 1)

    # --- channels and lanes ----------------------------------------------------------------------

    def find_channels(self) -> None:
        """Carry every channel among the chains that is not carried yet. Raises NodeError."""
        for a, b in itertools.combinations(self._chains, 2):
            for path in find_paths(a, b):
                name = (a.chain_id, path.route)
                if name in self._joined or not self._is_carried(path):
                    continue
                self._join(_Joined(a, b, path))
                self._joined[name] = _Joined(a, b, path)

    def _is_carried(self, path: ChannelPath) -> bool:
        if self.settings.only is not None and not self.settings.only(path):
            return False
        return self.settings.packet_filter.is_allowed(path.route)

    def _join(self, joined: _Joined) -> None:
        a, b, path = joined.a, joined.b, joined.path
        there = self._get_lane(a, b, path.client_b)
        back = self._get_lane(b, a, path.client_a)
        heights = {chain.chain_id: chain.client.rpc.get_committed_height() for chain in (a, b)}

        def add(lane: Lane, route: Route, *, is_source_closed: bool, is_host_closed: bool) -> None:
            def do(lane: Lane) -> None:
                lane.board.add_route(route)
                if is_host_closed:
                    lane.board.note_host_closed(route)
                if is_source_closed:
                    lane.board.note_source_closed(route, heights[lane.source.chain_id])

            lane.post(Instruct(do))

        add(there, path.route, is_source_closed=path.is_closed_a, is_host_closed=path.is_closed_b)
        add(back, path.back, is_source_closed=path.is_closed_b, is_host_closed=path.is_closed_a)
        a.tell(
            "channel_carried",
            f"{path.route.source} on {a.chain_id} and {path.route.host} on {b.chain_id} "
            f"are carried over {path.client_a} and {path.client_b}",
        )

    def _get_lane(self, source: RelayChain, host: RelayChain, client_id: str) -> Lane:
        name = (source.chain_id, host.chain_id, client_id)
        lane = self._lanes.get(name)
        if lane is not None:
            return lane
        station = self._stations[host.chain_id]
        track = ClientTrack(host, source, client_id)
        wanted = self.settings.is_wanted
        board = LaneBoard(
            self.settings.packet_filter,
            self.counters,
            is_wanted=wanted and functools.partial(wanted, source.chain_id, host.chain_id),
        )
        lane = Lane(
            functools.partial(
                Carrier, source, host, track, board, station.submitter, station.gas,
                self.counters, station.limits,
            )
        )  # fmt: skip
        lane.on_fatal = self._fail
        try:
            track.load()
        except ClientUnusable as error:
            lane.halt(error)
        self._stations[source.chain_id].reader.listen(lambda news: lane.post(SourceBlock(news)))
        station.reader.listen(lambda news: lane.post(HostBlock(news)))
        if self._is_started:
            lane.start()
        self._lanes[name] = lane
        return lane

    def _watch_channels(self, news: BlockNews) -> None:
        for seen in news.events:
            event = seen.event
            if isinstance(event, ChannelEvent) and event.kind in _OPENED:
                self._is_new_channel = True
                self._wake.set()

    # --- backlog ---------------------------------------------------------------------------------

    def clear(self) -> bool:
        """Look at the state of all channels for what waits, and have it done.

        Returns whether all could be read; a node that fails keeps no other channel back.
        """
        for lane in self._lanes.values():
            lane.post(Instruct(lambda each: each.board.release()))
        is_whole = True
        for joined in list(self._joined.values()):
            try:
                self._clear_channel(joined)
            except WrongChain:
                raise
            except NodeError as error:
                self._put_off(error)
                is_whole = False
        return is_whole

    def _clear_channel(self, joined: _Joined) -> None:
        a, b, path = joined.a, joined.b, joined.path
        there = self._lanes[a.chain_id, b.chain_id, path.client_b]
        back = self._lanes[b.chain_id, a.chain_id, path.client_a]
        self._sweeper.sweep(there, back, path.route)
        self._sweeper.sweep(back, there, path.back)


_OPENED = frozenset({ChannelEventKind.OPEN_ACK, ChannelEventKind.OPEN_CONFIRM})
