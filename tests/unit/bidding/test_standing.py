from __future__ import annotations

import itertools

import pytest

from plurichain.auction.names import Phase
from plurichain.bidding.standing import URGENT, Standing, compute_command, compute_standing

OPEN = {Phase.COMMITTING, Phase.WAITING, Phase.REVEALING}


@pytest.mark.parametrize(
    ("phase", "is_committed", "has_opening", "is_revealed", "expected"),
    [
        (Phase.COMMITTING, False, False, False, Standing.NOT_COMMITTED),
        (Phase.COMMITTING, True, True, False, Standing.COMMITTED),
        (Phase.COMMITTING, True, False, False, Standing.OPENING_LOST),
        (Phase.WAITING, True, True, False, Standing.COMMITTED),
        (Phase.REVEALING, True, True, False, Standing.REVEAL_NOW),
        (Phase.REVEALING, True, False, False, Standing.OPENING_LOST),
        (Phase.REVEALING, True, False, True, Standing.REVEALED),
        (Phase.REVEALING, False, True, False, Standing.OVER),
        (Phase.CLEARED, True, True, False, Standing.OVER),
    ],
)
def test_standings(
    phase: Phase, is_committed: bool, has_opening: bool, is_revealed: bool, expected: Standing
) -> None:
    found = compute_standing(
        phase,
        is_committed=is_committed,
        has_opening=has_opening,
        is_revealed=is_revealed,
        is_parked=False,
    )
    assert found is expected


def test_a_deposit_that_can_still_be_lost_by_waiting_is_urgent() -> None:
    flags = itertools.product((False, True), repeat=3)
    for phase, (has_opening, is_revealed, is_parked) in itertools.product(Phase, flags):
        standing = compute_standing(
            phase,
            is_committed=True,
            has_opening=has_opening,
            is_revealed=is_revealed,
            is_parked=is_parked,
        )
        is_at_risk = phase in OPEN and not is_revealed
        if is_parked or (is_at_risk and (phase is Phase.REVEALING or not has_opening)):
            assert standing in URGENT, (phase, standing)
        else:
            assert standing not in URGENT, (phase, standing)


def test_whatever_is_urgent_on_a_known_chain_has_its_command() -> None:
    for standing in URGENT - {Standing.UNKNOWN}:
        command = compute_command(standing, 7, network="town", key="pv")
        assert command.startswith("plurichain ")
        assert command.endswith(" --network town --key pv")
        assert " 7" in command
