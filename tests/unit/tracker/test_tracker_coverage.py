"""What follows from block times of two chains, whose clocks differ."""

from __future__ import annotations

import pytest

from plurichain.tracker.coverage import CLOCKS_APART_NS, ChainView, Range, is_surely_after
from tests.unit.tracker.grids import THERE, B

NOW_NS = 1_700_000_000 * 10**9
LATER_NS = NOW_NS + CLOCKS_APART_NS


@pytest.mark.parametrize(
    ("time_ns", "other_ns", "is_after"),
    [
        (LATER_NS, NOW_NS, True),
        (LATER_NS - 1, NOW_NS, False),
        (NOW_NS, NOW_NS, False),
        (NOW_NS, LATER_NS, False),
        (None, NOW_NS, False),
        (NOW_NS, None, False),
        (None, None, False),
    ],
)
def test_only_what_is_later_by_more_than_clocks_differ_is_after(
    time_ns: int | None, other_ns: int | None, is_after: bool
) -> None:
    assert is_surely_after(time_ns, other_ns) is is_after


@pytest.mark.parametrize(
    ("first", "opened", "sent_ns", "is_read"),
    [
        (5, {}, LATER_NS, True),
        (5, {}, LATER_NS - 1, False),
        (5, {}, None, False),
        # Where all was read since the end was opened, or since the first block, no clock matters.
        (5, {THERE: 5}, NOW_NS, True),
        (5, {THERE: 4}, NOW_NS, False),
        (1, {}, None, True),
    ],
)
def test_what_was_read_of_an_end(
    first: int, opened: dict[object, int], sent_ns: int | None, is_read: bool
) -> None:
    ranges = (Range(first, 9, "read", NOW_NS),)
    view = ChainView(B, 9, NOW_NS, ranges, opened, {})  # type: ignore[arg-type]
    assert view.has_read_end(THERE, sent_ns) is is_read


def test_nothing_was_read_of_an_end_where_the_last_blocks_were_not() -> None:
    ranges = (Range(1, 5, "read", NOW_NS), Range(6, 9, "pruned", None))
    assert not ChainView(B, 9, None, ranges, {}, {}).has_read_end(THERE, LATER_NS)
