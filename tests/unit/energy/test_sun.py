"""The sun's height in whole numbers against NOAA's formulas in floating point."""

from __future__ import annotations

import math

from hypothesis import example, given
from hypothesis import strategies as st

from plurichain.energy.sun import SCALE, SINES, compute_sun_height, is_daylight

# 1950 to 2200, and as far from the horizon as the rule can matter.
YEARS = (-631_152_000, 7_258_118_400)
NEAR_HORIZON_DEG = 30
TOLERANCE_DEG = 0.3

latitudes = st.integers(-90_000_000, 90_000_000)
longitudes = st.integers(-180_000_000, 180_000_000)
times = st.integers(*YEARS).map(lambda second: second // 60 * 60)


def compute_noaa_height(latitude: float, longitude: float, time: int) -> float:
    """Return the sun's height in degrees by NOAA's solar calculator (after Meeus), unrefracted."""
    century = (time / 86_400 + 2_440_587.5 - 2_451_545) / 36_525
    mean = 280.46646 + century * (36_000.76983 + century * 0.0003032)
    anomaly = math.radians(357.52911 + century * (35_999.05029 - 0.0001537 * century))
    eccentricity = 0.016708634 - century * (0.000042037 + 0.0000001267 * century)
    centre = math.sin(anomaly) * (1.914602 - century * (0.004817 + 0.000014 * century))
    centre += math.sin(2 * anomaly) * (0.019993 - 0.000101 * century)
    centre += math.sin(3 * anomaly) * 0.000289
    node = math.radians(125.04 - 1_934.136 * century)
    apparent = math.radians(mean + centre - 0.00569 - 0.00478 * math.sin(node))
    seconds = 21.448 - century * (46.815 + century * (0.00059 - century * 0.001813))
    tilt = math.radians(23 + (26 + seconds / 60) / 60 + 0.00256 * math.cos(node))
    declination = math.asin(math.sin(tilt) * math.sin(apparent))
    y, double = math.tan(tilt / 2) ** 2, math.radians(2 * mean)
    equation = y * math.sin(double) - 2 * eccentricity * math.sin(anomaly)
    equation += 4 * eccentricity * y * math.sin(anomaly) * math.cos(double)
    equation -= 0.5 * y * y * math.sin(2 * double)
    equation -= 1.25 * eccentricity**2 * math.sin(2 * anomaly)
    minutes = time % 86_400 / 60 + 4 * math.degrees(equation) + 4 * longitude
    hour, place = math.radians(minutes / 4 - 180), math.radians(latitude)
    height = math.sin(place) * math.sin(declination)
    height += math.cos(place) * math.cos(declination) * math.cos(hour)
    return math.degrees(math.asin(max(-1.0, min(1.0, height))))


def test_table() -> None:
    """The table is what README.md says it is."""
    sines = [math.floor(SCALE * math.sin(math.radians(degree)) + 0.5) for degree in range(91)]

    assert list(SINES) == sines


@given(latitudes, longitudes, times)
@example(69_649_200, 18_955_300, 1_782_000_000)
@example(-90_000_000, 0, 1_797_811_200)
def test_height_is_noaas(latitude: int, longitude: int, time: int) -> None:
    """Near the horizon the height is within 0.3 degrees of NOAA's, from 1950 to 2200."""
    expected = compute_noaa_height(latitude / 1e6, longitude / 1e6, time)
    sine = compute_sun_height(latitude, longitude, time) / SCALE

    assert -1 <= sine <= 1
    if abs(expected) < NEAR_HORIZON_DEG:
        assert abs(math.degrees(math.asin(sine)) - expected) < TOLERANCE_DEG


@given(latitudes, longitudes, times, st.integers(0, 60))
def test_daylight_is_any_minute(latitude: int, longitude: int, start: int, minutes: int) -> None:
    """An interval has daylight exactly if one of its minutes has, both ends included."""
    moments = range(start, start + 60 * minutes + 1, 60)
    shone = any(is_daylight(latitude, longitude, moment, moment) for moment in moments)

    assert is_daylight(latitude, longitude, start, start + 60 * minutes) == shone


@given(latitudes, longitudes, times)
def test_daylight_agrees_with_noaa(latitude: int, longitude: int, time: int) -> None:
    """A moment is light or dark as NOAA has it, unless the sun stands on the horizon."""
    height = compute_noaa_height(latitude / 1e6, longitude / 1e6, time)

    if abs(height + 0.833) > TOLERANCE_DEG:
        assert is_daylight(latitude, longitude, time, time) == (height > -0.833)
