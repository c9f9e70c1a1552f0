"""Devices, readings, credits and retirements as records to print; energy as decimal strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plurichain.bidding.moments import format_time
from plurichain.energy.attributes_json import make_attributes_record
from plurichain.energy.moments import format_second

if TYPE_CHECKING:
    from plurichain.energy.attributes import Attributes
    from plurichain.energy.state import (
        DeviceState,
        IssuedCredit,
        IssuingBody,
        ReadingState,
        RegisteredPath,
        Retirement,
    )
    from plurichain.metering.explaining import CreditStory

_MICRO = 10**6


def format_degrees(microdegrees: int) -> str:
    """Return microdegrees as degrees, exactly: `47.3769`."""
    whole, rest = divmod(abs(microdegrees), _MICRO)
    digits = f"{rest:06}".rstrip("0")
    return f"{'-' if microdegrees < 0 else ''}{whole}{'.' if digits else ''}{digits}"


def make_device_row(state: DeviceState) -> dict[str, Any]:
    """Return one line of `energy device list`."""
    device = state.device
    return {
        "device_id": device.device_id,
        "status": state.status.text,
        "technology": device.technology,
        "capacity_w": str(device.capacity_w),
        "zone": device.zone,
        "issuing_body": device.issuing_body,
        "owner": str(state.owner),
    }


def make_device_record(state: DeviceState) -> dict[str, Any]:
    """Return the record of `energy device show`."""
    device = state.device
    record = make_device_row(state) | {
        "latitude": format_degrees(device.latitude_udeg),
        "longitude": format_degrees(device.longitude_udeg),
        "key_type": device.key_type.text,
        "public_key": device.public_key.hex(),
    }
    if device.efficiency_bp:
        record["efficiency_bp"] = device.efficiency_bp
        record["storage_balance_wh"] = str(state.storage_balance_wh)
    return record


def make_reading_row(state: ReadingState) -> dict[str, Any]:
    """Return one line of `energy reading list`."""
    reading = state.reading
    return {
        "interval_start": format_second(reading.interval_start),
        "interval_end": format_second(reading.interval_end),
        "counter_start_wh": str(reading.counter_start_wh),
        "counter_end_wh": str(reading.counter_end_wh),
        "energy_wh": str(reading.energy_wh),
        "issued_wh": str(state.issued_wh) if state.issued else None,
    }


def make_credit_row(credit: IssuedCredit) -> dict[str, Any]:
    """Return one line of `energy credit list`."""
    attributes = credit.attributes
    return {
        "denom": credit.denom,
        "issued_wh": str(credit.issued_wh),
        "device_id": attributes.device_id,
        "technology": attributes.technology,
        "zone": attributes.zone,
    }


def make_story_record(story: CreditStory) -> dict[str, Any]:
    """Return the record of `energy credit show`."""
    origin = story.origin
    return {
        "denom": origin.denom,
        "verified": origin.verified,
        "explanation": story.explanation,
        "origin_chain": origin.origin_chain or None,
        "path": origin.path or None,
        "credit_denom": origin.credit_denom or None,
        "issued_wh": None if story.credit is None else str(story.credit.issued_wh),
        "supply_wh": str(story.supply_wh),
        "retired_wh": str(story.retired_wh),
        "attributes": None if origin.attributes is None else _show_attributes(origin.attributes),
    }


def flatten_story(record: dict[str, Any]) -> dict[str, Any]:
    """Return the same for people: a line an attribute, times as people write them."""
    flat = {key: value for key, value in record.items() if key != "attributes"}
    attributes = record["attributes"] or {}
    for key, value in attributes.items():
        if key == "origin_chain":
            continue
        is_time = key in {"interval_start", "interval_end"}
        flat[key] = format_second(int(value)) if is_time else value
    return flat


def _show_attributes(attributes: Attributes) -> dict[str, str]:
    return make_attributes_record(attributes)


def make_retirement_record(retirement: Retirement) -> dict[str, Any]:
    """Return one act of retiring, as its chain keeps it."""
    return {
        "retirement_id": retirement.id,
        "amount_wh": str(retirement.coin.amount),
        "denom": retirement.coin.denom,
        "credit_denom": retirement.credit_denom,
        "origin_chain": retirement.origin_chain,
        "path": retirement.path or None,
        "owner": str(retirement.owner),
        "beneficiary": retirement.beneficiary,
        "purpose": retirement.purpose.text,
        "reason": retirement.reason,
        "retired_at": format_time(retirement.retired_at_ns),
        "height": retirement.height,
    }


def make_body_record(body: IssuingBody) -> dict[str, Any]:
    """Return one issuing body."""
    return {
        "id": body.id,
        "name": body.name,
        "address": str(body.address),
        "active": body.active,
    }


def make_path_record(path: RegisteredPath) -> dict[str, Any]:
    """Return one registered path."""
    return {"path": path.path, "origin_chain": path.origin_chain}
