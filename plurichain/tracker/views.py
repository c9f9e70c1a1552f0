"""What the tracker says of packets: where each is in its life, since when, by whose clock.

Ages and latencies are of block times alone; where one is not known they are None, and
never 0.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from plurichain.encoding.height import Height, revision_of
from plurichain.ibc.packet import ProtocolVersion
from plurichain.ibc.packet_story import (
    Answer,
    DestinationState,
    Halves,
    SourceState,
    StoryClass,
    tell_story,
)
from plurichain.tracker.coverage import ChainView, load_chains
from plurichain.tracker.halves import SEQUENCE_DIGITS
from plurichain.tracker.reading import End

if TYPE_CHECKING:
    from plurichain.tracker.store import PacketStore

_PAGE: Final = 1_000
# Both ends must lead to each other: a chain may name any other as its counterparty.
HALVES: Final = """
FROM sent s
LEFT JOIN route a ON a.chain_id = s.chain_id AND a.protocol = s.protocol AND a.port = s.port
    AND a.channel = s.channel AND a.peer_port = s.peer_port AND a.peer_channel = s.peer_channel
LEFT JOIN route b ON b.chain_id = a.peer_chain_id AND b.protocol = s.protocol
    AND b.port = s.peer_port AND b.channel = s.peer_channel AND b.peer_chain_id = s.chain_id
    AND b.peer_port = s.port AND b.peer_channel = s.channel
LEFT JOIN received r ON r.chain_id = b.chain_id AND r.protocol = s.protocol
    AND r.port = s.peer_port AND r.channel = s.peer_channel AND r.sequence = s.sequence
"""
"""Packets that were seen sent, with what the chain that they go to told: s, r, routes a and b."""
_JOINED: Final = f"""
SELECT s.chain_id, s.protocol, s.port, s.channel, s.sequence, s.peer_port, s.peer_channel,
    s.state, s.commitment, s.timeout_height, s.timeout_ns, s.denom, s.amount, s.sent_height,
    s.sent_time_ns, s.sent_by, s.ended_time_ns, s.ended_by, s.repeats, b.chain_id,
    r.state, r.commitment, r.outcome, r.received_height, r.received_time_ns, r.received_by,
    r.answered_time_ns, r.repeats
{HALVES}
"""
_AFTER: Final = "WHERE (s.chain_id, s.protocol, s.port, s.channel, s.sequence) > (?, ?, ?, ?, ?)"
_IN_ORDER: Final = "ORDER BY s.chain_id, s.protocol, s.port, s.channel, s.sequence LIMIT ?"
_ALL: Final = f"{_JOINED} {_AFTER} {_IN_ORDER}"
# What has ended is open only where two chains contradict each other (``tell_story``).
_OPEN: Final = f"""{_JOINED} {_AFTER} AND (s.state = 'sent'
    OR (s.state = 'timed-out' AND r.state IS NOT NULL)
    OR (r.commitment <> '' AND r.commitment <> s.commitment))
{_IN_ORDER}
"""
_UNENDED: Final = f"""{_JOINED}
WHERE s.chain_id = ? AND s.state = 'sent' AND s.sent_height >= ?
    AND (s.sent_height, s.protocol, s.port, s.channel, s.sequence) > (?, ?, ?, ?, ?)
ORDER BY s.sent_height, s.protocol, s.port, s.channel, s.sequence LIMIT ?
"""
_ONE: Final = f"""{_JOINED}
WHERE s.chain_id = ? AND s.protocol = ? AND s.port = ? AND s.channel = ? AND s.sequence = ?
"""


@dataclass(frozen=True, slots=True)
class PacketRow:
    """A packet, its class, and what is known of its way; times in Unix nanoseconds.

    ``destination_chain_id`` is None where it is not known which chain the channel leads
    to. ``age_ns`` is how long it has been in its class, by the clock of the chain that
    could end it; of a packet that is settled it is None.
    """

    chain_id: str
    end: End
    sequence: int
    destination_chain_id: str | None
    destination: End
    story: StoryClass
    age_ns: int | None
    denom: str | None
    amount: int | None
    timeout_height: Height
    timeout_ns: int
    sent_height: int
    sent_time_ns: int | None
    received_time_ns: int | None
    answered_time_ns: int | None
    ended_time_ns: int | None
    sent_by: str | None
    received_by: str | None
    ended_by: str | None
    repeats: int


@contextlib.contextmanager
def opened_view(store: PacketStore) -> Iterator[dict[str, ChainView]]:
    """Hold one state of all chains while packets are listed; gives the chains."""
    with store.reading():
        yield load_chains(store)


def list_packets(
    store: PacketStore, chains: dict[str, ChainView], *, only_open: bool = False
) -> Iterator[PacketRow]:
    """Yield every packet that was seen sent, by chain, channel and sequence.

    ``only_open``: those that are not settled, which are few among many. Memory does not grow
    with them. Within ``opened_view``, whose chains are given.
    """
    after: tuple[Any, ...] = ("", "", "", "", "")
    while True:
        rows = store.query(_OPEN if only_open else _ALL, (*after, _PAGE))
        for row in rows:
            packet = _make_row(_Joined(*row), chains)
            if packet.story.is_open or not only_open:
                yield packet
        if len(rows) < _PAGE:
            return
        after = rows[-1][:5]


def list_unended(
    store: PacketStore, chains: dict[str, ChainView], chain_id: str
) -> Iterator[PacketRow]:
    """Yield the packets whose end their source has not told, the oldest first."""
    height, after = 0, ("", "", "", "")
    while True:
        rows = store.query(_UNENDED, (chain_id, height, height, *after, _PAGE))
        for row in rows:
            yield _make_row(_Joined(*row), chains)
        if len(rows) < _PAGE:
            return
        height, after = _Joined(*rows[-1]).sent_height, rows[-1][1:5]


def find_packet(
    store: PacketStore, chains: dict[str, ChainView], chain_id: str, end: End, sequence: int
) -> PacketRow | None:
    """Return one packet by where it was sent, None if it was not seen sent."""
    key = (chain_id, end.protocol.value, end.port, end.channel, f"{sequence:0{SEQUENCE_DIGITS}d}")
    rows = store.query(_ONE, key)
    return _make_row(_Joined(*rows[0]), chains) if rows else None


@dataclass(frozen=True, slots=True)
class _Joined:
    """A row of ``_JOINED``, in its order."""

    chain_id: str
    protocol: str
    port: str
    channel: str
    sequence: str
    peer_port: str
    peer_channel: str
    state: str
    commitment: str
    timeout_height: str
    timeout_ns: str
    denom: str | None
    amount: str | None
    sent_height: int
    sent_time_ns: str | None
    sent_by: str | None
    ended_time_ns: str | None
    ended_by: str | None
    repeats: int
    peer_chain_id: str | None
    peer_state: str | None
    peer_commitment: str | None
    outcome: str | None
    received_height: int | None
    received_time_ns: str | None
    received_by: str | None
    answered_time_ns: str | None
    peer_repeats: int | None


def _make_row(row: _Joined, chains: dict[str, ChainView]) -> PacketRow:
    protocol = ProtocolVersion(row.protocol)
    here = End(protocol, row.port, row.channel)
    there = End(protocol, row.peer_port, row.peer_channel)
    source, destination = chains[row.chain_id], chains.get(row.peer_chain_id or "")
    story = tell_story(_make_halves(row, source, destination, here, there))
    return PacketRow(
        chain_id=row.chain_id,
        end=here,
        sequence=int(row.sequence),
        destination_chain_id=row.peer_chain_id,
        destination=there,
        story=story,
        age_ns=_compute_age(row, story, source, destination),
        denom=row.denom,
        amount=_read(row.amount),
        timeout_height=Height.parse(row.timeout_height),
        timeout_ns=int(row.timeout_ns),
        sent_height=row.sent_height,
        sent_time_ns=_read(row.sent_time_ns),
        received_time_ns=_read(row.received_time_ns),
        answered_time_ns=_read(row.answered_time_ns),
        ended_time_ns=_read(row.ended_time_ns),
        sent_by=row.sent_by,
        received_by=row.received_by,
        ended_by=row.ended_by,
        repeats=row.repeats + (row.peer_repeats or 0),
    )


def _make_halves(
    row: _Joined, source: ChainView, destination: ChainView | None, here: End, there: End
) -> Halves:
    if destination is None:
        is_read = False
    elif row.received_height is not None:
        is_read = destination.has_read_since(row.received_height)
    else:
        is_read = destination.has_read_end(there, _read(row.sent_time_ns))
    return Halves(
        source=SourceState(row.state),
        destination=DestinationState(row.peer_state or DestinationState.NOTHING),
        answer=None if row.outcome is None else Answer(row.outcome),
        is_source_read=source.has_read_since(row.sent_height),
        is_destination_read=is_read,
        is_due=destination is not None and _is_due(row, destination),
        is_closed=here in source.closed
        or (destination is not None and there in destination.closed),
        agree=row.peer_commitment in {None, "", row.commitment},
    )


def _is_due(row: _Joined, destination: ChainView) -> bool:
    """Whether the destination's last block refuses the packet; its time unknown does not."""
    limit = Height.parse(row.timeout_height)
    now = Height(revision_of(destination.chain_id), destination.height)
    if not limit.is_zero and now >= limit:
        return True
    timeout_ns, time_ns = int(row.timeout_ns), destination.time_ns
    return time_ns is not None and 0 < timeout_ns <= time_ns


def _compute_age(
    row: _Joined, story: StoryClass, source: ChainView, destination: ChainView | None
) -> int | None:
    """Return how long the packet has waited, by the chain that told when it began to."""
    if not story.is_open:
        return None
    if story is StoryClass.RECEIVED_UNACKED:
        begun, now = row.received_time_ns, destination.time_ns if destination else None
    elif story in {StoryClass.ACK_PENDING, StoryClass.REFUND_PENDING}:
        begun, now = row.answered_time_ns, destination.time_ns if destination else None
    else:
        begun, now = row.sent_time_ns, source.time_ns
    return None if begun is None or now is None else max(now - int(begun), 0)


def _read(text: str | None) -> int | None:
    return None if text is None else int(text)
