"""The Python rules of energy against the shared vectors, subject by subject."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plurichain.energy import sun
from plurichain.energy.attributes import Attributes, compute_attributes_hash, encode_attributes
from plurichain.energy.denom import (
    compute_credit_denom,
    is_credit_denom,
    parse_credit_denom,
    validate_attributes_of,
)
from plurichain.energy.device import Device, compute_device_message
from plurichain.energy.fields import validate_printable
from plurichain.energy.names import KeyType
from plurichain.energy.path import validate_path
from plurichain.energy.reading import (
    Interval,
    SignedReading,
    compute_reading_hash,
    compute_reading_message,
)
from plurichain.energy.readings_rules import REASONS, Meter, find_refusal
from plurichain.energy.signature import is_signature
from plurichain.energy.storage import compute_charge, compute_issue
from plurichain.errors import EnergyError
from tests.vectors.test_vectors import load

SUN: dict[str, Callable[..., int | bool]] = {
    "sine": sun.compute_sine,
    "sun_height": sun.compute_sun_height,
    "is_daylight": sun.is_daylight,
}


@pytest.mark.parametrize(("given", "expected"), load("energy_sun"))
def test_sun(given: Any, expected: Any) -> None:
    """Sines, heights and daylight are equal to the last bit."""
    arguments = {key: int(value) for key, value in given.items() if key != "function"}
    found = SUN[given["function"]](**arguments)

    assert (found if isinstance(found, bool) else str(found)) == expected["value"]


BYTES = ("owner", "public_key", "reading_hash")
NUMBERS = (
    "capacity_w",
    "interval_start",
    "interval_end",
    "counter_start_wh",
    "counter_end_wh",
    "latitude_udeg",
    "longitude_udeg",
    "efficiency_bp",
    "interval_seconds",
    "max_reading_age_seconds",
    "now",
)


def read(given: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a vector as values."""
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key in BYTES:
            values[key] = bytes.fromhex(value)
        elif key in NUMBERS:
            values[key] = int(value)
        elif key == "key_type":
            values[key] = KeyType(int(value))
        elif key != "function":
            values[key] = value
    return values


def show_attributes(values: dict[str, Any]) -> dict[str, Any]:
    attributes = Attributes(**values)
    denom = compute_credit_denom(attributes)
    digest = compute_attributes_hash(attributes)
    parsed = parse_credit_denom(denom)
    assert (parsed.interval_start, parsed.attributes_hash) == (attributes.interval_start, digest)
    validate_attributes_of(attributes, denom)
    return {"bytes": encode_attributes(attributes).hex(), "hash": digest.hex(), "denom": denom}


def show_reading(values: dict[str, Any]) -> dict[str, Any]:
    place = values.pop("chain_id"), values.pop("device_id")
    reading = Interval(**values)
    message = compute_reading_message(*place, reading)
    return {"message": message.hex(), "hash": compute_reading_hash(*place, reading).hex()}


def show_device(values: dict[str, Any]) -> dict[str, Any]:
    chain_id, owner = values.pop("chain_id"), values.pop("owner")
    return {"message": compute_device_message(chain_id, owner, Device(**values)).hex()}


SHOWN: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "attributes": show_attributes,
    "reading": show_reading,
    "device": show_device,
}


@pytest.mark.parametrize(("given", "expected"), load("energy_bytes"))
def test_bytes(given: Any, expected: Any) -> None:
    """Bytes, hashes and denoms are those that were put together by hand."""
    assert SHOWN[given["function"]](read(given)) == expected


FIELDS: dict[str, Callable[[dict[str, Any]], object]] = {
    "attributes": lambda given: encode_attributes(Attributes(**read(given))),
    "printable": lambda given: validate_printable(
        given["text"], field="text", minimum=int(given["minimum"]), maximum=int(given["maximum"])
    ),
    "path": lambda given: validate_path(given["path"]),
}


@pytest.mark.parametrize(("given", "expected"), load("energy_fields"))
def test_fields(given: Any, expected: Any) -> None:
    """The first field that breaks its rule is named; a denom is read or refused."""
    if given["function"] == "denom":
        start = expected["interval_start"]
        assert is_credit_denom(given["denom"]) == (start is not None)
        if start is None:
            with pytest.raises(EnergyError, match=r"^denom: "):
                parse_credit_denom(given["denom"])
        else:
            assert parse_credit_denom(given["denom"]).interval_start == int(start)
        return
    check = FIELDS[given["function"]]
    if expected["field"] is None:
        check(given)
        return
    with pytest.raises(EnergyError) as caught:
        check(given)
    assert caught.value.cause.startswith(f"{expected['field']}: ")


@pytest.mark.parametrize(("given", "expected"), load("energy_signatures"))
def test_signatures(given: Any, expected: Any) -> None:
    """A signature is that of the key, in the one form that is taken, or it is not."""
    rest = (bytes.fromhex(given[key]) for key in ("public_key", "message", "signature"))

    assert is_signature(KeyType(int(given["key_type"])), *rest) is expected["valid"]


@pytest.mark.parametrize(("given", "expected"), load("energy_storage"))
def test_storage(given: Any, expected: Any) -> None:
    """Losses round down, and no more comes out than went in."""
    if given["function"] == "charge":
        found = compute_charge(int(given["charged_wh"]), int(given["efficiency_bp"]))
    else:
        balance = given["storage_balance_wh"]
        found = compute_issue(int(given["metered_wh"]), None if balance is None else int(balance))

    assert str(found) == expected["wh"]


@pytest.mark.parametrize(("given", "expected"), load("energy_readings"))
def test_readings(given: Any, expected: Any) -> None:
    """A batch is taken, or refused for the first rule of its first reading that breaks one."""
    values = read(given)
    batch = [
        SignedReading(int(row[0]), int(row[1]), int(row[2]), int(row[3]), bytes.fromhex(row[4]))
        for row in values.pop("batch")
    ]
    known = [Interval(*(int(number) for number in row)) for row in values.pop("known")]
    limits = {key: values.pop(key) for key in ("chain_id", "daylight_only", *NUMBERS[-3:])}
    device = Device(**values, zone="CH-ZH", issuing_body="registry.grid-a")
    found = find_refusal(batch, meter=Meter(device=device, **limits), known=known)

    told = None if found is None else {"index": str(found.index), "reason": found.reason}
    assert told == expected["refused"]


def test_every_reason_has_a_vector() -> None:
    """The vectors leave out no reason for which a reading is refused."""
    rows = [param.values[1]["refused"] for param in load("energy_readings")]

    assert {row["reason"] for row in rows if row} == set(REASONS)
