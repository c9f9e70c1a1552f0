"""At which heights chains are compared: such that no packet is ahead of its own history.

A receipt at a height of one chain needs the sending at or below the height of the other, an
acknowledgement that came back needs the answer. Heights at which that holds for every packet
are one moment of all chains, whatever their clocks say; from the last blocks that were read
they are found by going down until nothing contradicts.

Where a chain was read from some block on, halves of older packets are missing. That a packet
was sent before it, state tells: sequences are given out in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from plurichain.tracker.auditing.tokens import CLASSIC, ChannelPair, Side
from plurichain.tracker.halves import SEQUENCE_DIGITS

if TYPE_CHECKING:
    from plurichain.tracker.store import PacketStore

_RECEIVED_UNSENT: Final = """
SELECT MIN(r.received_height) FROM received r
LEFT JOIN sent s ON s.chain_id = ? AND s.protocol = r.protocol AND s.port = r.peer_port
    AND s.channel = r.peer_channel AND s.sequence = r.sequence
WHERE r.chain_id = ? AND r.protocol = ? AND r.port = ? AND r.channel = ?
    AND r.received_height <= ?
    AND (s.sent_height > ? OR s.sent_height IS NULL AND r.sequence >= ?)
"""
_ENDED_UNANSWERED: Final = """
SELECT MIN(s.ended_height) FROM sent s
LEFT JOIN received r ON r.chain_id = ? AND r.protocol = s.protocol AND r.port = s.peer_port
    AND r.channel = s.peer_channel AND r.sequence = s.sequence
WHERE s.chain_id = ? AND s.protocol = ? AND s.port = ? AND s.channel = ?
    AND s.state = 'acknowledged' AND s.ended_height <= ?
    AND (r.answered_height > ? OR r.answered_height IS NULL AND ? = 1)
"""


def choose_heights(
    store: PacketStore,
    pairs: Sequence[ChannelPair],
    limits: Mapping[str, int],
    sent_before: Mapping[Side, int],
) -> dict[str, int]:
    """Return heights of the chains of ``pairs``, at most ``limits``, that are one moment.

    ``sent_before``, of the ends of which not everything was read: the sequence that the next
    packet gets, at a height not below the limit. What the other end received below it and
    nobody saw sent was sent in blocks that were not read, which are before all that were; and
    what it was not seen to answer is left to ``find_unanswered``. A height of 0 or less says
    that there is no such moment.
    """
    heights = dict(limits)
    while _lower(store, pairs, heights, sent_before):
        pass
    return heights


def _lower(
    store: PacketStore,
    pairs: Sequence[ChannelPair],
    heights: dict[str, int],
    sent_before: Mapping[Side, int],
) -> bool:
    """Lower whichever height shows more than it can; returns whether one did."""
    is_lowered = False
    for pair in pairs:
        for source, target in ((pair.a, pair.b), (pair.b, pair.a)):
            at = heights[source.chain_id], heights[target.chain_id]
            unseen = f"{sent_before.get(source, 0):0{SEQUENCE_DIGITS}d}"
            early = _find(store, _RECEIVED_UNSENT, source.chain_id, target, at[1], at[0], unseen)
            if early is not None:
                heights[target.chain_id] = early - 1
            early = _find(
                store, _ENDED_UNANSWERED, target.chain_id, source, at[0],
                heights[target.chain_id], int(target not in sent_before),
            )  # fmt: skip
            if early is not None:
                heights[source.chain_id] = early - 1
            is_lowered = is_lowered or at != (
                heights[source.chain_id],
                heights[target.chain_id],
            )
    return is_lowered


def _find(
    store: PacketStore, statement: str, other: str, side: Side, height: int, *rest: object
) -> int | None:
    """Return the lowest height of ``side``'s chain whose word needs more of the other's."""
    [(found,)] = store.query(
        statement,
        (other, side.chain_id, CLASSIC, side.port, side.channel, height, *rest),
    )
    return None if found is None else int(found)
