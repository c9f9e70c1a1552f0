"""A day of ten meters of the town of Brook: cumulative counters every quarter of an hour.

The sun and the wind are those of the weather file's day, hour by hour; within an hour the sun's
energy is spread over its quarters by the sun's height where the meters stand, so that none is
counted while the sun is down. Everything else is worked out from the figures named below.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

from plurichain.energy.moments import format_second
from plurichain.energy.sun import compute_sun_height, is_daylight

#: Where and when the weather was measured: the station of the file, local standard time UTC-5.
LATITUDE_UDEG, LONGITUDE_UDEG = 36_100_000, -79_950_000
WEATHER_DAY = "09/17/2003"
#: 2024-09-17, 00:00 at UTC-5: the same day of the year, in a year that is over.
DAY_START = 1_726_549_200
QUARTER_S = 900
QUARTERS = 96

PV_PERFORMANCE_PERMILLE = 840
#: (50/10)^(1/7): wind at hub height over that at 10 m.
WIND_SHEAR_PERMILLE = 1258

Weather = tuple[list[int], list[int]]
"""For the 24 hours of the day: irradiance in W/m2, and power of the turbine in W."""
Make = Callable[[Weather, random.Random], list[int]]
"""From the weather to the Wh of each quarter of an hour."""


@dataclass(frozen=True)
class TownMeter:
    """One meter; ``efficiency_bp`` is 0 unless it is that of a storage."""

    device_id: str
    technology: str
    capacity_w: int
    make: Make
    efficiency_bp: int = 0


def read_day(text: str, read_power_w: Callable[[int], int]) -> Weather:
    """Irradiance and the turbine's power for each hour of the day; TMY3 stamps an hour's end."""
    rows = [
        row
        for row in csv.DictReader(io.StringIO("\n".join(text.splitlines()[1:])))
        if row["Date (MM/DD/YYYY)"] == WEATHER_DAY
    ]
    if len(rows) != 24:
        raise SystemExit(f"the weather file has {len(rows)} hours of {WEATHER_DAY}")
    powers = []
    for row in rows:
        whole, _, tenths = row["Wspd (m/s)"].partition(".")
        speed_mm_s = int(whole) * 1000 + int(tenths or 0) * 100
        powers.append(read_power_w(speed_mm_s * WIND_SHEAR_PERMILLE // 1000))
    return [int(row["GHI (W/m^2)"]) for row in rows], powers


def spread(energy_wh: int, weights: list[int]) -> list[int]:
    """Whole Wh in proportion to weights, which add up to ``energy_wh``; 0 where a weight is 0."""
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    ends = [energy_wh * reached // total for reached in accumulate(weights)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def weigh_sun(start: int) -> int:
    """How high the sun stands in the middle of a quarter of an hour; 0 if it never rises in it."""
    if not is_daylight(LATITUDE_UDEG, LONGITUDE_UDEG, start, start + QUARTER_S):
        return 0
    return max(0, compute_sun_height(LATITUDE_UDEG, LONGITUDE_UDEG, start + QUARTER_S // 2))


def pv(peak_w: int) -> Make:
    """Nameplate × irradiance × performance."""

    def make(weather: Weather, _rng: random.Random) -> list[int]:
        quarters = []
        for hour, ghi_w_m2 in enumerate(weather[0]):
            starts = [DAY_START + 3600 * hour + QUARTER_S * part for part in range(4)]
            energy = peak_w * ghi_w_m2 * PV_PERFORMANCE_PERMILLE // 1_000_000
            quarters += spread(energy, [weigh_sun(start) for start in starts])
        return quarters

    return make


def wind(share_permille: int) -> Make:
    """A share of the turbine; gusts move a part of an hour's energy between its quarters."""

    def make(weather: Weather, rng: random.Random) -> list[int]:
        quarters = []
        for power_w in weather[1]:
            # Up to a tenth more than the hour's mean, which leaves room below the nameplate.
            gusts = [90 + rng.randrange(21) for _ in range(4)]
            quarters += spread(power_w * share_permille // 1000, gusts)
        return quarters

    return make


def steady(power_w: int, first_hour: int, last_hour: int, swing_permille: int) -> Make:
    """About the same power from hour to hour, nothing outside of them."""

    def make(_weather: Weather, rng: random.Random) -> list[int]:
        quarters = []
        for quarter in range(QUARTERS):
            swing = 1000 - rng.randrange(swing_permille + 1)
            runs = first_hour <= quarter // 4 < last_hour
            quarters.append(power_w * swing // 4000 if runs else 0)
        return quarters

    return make


METERS = (
    TownMeter("pv-school", "solar_pv", 18_000, pv(18_000)),
    TownMeter("pv-barn", "solar_pv", 12_000, pv(12_000)),
    TownMeter("pv-market-hall", "solar_pv", 10_500, pv(10_500)),
    # Shares of a turbine of 800 kW that belong to two members of the town.
    TownMeter("wind-ridge", "wind", 25_600, wind(32)),
    TownMeter("wind-mill", "wind", 13_600, wind(17)),
    TownMeter("hydro-weir", "hydro", 8_000, steady(6_600, 0, 24, 60)),
    # Two gas engines that run on biogas while heat is needed.
    TownMeter("chp-pool", "biomass", 20_000, steady(13_000, 6, 22, 40)),
    TownMeter("chp-dairy", "biomass", 15_000, steady(9_700, 4, 14, 40)),
    # Discharged in the evening, when the sun is down.
    TownMeter("battery-depot", "storage", 7_000, steady(2_800, 18, 21, 80), 8_800),
    TownMeter("battery-clinic", "storage", 4_500, steady(1_800, 18, 21, 80), 8_800),
)


def format_counters(energies: list[int], counter_wh: int) -> str:
    """The CSV that ``plurichain energy reading submit`` reads."""
    rows = ["interval_start,counter_wh"]
    for place, total in enumerate(accumulate(energies, initial=counter_wh)):
        rows.append(f"{format_second(DAY_START + QUARTER_S * place)},{total}")
    return "\n".join(rows) + "\n"


def format_devices() -> str:
    """The TOML that ``plurichain energy device register`` reads."""
    tables = []
    for meter in METERS:
        lines = [
            "[[device]]",
            f'id = "{meter.device_id}"',
            f'technology = "{meter.technology}"',
            f"capacity_w = {meter.capacity_w}",
            'zone = "brook"',
            f"latitude = {LATITUDE_UDEG / 1e6:g}",
            f"longitude = {LONGITUDE_UDEG / 1e6:g}",
            'issuing_body = "brook-registry"',
        ]
        if meter.efficiency_bp:
            lines.append(f"efficiency_bp = {meter.efficiency_bp}")
        tables.append("\n".join(lines))
    return "# Made by scripts/make-town-examples.\n\n" + "\n\n".join(tables) + "\n"


def make_readings(weather: Weather, seed: int) -> dict[str, str]:
    """Name of a file → its text: ten counters and the devices."""
    files = {"devices.toml": format_devices()}
    for meter in METERS:
        # One generator a meter: another meter does not change the draws of this one.
        rng = random.Random(f"{seed} {meter.device_id}")
        counter_wh = 1_000_000 + rng.randrange(8_000_000)
        energies = meter.make(weather, rng)
        print(f"{meter.device_id}: {sum(energies)} Wh")
        files[f"{meter.device_id}.csv"] = format_counters(energies, counter_wh)
    return files
