"""The sun's height and daylight. Exact values come from a second writing of the README's steps."""

from __future__ import annotations

import math

from tests.vectors.cases.common import Vector, vector

STEPS = "the steps of README.md written a second time, with the table from math.sin"
ALMANAC = "sunrise and sunset as NOAA's calculator gives them, a few minutes on either side"
TABLE = "10^9 sin, rounded, by math.sin"

S = 10**9
ZURICH = (47_376_900, 8_541_700)
TROMSO = (69_649_200, 18_955_300)
QUITO = (-180_700, -78_467_800)
SUVA = (-18_124_800, 178_450_100)
SOUTH_POLE = (-90_000_000, 0)
# 2026-06-21 and 2026-12-21, 00:00 UTC.
JUNE = 1_782_000_000
DECEMBER = 1_797_811_200
DAY = 86_400


def _sine(angle: int) -> int:
    quarter, rest = divmod(angle % 360_000_000, 90_000_000)
    if quarter % 2:
        rest = 90_000_000 - rest
    low, part = divmod(rest, 1_000_000)
    at = [math.floor(S * math.sin(math.radians(low + step)) + 0.5) for step in (0, 1)]
    value = at[0] + ((at[1] - at[0]) * part // 1_000_000 if part else 0)
    return -value if quarter > 1 else value


def _height(latitude: int, longitude: int, time: int) -> int:
    def cosine(angle: int) -> int:
        return _sine(angle + 90_000_000)

    d = time - 946_728_000
    mean, g = 280_460_000 + d * 9_856_474 // 864_000, 357_528_000 + d * 9_856_003 // 864_000
    true = mean + (1_915_000 * _sine(g) + 20_000 * _sine(2 * g)) // S
    x, y, z = cosine(true), 917_484_083 * _sine(true) // S, 397_772_494 * _sine(true) // S
    w = mean + 180_000_000 + time % DAY * 12_500 // 3 + longitude
    e = (cosine(w) * x + _sine(w) * y) // S
    return (cosine(latitude) * e + _sine(latitude) * z) // S


def _make_sine(angle: int, provenance: str) -> Vector:
    given = {"function": "sine", "angle_udeg": str(angle)}
    return vector(f"sine of {angle}", provenance, given, {"value": str(_sine(angle))})


def _make_height(place: tuple[int, int], time: int) -> Vector:
    given = {
        "function": "sun_height",
        "latitude_udeg": str(place[0]),
        "longitude_udeg": str(place[1]),
        "time": str(time),
    }
    name = f"height at {place[0]}, {place[1]}, {time}"
    return vector(name, STEPS, given, {"value": str(_height(*place, time))})


def _make_day(name: str, place: tuple[int, int], start: int, end: int, shone: bool) -> Vector:
    given = {
        "function": "is_daylight",
        "latitude_udeg": str(place[0]),
        "longitude_udeg": str(place[1]),
        "start": str(start),
        "end": str(end),
    }
    return vector(f"daylight: {name}", ALMANAC, given, {"value": shone})


def _at(midnight: int, hour: int, minute: int) -> int:
    return midnight + hour * 3600 + minute * 60


def make_vectors() -> list[Vector]:
    """Return vectors of sines, heights and daylight."""
    degrees = [_make_sine(angle * 10**6, TABLE) for angle in range(0, 361, 1)]
    between = (-1, 1, 499_999, 89_999_999, 90_000_001, 179_999_999, 180_000_001, 270_500_000)
    places = (ZURICH, TROMSO, QUITO, SUVA, SOUTH_POLE, (90_000_000, 180_000_000), (0, -180_000_000))
    times = (0, JUNE, JUNE + 45_296, DECEMBER + 60 * 777, 946_728_000, 253_402_300_740)
    quarter = 15 * 60
    return [
        *degrees,
        *(_make_sine(angle, STEPS) for angle in (*between, -360_000_001, 10**15 + 7)),
        *(_make_height(place, time) for place in places for time in times),
        # Zürich: 3:29 to 19:26 UTC in June, 7:10 to 15:37 in December.
        _make_day("before a June sunrise", ZURICH, _at(JUNE, 3, 0), _at(JUNE, 3, 15), False),
        _make_day("over a June sunrise", ZURICH, _at(JUNE, 3, 15), _at(JUNE, 3, 35), True),
        _make_day("at noon", ZURICH, _at(JUNE, 11, 0), _at(JUNE, 11, 15), True),
        _make_day("over a June sunset", ZURICH, _at(JUNE, 19, 20), _at(JUNE, 19, 35), True),
        _make_day("after a June sunset", ZURICH, _at(JUNE, 19, 31), _at(JUNE, 19, 45), False),
        _make_day("a December morning", ZURICH, _at(DECEMBER, 6, 45), _at(DECEMBER, 7, 0), False),
        _make_day("a December noon", ZURICH, _at(DECEMBER, 11, 30), _at(DECEMBER, 11, 45), True),
        _make_day("midnight sun", TROMSO, JUNE, JUNE + quarter, True),
        _make_day(
            "polar night at noon", TROMSO, _at(DECEMBER, 10, 30), _at(DECEMBER, 11, 30), False
        ),
        _make_day("the pole's summer", SOUTH_POLE, DECEMBER, DECEMBER + quarter, True),
        _make_day("the pole's winter", SOUTH_POLE, JUNE, JUNE + 3600, False),
        # Suva: noon is at 0:07 UTC.
        _make_day("noon near the date line", SUVA, JUNE, JUNE + quarter, True),
        _make_day("midnight near the date line", SUVA, _at(JUNE, 12, 0), _at(JUNE, 12, 15), False),
        _make_day("the equator's noon", QUITO, _at(JUNE, 17, 0), _at(JUNE, 17, 15), True),
        _make_day("the equator's night", QUITO, _at(JUNE, 0, 0), _at(JUNE, 0, 15), False),
        _make_day("a single moment", ZURICH, _at(JUNE, 12, 0), _at(JUNE, 12, 0), True),
    ]
