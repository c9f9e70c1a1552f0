"""Handshakes of connections and channels: who sends what next, as a table.

Two ends are called A and B; each row is written for the case that A began and holds the
other way round as well. Sources: ICS-3, ICS-4; ibc-go modules/core/{03-connection,04-channel}.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final


class End(Enum):
    """One of the two ends."""

    A = "a"
    B = "b"

    @property
    def other(self) -> End:
        """The other end."""
        return End.B if self is End.A else End.A


class EndState(IntEnum):
    """State of an end of a connection or a channel, with its number on the wire.

    MISSING stands for an end that does not exist yet; only channels can be CLOSED.
    """

    MISSING = 0
    INIT = 1
    TRYOPEN = 2
    OPEN = 3
    CLOSED = 4


class HandshakeMove(Enum):
    """A message of a handshake."""

    OPEN_INIT = "open init"
    OPEN_TRY = "open try"
    OPEN_ACK = "open ack"
    OPEN_CONFIRM = "open confirm"
    CLOSE_CONFIRM = "close confirm"


@dataclass(frozen=True, slots=True)
class HandshakeStep:
    """``move`` is sent to the chain of ``end``, with a proof of the other end's state."""

    move: HandshakeMove
    end: End


Table = Mapping[tuple[EndState, EndState], HandshakeStep]

CONNECTION_STEPS: Final[Table] = {
    (EndState.MISSING, EndState.MISSING): HandshakeStep(HandshakeMove.OPEN_INIT, End.A),
    (EndState.INIT, EndState.MISSING): HandshakeStep(HandshakeMove.OPEN_TRY, End.B),
    (EndState.INIT, EndState.TRYOPEN): HandshakeStep(HandshakeMove.OPEN_ACK, End.A),
    (EndState.OPEN, EndState.TRYOPEN): HandshakeStep(HandshakeMove.OPEN_CONFIRM, End.B),
}

CHANNEL_STEPS: Final[Table] = {
    **CONNECTION_STEPS,
    (EndState.CLOSED, EndState.OPEN): HandshakeStep(HandshakeMove.CLOSE_CONFIRM, End.B),
}


def find_step(table: Table, a: EndState, b: EndState) -> HandshakeStep | None:
    """Return what is sent next, or None where nothing is.

    None stands for ends that are both open or both closed, and for pairs that no
    handshake passes through: two states that were not read at the same moment.
    """
    step = table.get((a, b))
    if step is None and (mirrored := table.get((b, a))) is not None:
        step = HandshakeStep(mirrored.move, mirrored.end.other)
    return step
