"""Which readings a chain takes (tests/vectors/README.md, Readings).

A meter's owner asks the same questions before sending; the codes are the chain's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from plurichain.energy.device import Device
from plurichain.energy.moments import format_second
from plurichain.energy.reading import Interval, SignedReading, compute_reading_message
from plurichain.energy.signature import is_signature
from plurichain.energy.sun import is_daylight
from plurichain.errors import ReadingRefused

SECONDS_PER_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Meter:
    """What readings are held against: the device, the chain and its limits, and its time.

    Seconds throughout; ``now`` is block time in whole Unix seconds, rounded down.
    """

    device: Device
    chain_id: str
    daylight_only: bool
    interval_seconds: int
    max_reading_age_seconds: int
    now: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The reading of a batch, counted from 0, that is refused, the code, and why in words."""

    index: int
    reason: str
    text: str


def _find_misaligned(reading: SignedReading, meter: Meter) -> str | None:
    length = meter.interval_seconds
    if reading.interval_start % length:
        return f"it does not begin on a multiple of {length} s"
    if reading.interval_end != reading.interval_start + length:
        seconds = reading.interval_end - reading.interval_start
        return f"it is {seconds} s long; the chain takes {length} s"
    return None


def _find_in_future(reading: SignedReading, meter: Meter) -> str | None:
    if reading.interval_end <= meter.now:
        return None
    return f"it ends after the chain's time {format_second(meter.now)}"


def _find_too_old(reading: SignedReading, meter: Meter) -> str | None:
    age = meter.now - reading.interval_end
    if age <= meter.max_reading_age_seconds:
        return None
    return f"it ended {age} s ago; the chain takes {meter.max_reading_age_seconds} s"


def _find_counter_backwards(reading: SignedReading, _: Meter) -> str | None:
    if reading.energy_wh >= 0:
        return None
    return f"its counter falls from {reading.counter_start_wh} to {reading.counter_end_wh} Wh"


def _find_above_capacity(reading: SignedReading, meter: Meter) -> str | None:
    seconds = reading.interval_end - reading.interval_start
    if reading.energy_wh * SECONDS_PER_HOUR <= meter.device.capacity_w * seconds:
        return None
    most = meter.device.capacity_w * seconds // SECONDS_PER_HOUR
    return (
        f"{reading.energy_wh} Wh; {meter.device.capacity_w} W make at most {most} Wh in {seconds} s"
    )


def _find_no_daylight(reading: SignedReading, meter: Meter) -> str | None:
    device, span = meter.device, (reading.interval_start, reading.interval_end)
    if not meter.daylight_only or not reading.energy_wh:
        return None
    if is_daylight(device.latitude_udeg, device.longitude_udeg, *span):
        return None
    return f"{reading.energy_wh} Wh of {device.technology} while the sun is below the horizon"


def _find_bad_signature(reading: SignedReading, meter: Meter) -> str | None:
    device = meter.device
    message = compute_reading_message(meter.chain_id, device.device_id, reading)
    if is_signature(device.key_type, device.public_key, message, reading.signature):
        return None
    return f"it is not signed by the key of {device.device_id}, for {meter.chain_id}"


# Checked in this order after the order of the batch, and before what stands around a reading.
_CHECKS: Final[tuple[tuple[str, Callable[[SignedReading, Meter], str | None]], ...]] = (
    ("misaligned", _find_misaligned),
    ("in_future", _find_in_future),
    ("too_old", _find_too_old),
    ("counter_backwards", _find_counter_backwards),
    ("above_capacity", _find_above_capacity),
    ("no_daylight", _find_no_daylight),
    ("bad_signature", _find_bad_signature),
)
BATCH_ORDER: Final = "batch_order"
ALREADY_METERED: Final = "already_metered"
COUNTER_MISMATCH: Final = "counter_mismatch"
REASONS: Final = (BATCH_ORDER, *(code for code, _ in _CHECKS), ALREADY_METERED, COUNTER_MISMATCH)


def _find_misfit(reading: Interval, known: Sequence[Interval]) -> tuple[str, str] | None:
    """Return the code and the words if ``reading`` does not fit the known ones, by start."""
    place = bisect_left(known, reading.interval_start, key=lambda item: item.interval_start)
    before = known[place - 1] if place else None
    after = known[place] if place < len(known) else None
    for other in (before, after):
        if (
            other
            and other.interval_start < reading.interval_end
            and reading.interval_start < other.interval_end
        ):
            start, end = format_second(other.interval_start), format_second(other.interval_end)
            return ALREADY_METERED, f"{start} to {end} is metered already"
    if before and not _is_continued(before, reading):
        end = f"{before.counter_end_wh} Wh at {format_second(before.interval_end)}"
        return COUNTER_MISMATCH, f"it begins at {reading.counter_start_wh} Wh after {end}"
    if after and not _is_continued(reading, after):
        start = f"{after.counter_start_wh} Wh at {format_second(after.interval_start)}"
        return COUNTER_MISMATCH, f"it ends at {reading.counter_end_wh} Wh before {start}"
    return None


def _is_continued(before: Interval, after: Interval) -> bool:
    if before.interval_end == after.interval_start:
        return before.counter_end_wh == after.counter_start_wh
    return before.counter_end_wh <= after.counter_start_wh


def _find_disorder(readings: Sequence[Interval]) -> Refused | None:
    for index, (before, reading) in enumerate(pairwise(readings), start=1):
        if reading.interval_start <= before.interval_start:
            moment = format_second(before.interval_start)
            return Refused(index, BATCH_ORDER, f"it stands after the reading of {moment}")
    return None


def find_refusal(
    readings: Sequence[SignedReading], *, meter: Meter, known: Iterable[Interval]
) -> Refused | None:
    """Return the first reading of a batch that the chain refuses, None if it takes them all.

    ``known`` are the device's readings on the chain, in any order.
    """
    if (disorder := _find_disorder(readings)) is not None:
        return disorder
    timeline = sorted(known, key=lambda item: item.interval_start)
    for index, reading in enumerate(readings):
        for code, find in _CHECKS:
            if (text := find(reading, meter)) is not None:
                return Refused(index, code, text)
        if (misfit := _find_misfit(reading, timeline)) is not None:
            return Refused(index, *misfit)
        place = bisect_left(timeline, reading.interval_start, key=lambda item: item.interval_start)
        timeline.insert(place, reading)
    return None


def validate_readings(
    readings: Sequence[SignedReading], *, meter: Meter, known: Iterable[Interval]
) -> None:
    """Raise ReadingRefused, which names the reading, its interval, the code and the rule."""
    refused = find_refusal(readings, meter=meter, known=known)
    if refused is None:
        return
    start = format_second(readings[refused.index].interval_start)
    raise ReadingRefused(
        f"reading {refused.index + 1} of {meter.device.device_id}, from {start}: "
        f"{refused.reason}: {refused.text}",
        index=refused.index,
        reason=refused.reason,
    )
