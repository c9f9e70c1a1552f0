"""Packets that continue each other: where a transfer over several chains is.

A chain that forwards receives a packet, sends the next one in the same message, and answers
the first only when the second has ended. So the first one waits, and what it waits for is
told by the last. The table below says what the two mean together. Source: ibc-apps
middleware/packet-forward-middleware/packetforward/ibc_middleware.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from plurichain.ibc.packet_story import StoryClass


class Continuation(StrEnum):
    """Why one packet continues another."""

    FORWARDED = "forwarded"
    """It was sent by the message that received the other."""
    RETRIED = "retried"
    """It was sent by the message that timed the other out."""
    ANSWERED = "answered"
    """The message that ended it wrote the answer of the other."""


class Phase(StrEnum):
    """How far a packet of a journey is."""

    WAITING = "waiting"
    """On its way, or received and waiting for what comes after it."""
    DELIVERED = "delivered"
    """Answered well; the answer is on its way back."""
    DONE = "done"
    """The good answer came back."""
    FAILING = "failing"
    """It is refused or its time is over; the money is not back yet."""
    FAILED = "failed"
    """It was refused or timed out, and its money went back."""
    UNKNOWN = "unknown"
    """Blocks that would tell were not read."""


class JourneyState(StrEnum):
    """Where a transfer over several chains is, from its first packet and its last."""

    ARRIVED = "arrived"
    """It is where it was to go, and everybody knows."""
    REFUNDED = "refunded"
    """It failed, and the money is back where it came from."""
    ANSWERING = "answering"
    """It is where it was to go; the answer is on its way back."""
    MOVING = "moving"
    """A packet is on its way."""
    STOPPED = "stopped"
    """A later packet failed after the first was called a success: the money is in between."""
    FAILING = "failing"
    """A packet failed; the money is on its way back."""
    UNKNOWN = "unknown"
    """Blocks that would tell were not read."""
    CONTRADICTION = "contradiction"
    """Money came back that also went on."""

    @property
    def is_open(self) -> bool:
        """Whether somebody still waits for something, as far as is known."""
        return self not in {JourneyState.ARRIVED, JourneyState.REFUNDED, JourneyState.STOPPED}


PHASES: Final[dict[StoryClass, Phase]] = {
    StoryClass.UNRECEIVED: Phase.WAITING,
    StoryClass.RECEIVED_UNACKED: Phase.WAITING,
    StoryClass.EXPIRED: Phase.FAILING,
    StoryClass.STRANDED: Phase.FAILING,
    StoryClass.REFUND_PENDING: Phase.FAILING,
    StoryClass.ACK_PENDING: Phase.DELIVERED,
    StoryClass.ACKED: Phase.DONE,
    StoryClass.FAILED_REFUNDED: Phase.FAILED,
    StoryClass.REFUNDED: Phase.FAILED,
    StoryClass.ANSWER_UNREAD: Phase.UNKNOWN,
    StoryClass.SEND_UNREAD: Phase.UNKNOWN,
    StoryClass.UNKNOWN: Phase.UNKNOWN,
    StoryClass.IMPOSSIBLE: Phase.UNKNOWN,
}
"""Every class of a packet."""

_W, _L, _D = Phase.WAITING, Phase.DELIVERED, Phase.DONE
_G, _F, _U = Phase.FAILING, Phase.FAILED, Phase.UNKNOWN
_TWICE, _LEFT = JourneyState.CONTRADICTION, JourneyState.STOPPED
_MOVES, _ANSWERS, _FAILS = JourneyState.MOVING, JourneyState.ANSWERING, JourneyState.FAILING

JOURNEY_STATES: Final[dict[tuple[Phase, Phase], JourneyState]] = {
    # By the first packet, then the last. An application may answer before it is at an end.
    (_W, _W): _MOVES,
    (_L, _W): _MOVES,
    (_D, _W): _MOVES,
    (_G, _W): _TWICE,
    (_F, _W): _TWICE,
    (_W, _L): _ANSWERS,
    (_L, _L): _ANSWERS,
    (_D, _L): _ANSWERS,
    (_G, _L): _TWICE,
    (_F, _L): _TWICE,
    (_W, _D): _ANSWERS,
    (_L, _D): _ANSWERS,
    (_D, _D): JourneyState.ARRIVED,
    (_G, _D): _TWICE,
    (_F, _D): _TWICE,
    (_W, _G): _FAILS,
    (_L, _G): _LEFT,
    (_D, _G): _LEFT,
    (_G, _G): _TWICE,
    (_F, _G): _TWICE,
    (_W, _F): _FAILS,
    (_L, _F): _LEFT,
    (_D, _F): _LEFT,
    (_G, _F): _FAILS,
    (_F, _F): JourneyState.REFUNDED,
} | {
    (first, last): JourneyState.UNKNOWN for first in Phase for last in Phase if _U in {first, last}
}
"""Every pair of phases."""

# What a person has to look at first.
_URGENCY: Final = tuple(JourneyState)


def tell_journey(first: StoryClass, last: Iterable[StoryClass]) -> JourneyState:
    """Return the state of a journey: ``last`` are the packets that nothing continues.

    Of several the one that needs most attention. Raises ValueError if there is none.
    """
    begun = PHASES[first]
    states = (JOURNEY_STATES[begun, PHASES[each]] for each in last)
    return max(states, key=_URGENCY.index)
