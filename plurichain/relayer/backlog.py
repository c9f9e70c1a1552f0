"""What waits on a channel, found from the two chains' state, a part at a time.

Commitments on the source are read first, then what the destination has of them; a packet
that moves meanwhile is at worst carried a second time, which costs a fee and nothing else.
Nothing is remembered: whoever is interrupted looks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.chain.nodes.grpc_channel import HeightPin
from plurichain.relayer.finding import Finding, find_acknowledged, find_sent
from plurichain.relayer.work import Work, WorkKind

if TYPE_CHECKING:
    from plurichain.relayer.chain_end import RelayChain
    from plurichain.relayer.work import Route

CHUNK = 500
"""So many packets are looked at, and held in memory, at a time."""


@dataclass(frozen=True, slots=True)
class BacklogPart:
    """A part of a channel's backlog in one direction.

    ``receives`` are works of the lane with the packets, ``returns`` of the lane against
    them. ``unanswered``: received, and no acknowledgement written yet. ``missing``: their
    data is nowhere to be found, as far as blocks and index go.
    """

    receives: tuple[Work, ...]
    returns: tuple[Work, ...]
    unanswered: tuple[int, ...]
    missing: tuple[int, ...]
    unread: tuple[tuple[int, int], ...]
    left: int
    """How many packets are still to be looked at."""


def list_backlog(
    source: RelayChain, route: Route, *, sequences: Sequence[int] | None = None
) -> list[int]:
    """Return the sequences of packets sent over ``route`` and not settled. Raises NodeError."""
    waiting = source.queries.list_packet_commitments(
        route.source.port, route.source.channel, pin=HeightPin()
    )
    if sequences is None:
        return waiting
    wanted = set(sequences)
    return [sequence for sequence in waiting if sequence in wanted]


def read_backlog(
    source: RelayChain,
    host: RelayChain,
    route: Route,
    sequences: Sequence[int],
    *,
    tell: Callable[[str], None] | None = None,
    chunk: int = CHUNK,
) -> Iterator[BacklogPart]:
    """Yield what is to be done for ``sequences``, sent over ``route``, in their order.

    Raises NodeError.
    """
    back = type(route)(route.host, route.source, route.order)
    for start in range(0, len(sequences), chunk):
        part = sequences[start : start + chunk]
        pin = HeightPin()
        end = route.host
        unreceived = host.queries.list_unreceived_packets(end.port, end.channel, part, pin=pin)
        received = sorted(set(part) - set(unreceived))
        answered = host.queries.list_acknowledged_packets(end.port, end.channel, received, pin=pin)
        sent = _find(find_sent, source, route.source, unreceived, tell)
        acked = _find(find_acknowledged, host, route.host, answered, tell)
        yield BacklogPart(
            receives=tuple(
                Work(WorkKind.RECEIVE, route, each.packet, each.height)
                for _, each in sorted(sent.found.items())
            ),
            returns=tuple(
                Work(WorkKind.ACKNOWLEDGE, back, each.packet, each.height, each.acknowledgement)
                for _, each in sorted(acked.found.items())
            ),
            unanswered=tuple(sorted(set(received) - set(answered))),
            missing=tuple(sorted({*sent.missing, *acked.missing})),
            unread=(*sent.unread, *acked.unread),
            left=len(sequences) - start - len(part),
        )


def _find(
    find: Callable[..., Finding],
    chain: RelayChain,
    end: object,
    sequences: Sequence[int],
    tell: Callable[[str], None] | None,
) -> Finding:
    return find(chain.client, end, sequences, tell=tell) if sequences else Finding()
