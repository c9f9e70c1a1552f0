"""The life of an auction as a table (design 3.2).

Everything that moves an auction from one phase to another is in ``TRANSITIONS``; the
handlers of messages still compare block time with the deadlines, never a phase alone.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from plurichain.auction.names import Phase
from plurichain.errors import PhaseError


class PhaseEvent(Enum):
    """What moves an auction on."""

    CREATOR_CANCELS = "the creator cancels before the first commitment"
    COMMIT_DEADLINE = "the commit deadline is reached"
    TRIGGER_AWAITED = "the commit deadline is reached and the terms name a trigger"
    TRIGGER_FIRES = "the trigger fires"
    REVEAL_DEADLINE = "the reveal deadline is reached"
    RESULT_STANDS = "clearing and settlement are done"
    CLEARING_FAILS = "clearing or the module's own balance fails"


TRANSITIONS: Final[dict[Phase, dict[PhaseEvent, Phase]]] = {
    Phase.COMMITTING: {
        PhaseEvent.CREATOR_CANCELS: Phase.CANCELLED,
        PhaseEvent.COMMIT_DEADLINE: Phase.REVEALING,
        PhaseEvent.TRIGGER_AWAITED: Phase.WAITING,
    },
    Phase.WAITING: {PhaseEvent.TRIGGER_FIRES: Phase.REVEALING},
    Phase.REVEALING: {PhaseEvent.REVEAL_DEADLINE: Phase.CLEARING},
    Phase.CLEARING: {
        PhaseEvent.RESULT_STANDS: Phase.CLEARED,
        PhaseEvent.CLEARING_FAILS: Phase.FAILED,
    },
    Phase.CLEARED: {},
    Phase.FAILED: {},
    Phase.CANCELLED: {},
}
FINAL_PHASES: Final = frozenset(phase for phase, moves in TRANSITIONS.items() if not moves)


def compute_next_phase(phase: Phase, event: PhaseEvent) -> Phase:
    """Return the phase after ``event``; raises PhaseError where the table has no such move."""
    moves = TRANSITIONS[phase]
    if event not in moves:
        allowed = "; ".join(other.value for other in moves) or "nothing, it is final"
        raise PhaseError(
            f"an auction that is {phase.text} does not move when {event.value}",
            remedy=f"what moves it: {allowed}",
        )
    return moves[event]


def compute_phase_at(
    phase: Phase, time_ns: int, *, commit_deadline_ns: int, reveal_deadline_ns: int
) -> Phase:
    """Return the phase in which a message at block time ``time_ns`` finds an auction.

    ``phase`` is the stored one; the chain stores a new one at the end of a block, so it
    may be behind. Deadlines are half-open: at the deadline itself it is too late.
    """
    if phase is Phase.COMMITTING and time_ns >= commit_deadline_ns:
        phase = compute_next_phase(phase, PhaseEvent.COMMIT_DEADLINE)
    if phase is Phase.REVEALING and time_ns >= reveal_deadline_ns:
        phase = compute_next_phase(phase, PhaseEvent.REVEAL_DEADLINE)
    return phase
