"""Rules that vectors do not reach: errors in words, views, retirements, devices."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plurichain.energy.attributes import Attributes
from plurichain.energy.denom import validate_attributes_of
from plurichain.energy.device import Device, validate_device
from plurichain.energy.fields import validate_printable
from plurichain.energy.moments import format_second
from plurichain.energy.names import KeyType, RetirementPurpose
from plurichain.energy.reading import Interval, SignedReading, compute_reading_message
from plurichain.energy.readings_rules import Meter, validate_readings
from plurichain.energy.retirement import validate_retirement
from plurichain.energy.state import EnergyParams, Technology
from plurichain.errors import EnergyError, ReadingRefused
from plurichain.keyring import DeviceKey
from plurichain.units import Coin

NOON = 1_782_043_200
KEY = DeviceKey.from_seed("mill", bytes(32))
DEVICE = Device("mill", KeyType.ED25519, KEY.public_key, "wind", 800_000, "Nord", 0, 0, "registry")
METER = Meter(DEVICE, "grid-a-1", False, 900, 86_400, NOON + 3_600)


def sign(*numbers: int) -> SignedReading:
    message = compute_reading_message("grid-a-1", "mill", Interval(*numbers))
    return SignedReading(*numbers, KEY.sign(message))  # type: ignore[call-arg,arg-type]


def test_a_refusal_names_reading_interval_code_and_rule() -> None:
    good, bad = sign(NOON, NOON + 900, 0, 5), sign(NOON + 900, NOON + 1_800, 5, 4)
    validate_readings([good], meter=METER, known=[])
    with pytest.raises(ReadingRefused) as caught:
        validate_readings([good, bad], meter=METER, known=[])

    assert caught.value.cause == (
        "reading 2 of mill, from 2026-06-21T12:15:00Z: counter_backwards: "
        "its counter falls from 5 to 4 Wh"
    )
    assert (caught.value.index, caught.value.reason) == (1, "counter_backwards")


@pytest.mark.parametrize(
    ("changes", "is_storage", "field"),
    [
        ({}, False, None),
        ({"efficiency_bp": 1}, True, None),
        ({"efficiency_bp": 10_000}, True, None),
        ({"efficiency_bp": 10_001}, True, "efficiency_bp"),
        ({}, True, "efficiency_bp"),
        ({"efficiency_bp": 1}, False, "efficiency_bp"),
        ({"device_id": "Mill"}, False, "device_id"),
        ({"public_key": bytes(33)}, False, "public_key"),
        ({"technology": ""}, False, "technology"),
        ({"capacity_w": 0}, False, "capacity_w"),
        ({"zone": " Nord"}, False, "zone"),
        ({"latitude_udeg": 90_000_001}, False, "latitude_udeg"),
        ({"longitude_udeg": -180_000_001}, False, "longitude_udeg"),
        ({"issuing_body": ""}, False, "issuing_body"),
    ],
)
def test_devices(changes: dict[str, object], is_storage: bool, field: str | None) -> None:
    device = replace(DEVICE, **changes)  # type: ignore[arg-type]
    if field is None:
        validate_device(device, is_storage=is_storage)
        return
    with pytest.raises(EnergyError) as caught:
        validate_device(device, is_storage=is_storage)
    assert caught.value.cause.startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("amount", "beneficiary", "purpose", "reason", "field"),
    [
        (1, "School", RetirementPurpose.CONSUMPTION, "", None),
        (1, "é" * 64, RetirementPurpose.OBLIGATION, "r" * 256, None),
        (0, "School", RetirementPurpose.CONSUMPTION, "", "amount"),
        (1, "", RetirementPurpose.CONSUMPTION, "", "beneficiary"),
        (1, "é" * 65, RetirementPurpose.CONSUMPTION, "", "beneficiary"),
        (1, "School", RetirementPurpose.STORAGE, "", "purpose"),
        (1, "School", RetirementPurpose.DISCLOSURE, "r" * 257, "reason"),
        (1, "School", RetirementPurpose.DISCLOSURE, "a\nb", "reason"),
    ],
)
def test_retirements(
    amount: int, beneficiary: str, purpose: RetirementPurpose, reason: str, field: str | None
) -> None:
    coin = Coin("wh.x", amount)
    if field is None:
        validate_retirement(coin, beneficiary=beneficiary, purpose=purpose, reason=reason)
        return
    with pytest.raises(EnergyError) as caught:
        validate_retirement(coin, beneficiary=beneficiary, purpose=purpose, reason=reason)
    assert caught.value.cause.startswith(f"{field}: ")


def test_text_that_is_no_utf8_is_refused() -> None:
    with pytest.raises(EnergyError, match="text: text holds a lone surrogate"):
        validate_printable("\ud800", field="text", minimum=0, maximum=9)


def test_attributes_of_another_credit_are_named() -> None:
    attributes = Attributes(
        "grid-a-1", "mill", "wind", "Nord", 1, NOON, NOON + 900, bytes(32), "registry"
    )
    with pytest.raises(
        EnergyError, match=r"they are those of wh\.20260621T1200\.[0-9a-f]{64}, not"
    ):
        validate_attributes_of(attributes, "wh.20260621T1200." + "00" * 32)


def test_params_know_their_technologies() -> None:
    wind = Technology("wind", daylight_only=False, storage=False)
    params = EnergyParams(None, (wind,), 900, 96, 86_400)

    assert params.find_technology("wind") is wind
    assert params.find_technology("coal") is None


def test_moments_are_utc_and_exact() -> None:
    assert format_second(0) == "1970-01-01T00:00:00Z"
    assert format_second(253_402_300_740) == "9999-12-31T23:59:00Z"
