"""Batches of readings: the first that is refused, and why. Reasons were worked out by hand."""

from __future__ import annotations

from typing import Any

from tests.vectors.cases.common import Vector, vector
from tests.vectors.cases.energy_common import (
    CHAIN,
    DEVICE,
    MIDNIGHT,
    NOON,
    PUBLIC_KEYS,
    QUARTER,
    make_reading_message,
    show,
    sign,
)

RULES = "the table of reasons in README.md, worked out by hand"
DAY = 86_400
Row = tuple[int, int, int, int]
METER: dict[str, Any] = {
    "chain_id": CHAIN,
    "device_id": DEVICE,
    "key_type": 1,
    "public_key": PUBLIC_KEYS[1],
    "technology": "solar_pv",
    "capacity_w": 30_000,
    "latitude_udeg": 47_376_900,
    "longitude_udeg": 8_541_700,
    "interval_seconds": QUARTER,
    "max_reading_age_seconds": 7 * DAY,
    "now": MIDNIGHT + DAY,
}


def _quarter(start: int, counter: int, energy: int) -> Row:
    return start, start + QUARTER, counter, counter + energy


FIRST = _quarter(NOON, 1_000, 500)
SECOND = _quarter(NOON + QUARTER, 1_500, 500)
THIRD = _quarter(NOON + 2 * QUARTER, 2_000, 500)


def _sign(meter: dict[str, Any], row: Row) -> bytes:
    message = make_reading_message(meter["chain_id"], meter["device_id"], *row)
    return sign(meter["key_type"], message)


def _make(
    name: str,
    batch: list[Row],
    refused: tuple[int, str] | None = None,
    *,
    known: tuple[Row, ...] = (),
    signatures: dict[int, bytes] | None = None,
    daylight_only: bool = True,
    **changed: Any,
) -> Vector:
    meter = {**METER, **changed}
    signed = [(signatures or {}).get(place, _sign(meter, row)) for place, row in enumerate(batch)]
    given = {
        **show(meter),
        "daylight_only": daylight_only,
        "known": [[str(number) for number in row] for row in known],
        "batch": [
            [*(str(number) for number in row), signature.hex()]
            for row, signature in zip(batch, signed, strict=True)
        ],
    }
    expected = None if refused is None else {"index": str(refused[0]), "reason": refused[1]}
    return vector(name, RULES, given, {"refused": expected})


def _make_spans() -> list[Vector]:
    now = METER["now"]
    last = _quarter(now - QUARTER, 0, 0)
    oldest = _quarter(now - 7 * DAY - QUARTER, 0, 0)
    return [
        _make("one reading", [FIRST]),
        _make("one reading, ed25519", [FIRST], key_type=2, public_key=PUBLIC_KEYS[2]),
        _make("three in a row", [FIRST, SECOND, THIRD]),
        _make(
            "an hour where hours are taken", [(NOON, NOON + 3600, 0, 30_000)], interval_seconds=3600
        ),
        _make("begins within an interval", [_quarter(NOON + 60, 0, 1)], (0, "misaligned")),
        _make("begins a second late", [_quarter(NOON + 1, 0, 1)], (0, "misaligned")),
        _make("too long", [(NOON, NOON + 2 * QUARTER, 0, 1)], (0, "misaligned")),
        _make("too short", [(NOON, NOON + 60, 0, 1)], (0, "misaligned")),
        _make("ends before it begins", [(NOON, NOON - QUARTER, 0, 1)], (0, "misaligned")),
        _make("greatest start", [(2**64 - 16, 2**64 - 1, 0, 1)], (0, "misaligned")),
        _make("ends now", [last]),
        _make("ends in the next second", [last], (0, "in_future"), now=now - 1),
        _make("as old as can be", [oldest]),
        _make("a second older", [oldest], (0, "too_old"), now=now + 1),
    ]


def _make_amounts() -> list[Vector]:
    night = _quarter(MIDNIGHT, 1_000, 1)
    return [
        _make("nothing", [_quarter(NOON, 1_000, 0)]),
        _make(
            "a counter that falls", [(NOON, NOON + QUARTER, 1_000, 999)], (0, "counter_backwards")
        ),
        _make(
            "a counter that wraps", [(NOON, NOON + QUARTER, 2**64 - 1, 0)], (0, "counter_backwards")
        ),
        _make("exactly the capacity", [_quarter(NOON, 1_000, 7_500)]),
        _make("1 Wh above the capacity", [_quarter(NOON, 1_000, 7_501)], (0, "above_capacity")),
        _make("capacity rounds down", [_quarter(NOON, 0, 3)], (0, "above_capacity"), capacity_w=11),
        _make("capacity is met", [_quarter(NOON, 0, 3)], capacity_w=12),
        _make("greatest counter", [_quarter(NOON, 0, 2**64 - 1)], (0, "above_capacity")),
        _make(
            "greatest capacity",
            [_quarter(NOON, 0, 2**62 - 1)],
            capacity_w=2**64 - 1,
        ),
        _make("1 Wh of sun at night", [night], (0, "no_daylight")),
        _make("no sun at night", [_quarter(MIDNIGHT, 1_000, 0)]),
        _make("1 Wh of wind at night", [night], technology="wind", daylight_only=False),
        _make("sun at midnight beyond the circle", [night], latitude_udeg=69_649_200),
        _make("noon at the antipode", [FIRST], (0, "no_daylight"), longitude_udeg=-171_458_300),
    ]


def _make_signatures() -> list[Vector]:
    other = _sign({**METER, "device_id": "another"}, FIRST)
    chain = _sign({**METER, "chain_id": "grid-b-1"}, FIRST)
    bad = (0, "bad_signature")
    return [
        _make(
            "signed by another key",
            [FIRST],
            bad,
            signatures={0: _sign({**METER, "key_type": 2}, FIRST)},
        ),
        _make("signed for another device", [FIRST], bad, signatures={0: other}),
        _make("signed for another chain", [FIRST], bad, signatures={0: chain}),
        _make("signed for another interval", [FIRST], bad, signatures={0: _sign(METER, SECOND)}),
        _make("no signature", [FIRST], bad, signatures={0: b""}),
        _make(
            "ed25519 by another key",
            [FIRST],
            bad,
            signatures={0: bytes(64)},
            key_type=2,
            public_key=PUBLIC_KEYS[2],
        ),
    ]


def _make_neighbours() -> list[Vector]:
    later = _quarter(NOON + 3 * QUARTER, 2_500, 500)
    hour = (NOON, NOON + 3600, 1_000, 2_000)
    return [
        _make("again", [FIRST], (0, "already_metered"), known=(FIRST,)),
        _make(
            "again, with other counters",
            [_quarter(NOON, 1_500, 1)],
            (0, "already_metered"),
            known=(FIRST,),
        ),
        _make("twice in a batch", [FIRST, FIRST], (1, "batch_order")),
        _make(
            "within a longer one",
            [_quarter(NOON + 2 * QUARTER, 2_000, 1)],
            (0, "already_metered"),
            known=(hour,),
        ),
        _make(
            "around a shorter one",
            [hour],
            (0, "already_metered"),
            known=(THIRD,),
            interval_seconds=3600,
        ),
        _make("goes on where the last ended", [SECOND], known=(FIRST,)),
        _make(
            "1 Wh is missing",
            [_quarter(NOON + QUARTER, 1_501, 1)],
            (0, "counter_mismatch"),
            known=(FIRST,),
        ),
        _make(
            "1 Wh is counted twice",
            [_quarter(NOON + QUARTER, 1_499, 1)],
            (0, "counter_mismatch"),
            known=(FIRST,),
        ),
        _make("after a gap, no less", [later], known=(FIRST,)),
        _make("after a gap, the same", [_quarter(later[0], 1_500, 0)], known=(FIRST,)),
        _make(
            "after a gap, less",
            [_quarter(later[0], 1_499, 5)],
            (0, "counter_mismatch"),
            known=(FIRST,),
        ),
        _make("before one, up to it", [FIRST], known=(SECOND,)),
        _make(
            "before one, beyond it",
            [_quarter(NOON, 1_000, 501)],
            (0, "counter_mismatch"),
            known=(SECOND,),
        ),
        _make(
            "before one, short of it",
            [_quarter(NOON, 1_000, 499)],
            (0, "counter_mismatch"),
            known=(SECOND,),
        ),
        _make(
            "before a gap, beyond",
            [_quarter(NOON, 2_400, 101)],
            (0, "counter_mismatch"),
            known=(later,),
        ),
        _make("before a gap, up to it", [_quarter(NOON, 2_400, 100)], known=(later,)),
        _make("between two", [SECOND], known=(THIRD, FIRST)),
        _make(
            "the second of a batch does not go on",
            [FIRST, THIRD, later],
            (2, "counter_mismatch"),
            known=(_quarter(later[0] + QUARTER, 2_999, 1),),
        ),
        _make("a hole in a batch", [FIRST, THIRD]),
        _make(
            "a batch that does not go on",
            [FIRST, _quarter(NOON + QUARTER, 1_499, 1)],
            (1, "counter_mismatch"),
        ),
        _make(
            "a batch that falls behind after a hole",
            [FIRST, _quarter(later[0], 1_499, 1)],
            (1, "counter_mismatch"),
        ),
        _make("a hole is filled later", [SECOND], known=(FIRST, THIRD)),
        _make("out of order", [SECOND, FIRST], (1, "batch_order")),
        _make(
            "out of order around a known one", [THIRD, FIRST], (1, "batch_order"), known=(SECOND,)
        ),
        _make(
            "the order comes first",
            [_quarter(NOON, 0, 8_000), SECOND, FIRST],
            (2, "batch_order"),
        ),
        _make(
            "the first rule of the first reading",
            [_quarter(NOON, 8_000, 8_000), (NOON + QUARTER, 0, 5, 0)],
            (0, "above_capacity"),
        ),
        _make("nothing in a batch", []),
    ]


def make_vectors() -> list[Vector]:
    """Return vectors of every reason, at both sides of its limit."""
    return [*_make_spans(), *_make_amounts(), *_make_signatures(), *_make_neighbours()]
