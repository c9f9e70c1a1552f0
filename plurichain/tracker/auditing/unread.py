"""What blocks that were not read would have told, asked of the chains' state.

A tracker that began after a channel was opened, or that missed blocks, does not know every
packet, and need not: of two heights, state says which packets the sender still holds, which
sequences it gave out at all, and what the other chain received and answered. What was not
seen and is settled on both chains moves no money between them. What is not settled and was
not seen keeps the equation from being judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from plurichain.errors import HeightPruned
from plurichain.ibc.event_types import PacketEventKind
from plurichain.ibc.packet_story import Fault
from plurichain.tracker.auditing.extent import Extent, Unaudited
from plurichain.tracker.auditing.tokens import CLASSIC, ChannelPair, Side
from plurichain.tracker.coverage import is_surely_after

if TYPE_CHECKING:
    from plurichain.tracker.auditing.chain_state import ChainState
    from plurichain.tracker.auditing.extent import Moment
    from plurichain.tracker.auditing.sent_packet import SentPacket
    from plurichain.tracker.store import PacketStore

MOST: Final = 10_000
"""About how many packets of a channel end a node is asked."""

_ENDED_UNANSWERED: Final = """
SELECT s.sequence, s.ended_height FROM sent s
LEFT JOIN received r ON r.chain_id = ? AND r.protocol = s.protocol AND r.port = s.peer_port
    AND r.channel = s.peer_channel AND r.sequence = s.sequence
WHERE s.chain_id = ? AND s.protocol = ? AND s.port = ? AND s.channel = ?
    AND s.state = 'acknowledged' AND s.ended_height <= ? AND r.answered_height IS NULL
LIMIT ?
"""
_ENDED_UNSENT: Final = """
SELECT detail, height FROM oddity
WHERE chain_id = ? AND height <= ? AND reason = ? AND substr(detail, 1, ?) = ? LIMIT ?
"""
_HANDLED_UNSENT: Final = """
SELECT MIN(r.sequence) FROM received r
LEFT JOIN sent s ON s.chain_id = ? AND s.protocol = r.protocol AND s.port = r.peer_port
    AND s.channel = r.peer_channel AND s.sequence = r.sequence
WHERE r.chain_id = ? AND r.protocol = ? AND r.port = ? AND r.channel = ?
    AND s.sequence IS NULL AND r.sequence < ? AND (r.received_height > ? OR r.answered_height > ?)
"""


@dataclass(frozen=True, slots=True)
class Way:
    """One direction of a channel, and what was read of its two ends."""

    sender: Side
    receiver: Side
    sent: Extent
    received: Extent

    @property
    def is_whole(self) -> bool:
        """Whether blocks tell everything."""
        return self.sent.is_whole and self.received.is_whole


def list_ways(pairs: Iterable[ChannelPair], extents: Mapping[Side, Extent]) -> list[Way]:
    """Return both directions of every channel."""
    return [
        Way(sender, receiver, extents[sender], extents[receiver])
        for pair in pairs
        for sender, receiver in ((pair.a, pair.b), (pair.b, pair.a))
    ]


def ask_next_sequences(
    states: Mapping[str, ChainState], ways: Iterable[Way], heights: Mapping[str, int]
) -> dict[Side, int]:
    """Return the sequence of the next packet of every end that was not read as a whole.

    Raises NodeError.
    """
    return {
        side: states[side.chain_id].get_next_sequence(
            heights[side.chain_id], side.port, side.channel
        )
        for side, extent in ((way.sender, way.sent) for way in ways)
        if not extent.is_whole
    }


def find_unanswered(
    store: PacketStore, states: Mapping[str, ChainState], way: Way, heights: Mapping[str, int]
) -> int | None:
    """Return the lowest height at which an answer came back that the receiver has not given.

    At ``heights``, by the receiver's state, where blocks do not tell; None if there is no such.
    Raises Unaudited if that is too many packets to ask for, NodeError.
    """
    if way.is_whole:
        return None
    here, there = heights[way.sender.chain_id], heights[way.receiver.chain_id]
    ended: dict[int, int] = {}
    for sequence, height in _list_ended(store, way, here):
        ended[sequence] = min(height, ended.get(sequence, height))
    if not ended:
        return None
    sender, receiver = states[way.sender.chain_id], states[way.receiver.chain_id]
    open_ = set(sender.list_open(here, way.sender.port, way.sender.channel))
    # A chain repeats what anybody relays to it, also of packets that it has not sent yet.
    following = sender.get_next_sequence(here, way.sender.port, way.sender.channel)
    doubtful = {each for each in ended if each < following} - open_
    if len(doubtful) > MOST:
        raise Unaudited(
            f"over {MOST} packets of {way.sender} were answered in blocks of "
            f"{way.receiver.chain_id} that were not read"
        )
    answered = receiver.list_answered(there, way.receiver.port, way.receiver.channel, doubtful)
    unanswered = {each: ended[each] for each in doubtful - set(answered)}
    untrue = _find_untrue(states, way, there, unanswered) if unanswered else set()
    return min((unanswered[each] for each in unanswered.keys() - untrue), default=None)


def _find_untrue(
    states: Mapping[str, ChainState], way: Way, there: int, ended: Mapping[int, int]
) -> set[int]:
    """Return which packets timed out, whatever was said of an answer at the height in ``ended``.

    Anybody may bring an answer of one that is settled, and the chain repeats the words. Had it
    been given, the receiver, read so far beyond that, would have received the packet.
    """
    side, state = way.receiver, states[way.receiver.chain_id]
    now_ns, sender = state.get_time_ns(there), states[way.sender.chain_id]
    absent = state.list_unreceived(there, side.port, side.channel, set(ended))
    return {each for each in absent if is_surely_after(now_ns, _find_time(sender, ended[each]))}


def _find_time(state: ChainState, height: int) -> int | None:
    try:
        return state.get_time_ns(height)
    except HeightPruned:
        return None


def validate_moment(
    store: PacketStore,
    way: Way,
    moments: Mapping[str, Moment],
    next_sequences: Mapping[Side, int],
) -> None:
    """Raise Unaudited unless what was not read of a way lies before the moment on both chains."""
    here, there = moments[way.sender.chain_id], moments[way.receiver.chain_id]
    for extent, moment in ((way.sent, here), (way.received, there)):
        if not extent.is_whole and moment.height < extent.first:
            raise Unaudited(f"too little was read of {moment.chain_id} since block {extent.first}")
    if way.sent.is_whole:
        return
    if not is_surely_after(there.time_ns, way.sent.first_time_ns):
        raise Unaudited(
            f"{way.receiver.chain_id} was not read beyond the time of block {way.sent.first} "
            f"of {way.sender.chain_id}, the first that was read without a gap"
        )
    side, following = way.receiver, next_sequences[way.sender]
    [(found,)] = store.query(
        _HANDLED_UNSENT,
        (
            way.sender.chain_id, side.chain_id, CLASSIC, side.port, side.channel,
            f"{following:020d}", there.height, there.height,
        ),
    )  # fmt: skip
    if found is not None:
        raise Unaudited(f"packet {int(found)} of {way.sender} was sent in a block not read")


def settle_unread(
    states: Mapping[str, ChainState],
    way: Way,
    moments: Mapping[str, Moment],
    packets: Sequence[SentPacket],
) -> list[SentPacket]:
    """Leave out the packets that were settled in blocks that were not read.

    Raises Unaudited where how one was answered would have to be known, NodeError.
    """
    if way.is_whole:
        return list(packets)
    here, there = moments[way.sender.chain_id], moments[way.receiver.chain_id]
    sender, side = states[way.sender.chain_id], way.sender
    held = set(sender.list_open(here.height, side.port, side.channel))
    gone = {
        each.number
        for each in packets
        if each.is_open_at(here.height)
        and each.number not in held
        and not way.sent.is_whole
        and each.sent_height < way.sent.first
    }
    _validate_ended(states, way, there, [each for each in packets if each.number in gone])
    kept = [each for each in packets if each.number not in gone]
    if not way.received.is_whole:
        _validate_waiting(states, way, there, [each for each in kept if each.number in held])
    return kept


def _validate_ended(
    states: Mapping[str, ChainState], way: Way, there: Moment, packets: Sequence[SentPacket]
) -> None:
    """Raise Unaudited unless packets that the sender ended are settled on the other chain too.

    One that it never received has timed out: the moment is not before the sender's end of it.
    """
    late = [each.number for each in packets if each.is_handled_after(there.height)]
    unanswered = {each.number for each in packets if each.answered_height is None}
    if unanswered:
        state, side = states[way.receiver.chain_id], way.receiver
        place = (there.height, side.port, side.channel)
        unanswered -= set(state.list_answered(*place, unanswered))
        late += sorted(unanswered - set(state.list_unreceived(*place, unanswered)))
    if late:
        raise Unaudited(
            f"packet {late[0]} of {way.sender} was ended in a block not read, and was not "
            f"answered at {there.height} of {there.chain_id}"
        )


def _validate_waiting(
    states: Mapping[str, ChainState], way: Way, there: Moment, packets: Sequence[SentPacket]
) -> None:
    """Raise Unaudited if a packet under way was received or answered where nobody read it."""
    state, side = states[way.receiver.chain_id], way.receiver
    place = (there.height, side.port, side.channel)
    unseen = {each.number for each in packets if not each.was_seen_there}
    unread = unseen - set(state.list_unreceived(*place, unseen)) if unseen else set()
    waiting = {
        each.number for each in packets if each.was_seen_there and each.answered_height is None
    }
    unread |= set(state.list_answered(*place, waiting)) if waiting else set()
    if unread:
        raise Unaudited(
            f"what came of packet {min(unread)} of {way.sender} is in blocks of "
            f"{there.chain_id} that were not read"
        )


def _list_ended(store: PacketStore, way: Way, height: int) -> Iterator[tuple[int, int]]:
    """Yield (sequence, height) of what an answer ended while nobody saw it answered, or sent."""
    side = way.sender
    if not way.received.is_whole:
        for sequence, ended in store.query(
            _ENDED_UNANSWERED,
            (
                way.receiver.chain_id, side.chain_id, CLASSIC, side.port, side.channel, height,
                MOST + 1,
            ),
        ):  # fmt: skip
            yield int(sequence), int(ended)
    if not way.sent.is_whole:
        start = f"{PacketEventKind.ACKNOWLEDGE.value} {side.port}/{side.channel} "
        for detail, ended in store.query(
            _ENDED_UNSENT,
            (
                side.chain_id, height, Fault.ENDED_UNSENT.value, len(start), start, MOST + 1,
            ),
        ):  # fmt: skip
            yield int(detail.removeprefix(start)), int(ended)
