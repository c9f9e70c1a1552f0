"""Which of two bids of one key stands, and when a run gives way."""

from __future__ import annotations

from plurichain.bidding.overtaking import MOST_TIMES, OwnAttempt


def test_a_run_that_has_sealed_nothing_yet_brings_its_bid() -> None:
    """It was started last, so that its bid is the newest order."""
    assert not OwnAttempt().is_overtaken(5)


def test_a_bid_sealed_later_by_another_run_stands() -> None:
    own = OwnAttempt(2)
    assert not own.is_overtaken(1)
    assert not own.is_overtaken(2)
    assert own.is_overtaken(3)


def test_a_run_gives_way_to_another_machine_after_some_times() -> None:
    own = OwnAttempt(1)
    for attempt in range(2, 2 * MOST_TIMES, 2):
        assert not own.gives_way(attempt)
        own.attempt = attempt + 1  # it committed anew
    assert own.gives_way(2 * MOST_TIMES)


def test_a_lost_opening_of_its_own_is_no_other_machine() -> None:
    own = OwnAttempt(3)
    assert not any(own.gives_way(attempt) for attempt in (1, 2, 3) * MOST_TIMES)
