"""What a device that bids by itself does next: a table, decided from the chain alone.

Because every step is chosen from what the chain, the vault and the journal say now, it
does not matter where an earlier run was killed.
"""

from __future__ import annotations

from enum import StrEnum

from plurichain.auction.names import Phase


class AutoStep(StrEnum):
    """The next thing to do."""

    COMMIT = "commit"
    """Seal and commit, or commit anew where the standing bid is not the one wanted."""
    WAIT_FOR_REVEAL = "wait_for_reveal"
    REVEAL = "reveal"
    WAIT_FOR_RESULT = "wait_for_result"
    DONE = "done"
    """The auction is over, or there is nothing more that this bidder can do."""
    TOO_LATE = "too_late"
    """The commit deadline passed without a commitment."""


_COMMITTED = {
    Phase.COMMITTING: AutoStep.WAIT_FOR_REVEAL,
    Phase.WAITING: AutoStep.WAIT_FOR_REVEAL,
    Phase.REVEALING: AutoStep.REVEAL,
    Phase.CLEARING: AutoStep.WAIT_FOR_RESULT,
    Phase.CLEARED: AutoStep.DONE,
    Phase.FAILED: AutoStep.DONE,
    Phase.CANCELLED: AutoStep.DONE,
}


def compute_auto_step(
    phase: Phase, *, is_committed: bool, is_wanted_bid: bool, is_revealed: bool
) -> AutoStep:
    """Return the next step.

    ``is_wanted_bid``: the commitment on chain is one that this bidder can open and that
    holds the bid it was told to make.
    """
    if phase is Phase.COMMITTING and not (is_committed and is_wanted_bid):
        return AutoStep.COMMIT
    if not is_committed:
        is_over = phase in {Phase.CLEARED, Phase.FAILED, Phase.CANCELLED}
        return AutoStep.DONE if is_over else AutoStep.TOO_LATE
    if is_revealed and phase is Phase.REVEALING:
        return AutoStep.WAIT_FOR_RESULT
    return _COMMITTED[phase]
