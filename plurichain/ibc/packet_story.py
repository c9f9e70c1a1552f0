"""The life of a packet as blocks tell it: two halves, and what they mean together.

Each chain tells its own half: the source of sending and ending, the destination of
receiving and answering. A half changes by the events of its own chain only, so that the
order in which two chains are read does not matter; the story is told from both. Events
of repeats (RECV, ACKNOWLEDGE and TIMEOUT of a packet that had it behind it) change
nothing. Sources: ICS-4, ibc-go modules/core/04-channel/keeper/{packet,timeout}.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from plurichain.ibc.acknowledgement import parse_acknowledgement
from plurichain.ibc.commitments import UNIVERSAL_ERROR_ACKNOWLEDGEMENT
from plurichain.ibc.event_types import PacketEventKind

State = TypeVar("State")


class SourceState(StrEnum):
    """What the chain that sent a packet has told of it."""

    NOTHING = "nothing"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    TIMED_OUT = "timed-out"


class DestinationState(StrEnum):
    """What the chain that a packet goes to has told of it."""

    NOTHING = "nothing"
    RECEIVED = "received"
    ANSWERED = "answered"


class Answer(StrEnum):
    """What an acknowledgement says; OPAQUE is one in a form of its application's own."""

    SUCCESS = "success"
    ERROR = "error"
    OPAQUE = "opaque"


class Fault(StrEnum):
    """An event that the life of a packet has no place for. It changes nothing, but is kept."""

    SENT_TWICE = "sent twice"
    SENT_AFTER_END = "sent after it was ended"
    ENDED_UNSENT = "ended, but never seen sent"
    ANSWERED_UNRECEIVED = "answered, but never seen received"
    ANSWERED_TWICE = "answered twice"
    DONE_TWICE = "took effect, though it was done before"
    NOT_DONE = "came to nothing, though it was not seen done before"


@dataclass(frozen=True, slots=True)
class Step(Generic[State]):
    """What an event does to a half: its new state, whether it was a repeat, a fault or none."""

    state: State
    is_repeat: bool = False
    fault: Fault | None = None


_SENT, _ACKNOWLEDGED, _TIMED_OUT = (
    SourceState.SENT,
    SourceState.ACKNOWLEDGED,
    SourceState.TIMED_OUT,
)

SOURCE_STEPS: Final[dict[tuple[SourceState, PacketEventKind], Step[SourceState]]] = {
    (SourceState.NOTHING, PacketEventKind.SEND): Step(_SENT),
    # A chain repeats the words of whoever relays what it has no commitment of, even of a
    # packet that is yet to be sent: nothing may follow from them.
    (SourceState.NOTHING, PacketEventKind.ACKNOWLEDGE): Step(
        SourceState.NOTHING, is_repeat=True, fault=Fault.ENDED_UNSENT
    ),
    (SourceState.NOTHING, PacketEventKind.TIMEOUT): Step(
        SourceState.NOTHING, is_repeat=True, fault=Fault.ENDED_UNSENT
    ),
    (_SENT, PacketEventKind.SEND): Step(_SENT, fault=Fault.SENT_TWICE),
    (_SENT, PacketEventKind.ACKNOWLEDGE): Step(_ACKNOWLEDGED),
    (_SENT, PacketEventKind.TIMEOUT): Step(_TIMED_OUT),
    (_ACKNOWLEDGED, PacketEventKind.SEND): Step(_ACKNOWLEDGED, fault=Fault.SENT_AFTER_END),
    (_ACKNOWLEDGED, PacketEventKind.ACKNOWLEDGE): Step(_ACKNOWLEDGED, is_repeat=True),
    (_ACKNOWLEDGED, PacketEventKind.TIMEOUT): Step(_ACKNOWLEDGED, is_repeat=True),
    (_TIMED_OUT, PacketEventKind.SEND): Step(_TIMED_OUT, fault=Fault.SENT_AFTER_END),
    (_TIMED_OUT, PacketEventKind.ACKNOWLEDGE): Step(_TIMED_OUT, is_repeat=True),
    (_TIMED_OUT, PacketEventKind.TIMEOUT): Step(_TIMED_OUT, is_repeat=True),
}
"""Every event of a source in every state."""

_RECEIVED, _ANSWERED = DestinationState.RECEIVED, DestinationState.ANSWERED

DESTINATION_STEPS: Final[dict[tuple[DestinationState, PacketEventKind], Step[DestinationState]]] = {
    (DestinationState.NOTHING, PacketEventKind.RECV): Step(_RECEIVED),
    # The answer is a fact all the same; its receipt lies in blocks that were not read.
    (DestinationState.NOTHING, PacketEventKind.WRITE_ACK): Step(
        _ANSWERED, fault=Fault.ANSWERED_UNRECEIVED
    ),
    (_RECEIVED, PacketEventKind.RECV): Step(_RECEIVED, is_repeat=True),
    (_RECEIVED, PacketEventKind.WRITE_ACK): Step(_ANSWERED),
    (_ANSWERED, PacketEventKind.RECV): Step(_ANSWERED, is_repeat=True),
    (_ANSWERED, PacketEventKind.WRITE_ACK): Step(_ANSWERED, fault=Fault.ANSWERED_TWICE),
}
"""Every event of a destination in every state."""


def judge_answer(acknowledgement: bytes) -> Answer:
    """Return what a classic acknowledgement says. Raises nothing."""
    parsed = parse_acknowledgement(acknowledgement)
    if parsed is None:
        return Answer.OPAQUE
    return Answer.SUCCESS if parsed.is_success else Answer.ERROR


def judge_answers_v2(acknowledgements: Sequence[bytes]) -> Answer:
    """Return what the acknowledgements of an IBC v2 packet say: any failure fails it whole."""
    failed = UNIVERSAL_ERROR_ACKNOWLEDGEMENT in acknowledgements
    return Answer.ERROR if failed else Answer.SUCCESS


class StoryClass(StrEnum):
    """Where a packet is in its life."""

    UNRECEIVED = "unreceived"
    """Sent, not received, not due."""
    EXPIRED = "expired"
    """Its time is over at the destination; the refund is pending."""
    STRANDED = "stranded"
    """Not received, and its channel is closed: to be timed out on close."""
    RECEIVED_UNACKED = "received-unacked"
    """Received, and no acknowledgement was written yet."""
    ACK_PENDING = "ack-pending"
    """The acknowledgement was written and not brought back."""
    REFUND_PENDING = "refund-pending"
    """Refused by the destination; the refusal was not brought back."""
    ACKED = "acked"
    """The acknowledgement came back."""
    FAILED_REFUNDED = "failed-refunded"
    """The refusal came back."""
    REFUNDED = "refunded"
    """Timed out."""
    ANSWER_UNREAD = "answer-unread"
    """Acknowledged; what the answer was lies in blocks that were not read."""
    SEND_UNREAD = "send-unread"
    """Received; its sending lies in blocks that were not read."""
    UNKNOWN = "unknown"
    """Sent; blocks that would tell more were not read."""
    IMPOSSIBLE = "impossible"
    """Two chains that contradict each other."""

    @property
    def is_open(self) -> bool:
        """Whether somebody still waits for something, as far as is known."""
        return self in _OPEN


_OPEN: Final = frozenset(
    {
        StoryClass.UNRECEIVED,
        StoryClass.EXPIRED,
        StoryClass.STRANDED,
        StoryClass.RECEIVED_UNACKED,
        StoryClass.ACK_PENDING,
        StoryClass.REFUND_PENDING,
        StoryClass.UNKNOWN,
        StoryClass.IMPOSSIBLE,
    }
)

_ENDS: Final = {
    # Acknowledged, by what the destination answered; None: not read.
    None: StoryClass.ANSWER_UNREAD,
    Answer.SUCCESS: StoryClass.ACKED,
    Answer.OPAQUE: StoryClass.ACKED,
    Answer.ERROR: StoryClass.FAILED_REFUNDED,
}
_WAITS: Final = {
    Answer.SUCCESS: StoryClass.ACK_PENDING,
    Answer.OPAQUE: StoryClass.ACK_PENDING,
    Answer.ERROR: StoryClass.REFUND_PENDING,
}


@dataclass(frozen=True, slots=True)
class Halves:
    """Both halves of a packet and what was read of them.

    ``is_source_read``: every block of the source since the packet was sent was read;
    ``is_destination_read``: every block of the destination that may tell of it, since it was
    received if it was. ``is_due``: the destination's last block refuses the packet.
    ``is_closed``: an end of the channel is closed. ``agree``: where both chains told the
    packet's content it was the same.
    """

    source: SourceState
    destination: DestinationState
    answer: Answer | None = None
    is_source_read: bool = True
    is_destination_read: bool = True
    is_due: bool = False
    is_closed: bool = False
    agree: bool = True


def tell_story(halves: Halves) -> StoryClass:
    """Return the class of a packet. Blocks that were not read make it UNKNOWN, never settled."""
    source, destination = halves.source, halves.destination
    if not halves.agree:
        return StoryClass.IMPOSSIBLE
    if source is SourceState.NOTHING:
        return StoryClass.SEND_UNREAD
    if source is SourceState.ACKNOWLEDGED:
        return _ENDS[halves.answer]
    if source is SourceState.TIMED_OUT:
        is_received = destination is not DestinationState.NOTHING
        return StoryClass.IMPOSSIBLE if is_received else StoryClass.REFUNDED
    if not halves.is_source_read:
        return StoryClass.UNKNOWN
    if halves.answer is not None:
        return _WAITS[halves.answer]
    if not halves.is_destination_read:
        return StoryClass.UNKNOWN
    if destination is DestinationState.RECEIVED:
        return StoryClass.RECEIVED_UNACKED
    if halves.is_due:
        return StoryClass.EXPIRED
    return StoryClass.STRANDED if halves.is_closed else StoryClass.UNRECEIVED
