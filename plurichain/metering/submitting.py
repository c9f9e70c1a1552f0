"""Readings: signed by their device, held against the chain's rules, handed in once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plurichain.chain.energy import messages
from plurichain.energy.moments import format_second
from plurichain.energy.reading import Interval, SignedReading, compute_reading_message
from plurichain.energy.readings_rules import Meter, find_refusal
from plurichain.errors import EnergyError, ReadingRefused
from plurichain.metering.registering import get_body, validate_active, validate_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plurichain.energy.state import DeviceState, EnergyParams
    from plurichain.keyring import DeviceKey
    from plurichain.metering.account import Account, Observer


@dataclass(frozen=True, slots=True)
class SubmitReceipt:
    """What became of intervals: ``skipped`` stood on the chain already.

    ``metered_wh`` is what the accepted ones add up to; a transaction for each batch.
    """

    device_id: str
    accepted: int
    skipped: int
    metered_wh: int
    tx_hashes: tuple[str, ...]


def sign_readings(
    key: DeviceKey, chain_id: str, device_id: str, intervals: Iterable[Interval]
) -> tuple[SignedReading, ...]:
    """Return the intervals with the device's signatures, which hold on that chain alone."""
    return tuple(
        SignedReading(
            interval.interval_start,
            interval.interval_end,
            interval.counter_start_wh,
            interval.counter_end_wh,
            key.sign(compute_reading_message(chain_id, device_id, interval)),
        )
        for interval in intervals
    )


def check_readings(
    observer: Observer,
    device_id: str,
    readings: Sequence[SignedReading],
    *,
    places: Sequence[str] = (),
) -> tuple[SignedReading, ...]:
    """Return the readings that the chain lacks, having found no fault in them.

    Readings that stand on the chain just so are left out. ``places`` says where each came
    from, for errors. Raises NotFound, PhaseError and ReadingRefused.
    """
    state = observer.queries.get_device(device_id)
    validate_active(state)
    validate_body(get_body(observer, state.device.issuing_body))
    params = observer.queries.get_params()
    known = [row.reading for row in observer.queries.list_readings(device_id)]
    standing = {_get_values(reading) for reading in known}
    new = [
        (index, item) for index, item in enumerate(readings) if _get_values(item) not in standing
    ]
    meter = _make_meter(observer, state, params)
    refused = find_refusal([reading for _, reading in new], meter=meter, known=known)
    if refused is not None:
        index, reading = new[refused.index]
        place = f"{places[index]}: " if places else f"reading {index + 1}: "
        raise ReadingRefused(
            f"{place}the interval from {format_second(reading.interval_start)} of {device_id} "
            f"is refused as {refused.reason}: {refused.text}",
            remedy="correct it; nothing was sent",
            index=index,
            reason=refused.reason,
        )
    return tuple(reading for _, reading in new)


def submit_readings(
    account: Account,
    device_id: str,
    readings: Sequence[SignedReading],
    *,
    places: Sequence[str] = (),
) -> SubmitReceipt:
    """Hand in readings that the chain lacks, in as many batches as it wants.

    What it has is skipped and said so, so that a submission that broke off is made again.
    Raises as check_readings before anything is sent, TransactionError by outcome.
    """
    new = check_readings(account, device_id, readings, places=places)
    skipped = len(readings) - len(new)
    if skipped:
        account.tell(
            "skipped",
            f"{skipped} of {len(readings)} intervals of {device_id} are on the chain already",
            device_id=device_id,
            skipped=skipped,
        )
    size = account.queries.get_params().max_readings_per_batch
    hashes = []
    for start in range(0, len(new), size):
        batch = new[start : start + size]
        outcome = account.send(
            [messages.submit_readings(account.address, device_id, batch)],
            purpose="submit readings",
        )
        hashes.append(outcome.tx_hash)
        account.tell(
            "accepted",
            f"{start + len(batch)} of {len(new)} intervals of {device_id} are accepted",
            device_id=device_id,
            tx_hash=outcome.tx_hash,
            height=outcome.height,
        )
    metered = sum(reading.energy_wh for reading in new)
    return SubmitReceipt(device_id, len(new), skipped, metered, tuple(hashes))


def validate_device_key(state: DeviceState, key: DeviceKey) -> None:
    """Raise EnergyError unless ``key`` is that of the device."""
    if key.public_key != state.device.public_key:
        raise EnergyError(
            f"the key {key.name!r} is not that of the device {state.device.device_id}",
            remedy="name its key with --device-key",
        )


def _get_values(reading: SignedReading) -> Interval:
    return Interval(
        reading.interval_start,
        reading.interval_end,
        reading.counter_start_wh,
        reading.counter_end_wh,
    )


def _make_meter(observer: Observer, state: DeviceState, params: EnergyParams) -> Meter:
    technology = params.find_technology(state.device.technology)
    return Meter(
        device=state.device,
        chain_id=observer.chain_id,
        daylight_only=technology is not None and technology.daylight_only,
        interval_seconds=params.interval_seconds,
        max_reading_age_seconds=params.max_reading_age_seconds,
        now=observer.get_now(),
    )
