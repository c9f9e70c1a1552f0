"""Patterns of channels, limits, and lists of sequences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.cli.ibc.clear import parse_sequences
from plurichain.errors import InputError
from plurichain.relayer.filters import PacketFilter
from tests.unit.relayer.packets import ROUTE


@pytest.mark.parametrize(
    ("allow", "deny", "is_allowed"),
    [
        ((), (), True),
        (("transfer/channel-1",), (), True),
        (("transfer/channel-7",), (), True),
        (("transfer/channel-2",), (), False),
        (("transfer/*",), ("transfer/channel-7",), False),
        (("icacontroller-*/*", "transfer/channel-[0-3]"), (), True),
        (("TRANSFER/*",), (), False),
    ],
)
def test_deny_goes_before_allow_and_either_end_counts(allow, deny, *, is_allowed: bool) -> None:
    assert PacketFilter(allow, deny).is_allowed(ROUTE) is is_allowed


@pytest.mark.parametrize("pattern", ["", "channel-0", "transfer/", "/channel-0", "a/b/c"])
def test_a_pattern_names_port_and_channel(pattern: str) -> None:
    with pytest.raises(InputError, match="is not PORT/CHANNEL"):
        PacketFilter(deny=(pattern,))


@given(st.sets(st.integers(1, 300), min_size=1, max_size=40))
def test_sequences_are_read_as_written(sequences: set[int]) -> None:
    assert parse_sequences(",".join(map(str, sequences))) == tuple(sorted(sequences))


def test_ranges_of_sequences() -> None:
    assert parse_sequences("3,1..4, 9") == (1, 2, 3, 4, 9)
    for text in ("", "0", "4..1", "1-4", "1..", "x", "1..99999999"):
        with pytest.raises(InputError, match="sequences"):
            parse_sequences(text)
