"""Whether the sun can have shone: its height at a place and time, in whole numbers.

Both languages compute the same bits (tests/vectors/README.md, Sun). The sun's place among
the stars follows the low-precision formulas of the Astronomical Almanac; between 1950 and
2200 its height near the horizon is within 0.3 degrees of NOAA's.

Angles are microdegrees, sines billionths, times Unix seconds. Every division is floored.
"""

from __future__ import annotations

from typing import Final

SCALE: Final = 10**9
"""What a sine of one is written as."""

TURN: Final = 360_000_000
MINUTE: Final = 60
HORIZON: Final = -14_538_081
"""Sine of -0.833 degrees: the sun's radius and what the air bends, as sunrise is defined."""

LATITUDE_MAX: Final = 90_000_000
LONGITUDE_MAX: Final = 180_000_000

# 12:00 UTC of 1 January 2000, from which the formulas count.
_EPOCH: Final = 946_728_000
_DAY: Final = 86_400
# Sine and cosine of the tilt of the earth's axis, 23.439 degrees.
_SINE_TILT: Final = 397_772_494
_COSINE_TILT: Final = 917_484_083

SINES: Final = (
    0, 17_452_406, 34_899_497, 52_335_956, 69_756_474, 87_155_743,
    104_528_463, 121_869_343, 139_173_101, 156_434_465, 173_648_178, 190_808_995,
    207_911_691, 224_951_054, 241_921_896, 258_819_045, 275_637_356, 292_371_705,
    309_016_994, 325_568_154, 342_020_143, 358_367_950, 374_606_593, 390_731_128,
    406_736_643, 422_618_262, 438_371_147, 453_990_500, 469_471_563, 484_809_620,
    500_000_000, 515_038_075, 529_919_264, 544_639_035, 559_192_903, 573_576_436,
    587_785_252, 601_815_023, 615_661_475, 629_320_391, 642_787_610, 656_059_029,
    669_130_606, 681_998_360, 694_658_370, 707_106_781, 719_339_800, 731_353_702,
    743_144_825, 754_709_580, 766_044_443, 777_145_961, 788_010_754, 798_635_510,
    809_016_994, 819_152_044, 829_037_573, 838_670_568, 848_048_096, 857_167_301,
    866_025_404, 874_619_707, 882_947_593, 891_006_524, 898_794_046, 906_307_787,
    913_545_458, 920_504_853, 927_183_855, 933_580_426, 939_692_621, 945_518_576,
    951_056_516, 956_304_756, 961_261_696, 965_925_826, 970_295_726, 974_370_065,
    978_147_601, 981_627_183, 984_807_753, 987_688_341, 990_268_069, 992_546_152,
    994_521_895, 996_194_698, 997_564_050, 998_629_535, 999_390_827, 999_847_695,
    SCALE,
)  # fmt: skip
"""Sines of 0 to 90 whole degrees, in billionths."""


def compute_sine(angle_udeg: int) -> int:
    """Return the sine of an angle in billionths: the table, and straight lines between."""
    angle = angle_udeg % TURN
    if angle >= TURN // 2:
        return -compute_sine(angle - TURN // 2)
    degree, rest = divmod(min(angle, TURN // 2 - angle), 10**6)
    if rest == 0:
        return SINES[degree]
    return SINES[degree] + (SINES[degree + 1] - SINES[degree]) * rest // 10**6


def compute_cosine(angle_udeg: int) -> int:
    """Return the cosine of an angle in billionths."""
    return compute_sine(angle_udeg + TURN // 4)


def compute_sun_height(latitude_udeg: int, longitude_udeg: int, time: int) -> int:
    """Return the sine, in billionths, of the angle of the sun's centre above the horizon.

    North and east are positive; ``time`` is in Unix seconds.
    """
    elapsed = time - _EPOCH
    mean_longitude = 280_460_000 + elapsed * 9_856_474 // 864_000
    mean_anomaly = 357_528_000 + elapsed * 9_856_003 // 864_000
    centre = 1_915_000 * compute_sine(mean_anomaly) + 20_000 * compute_sine(2 * mean_anomaly)
    longitude = mean_longitude + centre // SCALE
    # The direction of the sun: to the equinox, a quarter turn east of it, to the pole.
    to_equinox = compute_cosine(longitude)
    to_east = _COSINE_TILT * compute_sine(longitude) // SCALE
    to_pole = _SINE_TILT * compute_sine(longitude) // SCALE
    # How far the place has turned away from the equinox.
    turned = mean_longitude + TURN // 2 + time % _DAY * 12_500 // 3 + longitude_udeg
    level = (compute_cosine(turned) * to_equinox + compute_sine(turned) * to_east) // SCALE
    along = compute_cosine(latitude_udeg) * level + compute_sine(latitude_udeg) * to_pole
    return along // SCALE


def is_daylight(latitude_udeg: int, longitude_udeg: int, start: int, end: int) -> bool:
    """Tell whether the sun is above the horizon at a whole minute from start to end inclusive.

    ``start`` and ``end`` are Unix seconds, multiples of 60.
    """
    return any(
        compute_sun_height(latitude_udeg, longitude_udeg, minute) > HORIZON
        for minute in range(start, end + 1, MINUTE)
    )
