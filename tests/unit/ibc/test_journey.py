"""The table of journeys, whole."""

from __future__ import annotations

import itertools

import pytest

from plurichain.ibc.journey import JOURNEY_STATES, PHASES, JourneyState, Phase, tell_journey
from plurichain.ibc.packet_story import StoryClass

S = StoryClass


def test_every_class_and_every_pair_of_phases_has_its_place() -> None:
    assert set(PHASES) == set(StoryClass)
    assert set(JOURNEY_STATES) == set(itertools.product(Phase, Phase))
    assert {PHASES[first] for first in StoryClass} == set(Phase)


@pytest.mark.parametrize(
    ("first", "last", "state"),
    [
        (S.RECEIVED_UNACKED, S.UNRECEIVED, JourneyState.MOVING),
        (S.RECEIVED_UNACKED, S.RECEIVED_UNACKED, JourneyState.MOVING),
        (S.RECEIVED_UNACKED, S.ACK_PENDING, JourneyState.ANSWERING),
        (S.ACK_PENDING, S.ACKED, JourneyState.ANSWERING),
        (S.ACKED, S.ACKED, JourneyState.ARRIVED),
        (S.RECEIVED_UNACKED, S.EXPIRED, JourneyState.FAILING),
        (S.RECEIVED_UNACKED, S.REFUND_PENDING, JourneyState.FAILING),
        (S.REFUND_PENDING, S.REFUNDED, JourneyState.FAILING),
        (S.RECEIVED_UNACKED, S.REFUNDED, JourneyState.FAILING),
        (S.FAILED_REFUNDED, S.REFUNDED, JourneyState.REFUNDED),
        (S.FAILED_REFUNDED, S.FAILED_REFUNDED, JourneyState.REFUNDED),
        (S.ACKED, S.REFUNDED, JourneyState.STOPPED),
        # Paid back although it went on: the same money twice.
        (S.FAILED_REFUNDED, S.ACKED, JourneyState.CONTRADICTION),
        (S.REFUNDED, S.UNRECEIVED, JourneyState.CONTRADICTION),
        (S.UNKNOWN, S.ACKED, JourneyState.UNKNOWN),
        (S.ACKED, S.IMPOSSIBLE, JourneyState.UNKNOWN),
    ],
)
def test_first_and_last_tell_where_it_is(
    first: StoryClass, last: StoryClass, state: JourneyState
) -> None:
    assert tell_journey(first, [last]) is state


def test_of_several_ends_the_one_that_needs_attention_counts() -> None:
    assert tell_journey(S.ACKED, [S.ACKED, S.REFUNDED]) is JourneyState.STOPPED
    assert tell_journey(S.ACKED, [S.UNRECEIVED, S.ACKED]) is JourneyState.MOVING
    with pytest.raises(ValueError, match="empty"):
        tell_journey(S.ACKED, [])


def test_what_failed_before_it_was_paid_back_is_never_settled() -> None:
    for (first, last), state in JOURNEY_STATES.items():
        if Phase.FAILING in {first, last} and state is not JourneyState.STOPPED:
            assert state.is_open, (first, last)
