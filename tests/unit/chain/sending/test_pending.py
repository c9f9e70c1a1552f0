"""Many hashes in little memory, and where reading has to begin for them."""

from __future__ import annotations

import hashlib
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from plurichain.chain.sending.pending import PendingSet


def make_hash(number: int) -> bytes:
    return hashlib.sha256(number.to_bytes(8, "big")).digest()


def test_a_hundred_thousand_hashes_take_little_memory_and_give_it_back() -> None:
    count = 100_000
    tracemalloc.start()
    try:
        pending = PendingSet()
        for number in range(count):
            pending.add(make_hash(number), 10**18 + number, number // 1_000)
        size, _ = tracemalloc.get_traced_memory()
        assert size / count < 300
        # Blocks go by and nothing is settled: nothing more is kept.
        for time_ns in range(10**18 - 500, 10**18):
            assert pending.list_due(time_ns) == []
            assert pending.least_height == 0
        assert tracemalloc.get_traced_memory()[0] - size < 10_000
        for number in range(count):
            pending.remove(make_hash(number))
        assert len(pending) == 0
    finally:
        tracemalloc.stop()


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6)), min_size=1, max_size=30),
    st.lists(st.integers(0, 29)),
    st.integers(0, 31),
)
def test_it_agrees_with_a_plain_list(
    entries: list[tuple[int, int]], removed: list[int], time_ns: int
) -> None:
    pending = PendingSet()
    plain = {make_hash(i): entry for i, entry in enumerate(entries)}
    for raw, (timeout_ns, height) in plain.items():
        pending.add(raw, timeout_ns, height)
    for number in removed:
        entry = plain.pop(make_hash(number), None)
        assert pending.remove(make_hash(number)) == (entry[0] if entry else None)
        if plain:
            assert pending.least_height == min(height for _, height in plain.values())
    due = {raw for raw, (timeout_ns, _) in plain.items() if timeout_ns < time_ns}
    assert set(pending.list_due(time_ns)) == due
    # Those that could not be written down are due again.
    assert set(pending.list_due(time_ns)) == due
    for raw in due:
        pending.remove(raw)
    later = {raw for raw, (timeout_ns, _) in plain.items() if raw not in due and timeout_ns < 31}
    assert set(pending.list_due(31)) == later
    assert pending.keep_known(set(plain)) == set(plain) - due
