"""Packets under way, at their destination: its state beside what its blocks told.

Receipts and acknowledgements are read at the height up to which the destination's blocks
were read. What blocks did not tell because they were not read is no difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from plurichain.chain.nodes.grpc_channel import HeightPin
from plurichain.errors import HeightPruned, NodeError
from plurichain.ibc.packet import ProtocolVersion
from plurichain.tracker.coverage import load_chains
from plurichain.tracker.halves import SEQUENCE_DIGITS
from plurichain.tracker.observing.differences import Difference, Differences, PacketKey
from plurichain.tracker.reading import End

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plurichain.tracker.coverage import ChainView
    from plurichain.tracker.observing.watched import WatchedChain

MOST_AT_ONCE: Final = 1_000
"""So many of the oldest, and as many of the newest, are compared in one round."""

_OPEN: Final = """
SELECT s.chain_id, s.port, s.channel, s.sequence, s.peer_port, s.peer_channel, s.sent_time_ns,
    r.received_height, r.answered_height
FROM sent s
JOIN route a ON a.chain_id = s.chain_id AND a.protocol = s.protocol AND a.port = s.port
    AND a.channel = s.channel AND a.peer_port = s.peer_port AND a.peer_channel = s.peer_channel
JOIN route b ON b.chain_id = a.peer_chain_id AND b.protocol = s.protocol
    AND b.port = s.peer_port AND b.channel = s.peer_channel AND b.peer_chain_id = s.chain_id
    AND b.peer_port = s.port AND b.peer_channel = s.channel
LEFT JOIN received r ON r.chain_id = b.chain_id AND r.protocol = s.protocol
    AND r.port = s.peer_port AND r.channel = s.peer_channel AND r.sequence = s.sequence
WHERE s.state = 'sent' AND s.protocol = ? AND b.chain_id = ?
ORDER BY s.sent_height {order}, s.sequence {order} LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class _Open:
    """A packet under way, and where the blocks of its destination told of it."""

    packet: PacketKey
    end: End
    sent_time_ns: int | None
    received_height: int | None
    answered_height: int | None


class ReceiptWatch:
    """What came to one chain and is not settled at its source."""

    def __init__(self, chain: WatchedChain) -> None:
        self._chain = chain
        self._differences = Differences(chain, "received")
        self._loaded: set[tuple[str, End]] = set()

    def observe(self) -> None:
        """Compare what is under way to this chain. Raises NodeError, StorageError."""
        chain_id = self._chain.chain_id
        view = load_chains(self._chain.store).get(chain_id)
        if view is None:
            return
        # Read after the view: a height above its own is filtered out.
        waiting = self._list_open()
        self._load()
        differences: list[Difference] = []
        compared: set[PacketKey] = set()
        problem: NodeError | None = None
        for end in {each.end for each in waiting.values()}:
            here = {key[2]: each for key, each in waiting.items() if each.end == end}
            try:
                received, answered = self._read(end, list(here), view.height)
            except HeightPruned:
                continue  # blocks are read far behind the head
            except NodeError as error:
                problem = problem or error  # other ends may be told all the same
                continue
            compared.update(each.packet for each in here.values())
            for sequence, each in here.items():
                text = _find_difference(each, view, sequence in received, sequence in answered)
                if text:
                    differences.append(Difference(each.packet, view.height, "different", text))
        self._differences.renew(compared | self._list_settled(waiting), differences)
        if problem is not None:
            raise problem

    def _list_settled(self, waiting: Mapping[PacketKey, _Open]) -> set[PacketKey]:
        """Return the packets with a difference that are not under way any more."""
        others = set(self._differences.list_kept()) - waiting.keys()
        if len(waiting) < MOST_AT_ONCE:
            return others
        # There are more than one round takes: those between the oldest and the newest too.
        return {key for key in others if not self._is_open(key)}

    def _is_open(self, packet: PacketKey) -> bool:
        chain_id, end, sequence = packet
        rows = self._chain.store.query(
            "SELECT 1 FROM sent WHERE chain_id = ? AND protocol = ? AND port = ? AND channel = ?"
            " AND sequence = ? AND state = 'sent'",
            (chain_id, end.protocol.value, end.port, end.channel,
             f"{sequence:0{SEQUENCE_DIGITS}d}"),
        )  # fmt: skip
        return bool(rows)

    def _load(self) -> None:
        """Take over what an earlier run found of packets to this chain."""
        rows = self._chain.store.query(
            "SELECT chain_id, protocol, port, channel FROM route WHERE peer_chain_id = ?",
            (self._chain.chain_id,),
        )
        ends = {(row[0], End(ProtocolVersion(row[1]), row[2], row[3])) for row in rows}
        if new := ends - self._loaded:
            self._differences.load(new)
            self._loaded |= new

    def _read(self, end: End, sequences: list[int], height: int) -> tuple[set[int], set[int]]:
        """Return which packets the state after a block has received, and answered."""
        queries, names = self._chain.queries, (end.port, end.channel)
        pin = HeightPin(height)
        unreceived = queries.list_unreceived_packets(*names, sequences, pin=pin)
        answered = queries.list_acknowledged_packets(*names, sequences, pin=pin)
        return set(sequences) - set(unreceived), set(answered)

    def _list_open(self) -> dict[PacketKey, _Open]:
        found: dict[PacketKey, _Open] = {}
        for order in ("ASC", "DESC"):
            rows = self._chain.store.query(
                _OPEN.format(order=order),
                (ProtocolVersion.CLASSIC.value, self._chain.chain_id, MOST_AT_ONCE),
            )
            for each in map(_make_open, rows):
                found[each.packet] = each
        return found


def _make_open(row: tuple[Any, ...]) -> _Open:
    chain_id, port, channel, sequence, peer_port, peer_channel, sent_ns, received, answered = row
    classic = ProtocolVersion.CLASSIC
    return _Open(
        (chain_id, End(classic, port, channel), int(sequence)),
        End(classic, peer_port, peer_channel),
        None if sent_ns is None else int(sent_ns),
        received,
        answered,
    )


def _find_difference(each: _Open, view: ChainView, is_received: bool, is_answered: bool) -> str:
    """Return what blocks and state say differently up to the view's last block, or nothing."""
    told_received = _is_by(each.received_height, view.height)
    told_answered = _is_by(each.answered_height, view.height)
    where = f"the state of {view.chain_id} after block {view.height}"
    if told_received and not is_received:
        return f"received as blocks tell, and {where} has no receipt"
    if told_answered and not is_answered:
        return f"answered as blocks tell, and {where} has no acknowledgement"
    if not view.has_read_end(each.end, each.sent_time_ns):
        return ""  # blocks that may tell of it were not read
    if is_received and not told_received:
        return f"not received as blocks tell, and {where} has its receipt"
    if is_answered and not told_answered:
        return f"not answered as blocks tell, and {where} has its acknowledgement"
    return ""


def _is_by(height: int | None, last: int) -> bool:
    return height is not None and height <= last
