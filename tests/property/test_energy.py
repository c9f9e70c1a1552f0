"""Energy: what holds for every reading, timeline, denom and storage."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from plurichain.energy.attributes import Attributes
from plurichain.energy.attributes_json import make_attributes_record, parse_attributes_json
from plurichain.energy.denom import compute_credit_denom, is_credit_denom, parse_credit_denom
from plurichain.energy.device import Device
from plurichain.energy.moments import format_second, format_stamp, parse_second, parse_stamp
from plurichain.energy.names import KeyType
from plurichain.energy.reading import Interval, SignedReading, compute_reading_message
from plurichain.energy.readings_rules import Meter, find_refusal
from plurichain.energy.storage import compute_charge, compute_issue
from plurichain.keyring import DeviceKey

DAY = 86_400
START = 1_782_000_000
KEY = DeviceKey.from_seed("mill", bytes(32))
DEVICE = Device("mill", KeyType.ED25519, KEY.public_key, "wind", 800_000, "Nord", 0, 0, "registry")
METER = Meter(DEVICE, "grid-a-1", False, 900, DAY, START + DAY)

minutes = st.integers(0, 253_402_300_740 // 60 - 1).map(lambda minute: minute * 60)
energies = st.lists(st.integers(0, 200_000), min_size=1, max_size=12)


def sign(interval: Interval) -> SignedReading:
    message = compute_reading_message("grid-a-1", "mill", interval)
    return SignedReading(
        interval.interval_start,
        interval.interval_end,
        interval.counter_start_wh,
        interval.counter_end_wh,
        KEY.sign(message),
    )


def make_row(values: list[int]) -> list[SignedReading]:
    totals = list(itertools.accumulate(values, initial=0))
    return [
        sign(Interval(START + 900 * place, START + 900 * (place + 1), low, high))
        for place, (low, high) in enumerate(itertools.pairwise(totals))
    ]


@given(energies, st.randoms(use_true_random=False), st.data())
def test_batches_may_arrive_in_any_order(
    values: list[int], random: object, data: st.DataObject
) -> None:
    """However a day is cut and shuffled into batches, all of it is taken, and nothing twice."""
    row = make_row(values)
    owners = data.draw(st.lists(st.integers(0, 3), min_size=len(row), max_size=len(row)))
    batches = [
        [item for item, owner in zip(row, owners, strict=True) if owner == n] for n in range(4)
    ]
    order = data.draw(st.permutations(range(4)))
    known: list[SignedReading] = []
    for place in order:
        assert find_refusal(batches[place], meter=METER, known=known) is None
        known.extend(batches[place])

    assert sorted(known, key=lambda item: item.interval_start) == row
    for item in row:
        again = find_refusal([item], meter=METER, known=known)
        assert again is not None
        assert again.reason == "already_metered"


@given(energies, st.data())
def test_what_is_taken_never_exceeds_the_counter(values: list[int], data: st.DataObject) -> None:
    """A reading that says another energy than the counter leaves room for is refused."""
    row = make_row(values)
    place = data.draw(st.integers(0, len(row) - 1))
    lie = data.draw(st.integers(1, 10**6))
    true = row.pop(place)
    end = true.counter_end_wh + lie
    told = sign(Interval(true.interval_start, true.interval_end, true.counter_start_wh, end))
    refused = find_refusal([told], meter=METER, known=row)

    if place < len(row) or told.energy_wh > 200_000:
        assert refused is not None
        assert refused.reason in {"above_capacity", "counter_mismatch"}
    else:
        # The last of the day: nothing contradicts it yet, and nothing may fall behind it later.
        assert refused is None


@given(minutes)
def test_moments_come_back(time: int) -> None:
    """A moment is written in one way, and read again."""
    assert parse_stamp(format_stamp(time)) == time
    assert parse_second(format_second(time), field="time") == time
    assert parse_second(str(time), field="time") == time


ids = st.from_regex(r"[a-z0-9][a-z0-9.-]{0,63}", fullmatch=True)


@given(
    origin=st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,49}", fullmatch=True),
    device=ids,
    body=ids,
    technology=st.from_regex(r"[a-z0-9_]{1,32}", fullmatch=True),
    capacity=st.integers(1, 2**64 - 1),
    start=minutes,
    digest=st.binary(min_size=32, max_size=32),
)
def test_a_denom_names_its_attributes(
    origin: str,
    device: str,
    body: str,
    technology: str,
    capacity: int,
    start: int,
    digest: bytes,
) -> None:
    """A denom is a credit's, says its interval, and its attributes come back from JSON."""
    attributes = Attributes(
        origin, device, technology, "Zürich", capacity, start, start + 60, digest, body
    )
    denom = compute_credit_denom(attributes)

    assert is_credit_denom(denom)
    assert len(denom) == 81
    assert parse_credit_denom(denom).interval_start == start
    text = str(make_attributes_record(attributes)).replace("'", '"')
    assert parse_attributes_json(text, source="x") == (attributes,)


@given(st.lists(st.integers(0, 2**64 - 1), max_size=6), st.integers(1, 10_000), st.data())
def test_a_storage_never_gives_more_than_it_took(
    charged: list[int], efficiency: int, data: st.DataObject
) -> None:
    """Whatever is charged and drawn, what was issued is at most what went in less its losses."""
    balance = sum(compute_charge(amount, efficiency) for amount in charged)
    issued = 0
    for metered in data.draw(st.lists(st.integers(0, 2**64 - 1), max_size=6)):
        amount = compute_issue(metered, balance)
        assert 0 <= amount <= metered
        balance, issued = balance - amount, issued + amount

    assert balance >= 0
    assert issued * 10_000 <= sum(charged) * efficiency
