"""Packets stitched to journeys: what was sent, answered or tried again by the same message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plurichain.ibc.journey import Continuation, JourneyState, tell_journey
from plurichain.ibc.packet import ProtocolVersion
from plurichain.tracker.reading import End
from plurichain.tracker.views import PacketRow, find_packet

if TYPE_CHECKING:
    from plurichain.storage.database import Row
    from plurichain.tracker.coverage import ChainView
    from plurichain.tracker.store import PacketStore

# The chain that a packet came from is known only where both ends lead to each other.
_ORIGIN: Final = """
JOIN route a ON a.chain_id = r.chain_id AND a.protocol = r.protocol AND a.port = r.port
    AND a.channel = r.channel AND a.peer_port = r.peer_port AND a.peer_channel = r.peer_channel
JOIN route b ON b.chain_id = a.peer_chain_id AND b.protocol = r.protocol AND b.port = r.peer_port
    AND b.channel = r.peer_channel AND b.peer_chain_id = r.chain_id AND b.peer_port = r.port
    AND b.peer_channel = r.channel
"""
# Of all that a chain did, its id alone finds too much: the join has to go by place.
_SAME_CHAIN: Final = "s.chain_id || '' = {0}.chain_id || ''"
_PARENT: Final = "b.chain_id, r.protocol, r.peer_port, r.peer_channel, r.sequence"
_CHILD: Final = "s.chain_id, s.protocol, s.port, s.channel, s.sequence"
_FORWARDED: Final = f"""
SELECT {_PARENT}, {_CHILD} FROM sent s JOIN received r ON {_SAME_CHAIN.format("r")}
    AND r.received_height = s.sent_height AND r.received_tx = s.sent_tx
    AND r.received_msg = s.sent_msg {_ORIGIN} ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
"""  # noqa: S608
_RETRIED: Final = f"""
SELECT e.chain_id, e.protocol, e.port, e.channel, e.sequence, {_CHILD}
FROM sent s JOIN sent e ON {_SAME_CHAIN.format("e")} AND e.ended_height = s.sent_height
    AND e.ended_tx = s.sent_tx AND e.ended_msg = s.sent_msg AND e.state = 'timed-out'
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
"""  # noqa: S608
_ANSWERED: Final = f"""
SELECT {_PARENT}, {_CHILD} FROM sent s JOIN received r ON {_SAME_CHAIN.format("r")}
    AND r.answered_height = s.ended_height AND r.answered_tx = s.ended_tx
    AND r.answered_msg = s.ended_msg {_ORIGIN} ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
"""  # noqa: S608


@dataclass(frozen=True, slots=True, order=True)
class PacketKey:
    """A packet by where it was sent; equal names on other chains are other packets."""

    chain_id: str
    protocol: str
    port: str
    channel: str
    sequence: int

    @classmethod
    def read(cls, row: Row) -> PacketKey:
        """Return the key in five columns."""
        chain_id, protocol, port, channel, sequence = row
        return cls(chain_id, protocol, port, channel, int(sequence))

    @property
    def end(self) -> End:
        """The end that it was sent over."""
        return End(ProtocolVersion(self.protocol), self.port, self.channel)


@dataclass(frozen=True, slots=True)
class Continued:
    """Which packet another one continues, and why."""

    parent: PacketKey
    why: Continuation


@dataclass(frozen=True, slots=True)
class JourneyHop:
    """A packet of a journey; ``depth`` counts from 0, ``parent`` is None for the first."""

    packet: PacketRow
    depth: int
    parent: PacketKey | None
    why: Continuation | None


@dataclass(frozen=True, slots=True)
class Journey:
    """Packets that continue each other, each after the one that it continues."""

    hops: tuple[JourneyHop, ...]
    state: JourneyState


def find_continuations(store: PacketStore) -> dict[PacketKey, Continued]:
    """Return what each packet continues; those that begin something are not among them."""
    found: dict[PacketKey, Continued] = {}
    for statement, why in (
        (_FORWARDED, Continuation.FORWARDED),
        (_RETRIED, Continuation.RETRIED),
        (_ANSWERED, Continuation.ANSWERED),
    ):
        links = [
            (PacketKey.read(row[:5]), PacketKey.read(row[5:])) for row in store.query(statement)
        ]
        # A message that handled several packets does not tell which of them went on.
        parents = Counter(child for _, child in links)
        for parent, child in links:
            if parents[child] == 1 and parent != child:
                found.setdefault(child, Continued(parent, why))
    return found


def find_answering(store: PacketStore) -> set[PacketKey]:
    """Return the packets whose end wrote the answer of another: its money goes back with that."""
    return {PacketKey.read(row[5:]) for row in store.query(_ANSWERED)}


def list_journeys(
    store: PacketStore,
    chains: dict[str, ChainView],
    continued: Mapping[PacketKey, Continued] | None = None,
) -> Iterator[Journey]:
    """Yield every journey of more than one packet, by its first. Within ``opened_view``."""
    links = find_continuations(store) if continued is None else continued
    children: dict[PacketKey, list[PacketKey]] = {}
    for child, link in links.items():
        children.setdefault(link.parent, []).append(child)
    for root in sorted(key for key in children if key not in links):
        hops = tuple(_walk(store, chains, links, children, root))
        if hops:
            yield Journey(hops, _tell(hops))


def _walk(
    store: PacketStore,
    chains: dict[str, ChainView],
    links: Mapping[PacketKey, Continued],
    children: Mapping[PacketKey, list[PacketKey]],
    root: PacketKey,
) -> Iterator[JourneyHop]:
    """Yield the packets of one journey, each branch to its end before the next one."""
    waiting, seen = [(root, 0)], {root}
    while waiting:
        key, depth = waiting.pop()
        row = find_packet(store, chains, key.chain_id, key.end, key.sequence)
        link = links.get(key)
        if row is not None:
            parent, why = (None, None) if link is None else (link.parent, link.why)
            yield JourneyHop(row, depth, parent, why)
        for child in sorted(children.get(key, ()), reverse=True):
            if child not in seen:
                seen.add(child)
                waiting.append((child, depth + 1))


def _tell(hops: tuple[JourneyHop, ...]) -> JourneyState:
    continued = {hop.parent for hop in hops}
    ends = [hop.packet for hop in hops if get_key(hop.packet) not in continued]
    return tell_journey(hops[0].packet.story, [each.story for each in ends])


def get_key(packet: PacketRow) -> PacketKey:
    """Return the key of a row."""
    end = packet.end
    return PacketKey(packet.chain_id, end.protocol.value, end.port, end.channel, packet.sequence)
