"""The table by which a device decides: every row, and that every run ends."""

from __future__ import annotations

import itertools

import pytest

from plurichain.auction.names import Phase
from plurichain.auction.phases import FINAL_PHASES, TRANSITIONS
from plurichain.bidding.auto_steps import AutoStep, compute_auto_step

ROWS = [
    # phase, committed, wanted, revealed, step
    (Phase.COMMITTING, False, False, False, AutoStep.COMMIT),
    (Phase.COMMITTING, True, False, False, AutoStep.COMMIT),
    (Phase.COMMITTING, True, True, False, AutoStep.WAIT_FOR_REVEAL),
    (Phase.WAITING, False, False, False, AutoStep.TOO_LATE),
    (Phase.WAITING, True, False, False, AutoStep.WAIT_FOR_REVEAL),
    (Phase.REVEALING, False, False, False, AutoStep.TOO_LATE),
    (Phase.REVEALING, True, False, False, AutoStep.REVEAL),
    (Phase.REVEALING, True, True, False, AutoStep.REVEAL),
    (Phase.REVEALING, True, True, True, AutoStep.WAIT_FOR_RESULT),
    (Phase.CLEARING, False, False, False, AutoStep.TOO_LATE),
    (Phase.CLEARING, True, True, True, AutoStep.WAIT_FOR_RESULT),
    (Phase.CLEARING, True, True, False, AutoStep.WAIT_FOR_RESULT),
    (Phase.CLEARED, True, True, True, AutoStep.DONE),
    (Phase.CLEARED, False, False, False, AutoStep.DONE),
    (Phase.FAILED, True, True, False, AutoStep.DONE),
    (Phase.CANCELLED, False, False, False, AutoStep.DONE),
]


@pytest.mark.parametrize(("phase", "committed", "wanted", "revealed", "step"), ROWS)
def test_every_row(
    phase: Phase, committed: bool, wanted: bool, revealed: bool, step: AutoStep
) -> None:
    found = compute_auto_step(
        phase, is_committed=committed, is_wanted_bid=wanted, is_revealed=revealed
    )
    assert found is step


def test_every_state_has_a_step_and_only_final_phases_are_done() -> None:
    for phase, committed, wanted, revealed in itertools.product(
        Phase, (False, True), (False, True), (False, True)
    ):
        step = compute_auto_step(
            phase, is_committed=committed, is_wanted_bid=wanted, is_revealed=revealed
        )
        assert (step is AutoStep.DONE) == (phase in FINAL_PHASES)


def test_a_bid_is_only_ever_committed_while_committing() -> None:
    """A commit in another phase would be refused and cost a fee."""
    for phase in TRANSITIONS:
        if phase is Phase.COMMITTING:
            continue
        for committed, wanted in itertools.product((False, True), repeat=2):
            step = compute_auto_step(
                phase, is_committed=committed, is_wanted_bid=wanted, is_revealed=False
            )
            assert step is not AutoStep.COMMIT
