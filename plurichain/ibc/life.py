"""What stands of a packet on both chains, and what that means: a table.

Marks are read at one pinned height of each chain, the source **first** and the
destination at a later time; read the other way round, a packet in motion is taken for a
stuck one. Receipts and acknowledgements are never deleted, commitments are, by the
acknowledgement or the time-out. Sources: ICS-4, ibc-go modules/core/04-channel/keeper.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class PacketClass(Enum):
    """Where a packet is in its life."""

    UNRECEIVED = "sent, not received"
    EXPIRED = "due, not received: to be timed out"
    STRANDED = "not received, and the channel is closed: to be timed out on close"
    RECEIVED_UNACKED = "received, no acknowledgement written yet"
    ACK_PENDING = "acknowledgement written, not brought back"
    DONE = "acknowledged or timed out"
    IMPOSSIBLE = "marks that no packet leaves: read at the wrong heights, or a lying node"


class NextMessage(Enum):
    """What a relayer sends for a packet of a class."""

    RECV = "MsgRecvPacket"
    ACKNOWLEDGE = "MsgAcknowledgement"
    TIMEOUT = "MsgTimeout"
    TIMEOUT_ON_CLOSE = "MsgTimeoutOnClose"


@dataclass(frozen=True, slots=True)
class PacketMarks:
    """The marks of one packet.

    ``is_committed`` is of the source; ``is_received`` and ``is_acknowledged`` of the
    destination, as are ``is_due`` (its block time or height refuses the packet) and
    ``is_closed`` (its channel end is CLOSED).
    """

    is_committed: bool
    is_received: bool
    is_acknowledged: bool
    is_due: bool = False
    is_closed: bool = False


_CLASSES: Final[dict[tuple[bool, bool, bool], PacketClass | None]] = {
    # committed, received, acknowledged; None: told by what else is known
    (True, False, False): None,
    (True, True, False): PacketClass.RECEIVED_UNACKED,
    (True, True, True): PacketClass.ACK_PENDING,
    (True, False, True): PacketClass.IMPOSSIBLE,
    (False, False, False): PacketClass.DONE,
    (False, True, True): PacketClass.DONE,
    # A commitment ends by an acknowledgement only, once the packet was received.
    (False, True, False): PacketClass.IMPOSSIBLE,
    (False, False, True): PacketClass.IMPOSSIBLE,
}

_UNRECEIVED: Final = {
    # due, closed
    (False, False): PacketClass.UNRECEIVED,
    (True, False): PacketClass.EXPIRED,
    # Both would do; the time-out proper needs no proof that the channel is closed.
    (True, True): PacketClass.EXPIRED,
    (False, True): PacketClass.STRANDED,
}

NEXT_MESSAGE: Final[dict[PacketClass, NextMessage | None]] = {
    PacketClass.UNRECEIVED: NextMessage.RECV,
    PacketClass.EXPIRED: NextMessage.TIMEOUT,
    PacketClass.STRANDED: NextMessage.TIMEOUT_ON_CLOSE,
    PacketClass.RECEIVED_UNACKED: None,
    PacketClass.ACK_PENDING: NextMessage.ACKNOWLEDGE,
    PacketClass.DONE: None,
    PacketClass.IMPOSSIBLE: None,
}


def classify_packet(marks: PacketMarks) -> PacketClass:
    """Return the class of a packet with these marks."""
    found = _CLASSES[marks.is_committed, marks.is_received, marks.is_acknowledged]
    return found or _UNRECEIVED[marks.is_due, marks.is_closed]


def is_received_ordered(sequence: int, next_sequence_recv: int) -> bool:
    """Tell whether an ordered destination has received a packet; it keeps no receipts."""
    return sequence < next_sequence_recv


def is_next_ordered(sequence: int, next_sequence_recv: int) -> bool:
    """Tell whether an ordered destination takes this packet next; later ones wait for it."""
    return sequence == next_sequence_recv
