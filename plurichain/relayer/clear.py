"""Clearing one channel: what waits now is carried to its end, then it is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from plurichain.relayer.backlog import list_backlog
from plurichain.relayer.paths import ChannelPath, find_path
from plurichain.relayer.relay import Relayer, RelaySettings
from plurichain.relayer.work import DIRECTIONS, Direction, EndName, Work

if TYPE_CHECKING:
    from plurichain.keyring import Key
    from plurichain.relayer.chain_end import RelayChain

STILL_BLOCKS = 6
"""So many blocks of both chains without anything to do: the rest cannot be done now."""
LEAST_STILL_S = 1.0


@dataclass(frozen=True, slots=True)
class ClearPlan:
    """What to clear of a channel end of A.

    ``sequences`` of packets that it sent, None for all; packets sent to it only if
    ``both`` and no sequences are named. ``limit``: at most so many, the oldest first.
    """

    sequences: tuple[int, ...] | None = None
    both: bool = True
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class StuckPacket:
    """A packet that was to be cleared and is still there; ``reason`` says why if known."""

    chain_id: str
    end: EndName
    sequence: int
    reason: str


@dataclass(frozen=True, slots=True)
class Cleared:
    """What clearing came to."""

    wanted: int
    settled: int
    counts: Mapping[str, int]
    stuck: tuple[StuckPacket, ...] = ()
    halted: tuple[str, ...] = ()


@dataclass(slots=True)
class _Target:
    """The packets of one direction that are to be settled."""

    source: RelayChain
    host: RelayChain
    path: ChannelPath
    is_back: bool
    sequences: set[int] = field(default_factory=set)

    @property
    def end(self) -> EndName:
        return self.path.route.host if self.is_back else self.path.route.source

    def list_left(self) -> list[int]:
        route = self.path.back if self.is_back else self.path.route
        return list_backlog(self.source, route, sequences=sorted(self.sequences))


def clear_channel(
    a: RelayChain,
    b: RelayChain,
    end: EndName,
    keys: Mapping[str, Sequence[Key]],
    plan: ClearPlan | None = None,
    *,
    settings: RelaySettings | None = None,
) -> Cleared:
    """Carry what waits on the channel ``end`` of A to its end, in both directions.

    Each packet is received and acknowledged, or timed out. Raises HandshakeError for a
    channel that does not lead to B, NotFound, NodeError.
    """
    plan = plan or ClearPlan()
    path = find_path(a, b, end)
    targets = [_Target(a, b, path, is_back=False)]
    if plan.both and plan.sequences is None:
        targets.append(_Target(b, a, path, is_back=True))
    _choose(targets, plan)
    wanted = sum(len(target.sequences) for target in targets)
    if not wanted:
        return Cleared(0, 0, {})
    chosen = replace(
        settings or RelaySettings(),
        clear_on_start=True,
        clear_blocks=0,
        only=lambda found: found.route == path.route,
        is_wanted=_make_wanted(targets),
    )
    relayer = Relayer([a, b], keys, chosen)
    relayer.run(until=_make_end(targets, [a, b]))
    left = [(target, sequence) for target in targets for sequence in target.list_left()]
    return Cleared(
        wanted,
        wanted - len(left),
        relayer.counters.as_dict(),
        tuple(_explain(relayer, target, sequence) for target, sequence in left),
        tuple(relayer.list_halted()),
    )


def _choose(targets: Iterable[_Target], plan: ClearPlan) -> None:
    room = plan.limit
    for target in targets:
        route = target.path.back if target.is_back else target.path.route
        waiting = list_backlog(target.source, route, sequences=plan.sequences)
        target.sequences = set(waiting if room is None else waiting[:room])
        if room is not None:
            room -= len(target.sequences)


def _make_wanted(targets: Sequence[_Target]) -> Callable[[str, str, Work], bool]:
    wanted = {
        (target.source.chain_id, target.end, sequence)
        for target in targets
        for sequence in target.sequences
    }

    def is_wanted(source_id: str, host_id: str, work: Work) -> bool:
        if DIRECTIONS[work.kind] is Direction.CHANNEL:
            return True
        if DIRECTIONS[work.kind] is Direction.INBOUND:
            return (source_id, work.route.source, work.sequence) in wanted
        return (host_id, work.route.host, work.sequence) in wanted

    return is_wanted


def _make_end(
    targets: Sequence[_Target], chains: Sequence[RelayChain]
) -> Callable[[Relayer], bool]:
    """Return what tells that all is done, or that nothing moves any more."""
    still: list[tuple[list[int], float]] = []

    def is_over(relayer: Relayer) -> bool:
        if not relayer.is_idle and not relayer.list_halted():
            still.clear()
            return False
        heights = [relayer.get_height(chain.chain_id) for chain in chains]
        if not still:
            if not any(target.list_left() for target in targets):
                return True
            still.append((heights, time.monotonic()))
            return False
        began, since_s = still[0]
        has_waited = time.monotonic() - since_s >= LEAST_STILL_S
        moved = all(now - then >= STILL_BLOCKS for now, then in zip(heights, began, strict=True))
        if not any(target.list_left() for target in targets):
            return True
        return has_waited and moved

    return is_over


def _explain(relayer: Relayer, target: _Target, sequence: int) -> StuckPacket:
    reason = "not settled; maybe its acknowledgement is still to be written"
    for lane in relayer.lanes:
        for key, aside in list(lane.board.aside.items()):
            is_inbound = key.direction is Direction.INBOUND
            chain, end = (
                (lane.source, aside.work.route.source)
                if is_inbound
                else (lane.host, aside.work.route.host)
            )
            if (chain.chain_id, end, key.sequence) == (
                target.source.chain_id,
                target.end,
                sequence,
            ):
                reason = aside.reason
    if relayer.is_missing(target.source.chain_id, target.end, sequence):
        reason = "its data cannot be found in the blocks that the nodes have"
    return StuckPacket(target.source.chain_id, target.end, sequence, reason)
