"""Attributes as JSON: what one chain shows of a credit and another takes as evidence.

Keys are the fields' names; numbers are digits or text of digits, the reading hash is hex.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from plurichain.energy.attributes import Attributes, validate_attributes
from plurichain.errors import EnergyError, InputError
from plurichain.units import U64_MAX, parse_integer, quote_value


def _read_text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise EnergyError(f"{field}: {value!r} is not text")
    return value


def _read_number(value: Any, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise EnergyError(f"{field}: {value!r} is not a whole number")
    return parse_integer(str(value), field=field, maximum=U64_MAX)


def _read_hash(value: Any, field: str) -> bytes:
    try:
        return bytes.fromhex(_read_text(value, field))
    except ValueError:
        raise EnergyError(f"{field}: {quote_value(value)} is not hex") from None


_READERS: Final[dict[str, Callable[[Any, str], Any]]] = {
    "origin_chain": _read_text,
    "device_id": _read_text,
    "technology": _read_text,
    "zone": _read_text,
    "capacity_w": _read_number,
    "interval_start": _read_number,
    "interval_end": _read_number,
    "reading_hash": _read_hash,
    "issuing_body": _read_text,
}


def make_attributes_record(attributes: Attributes) -> dict[str, str]:
    """Return the attributes as JSON holds them; numbers as text, which no reader rounds."""
    return {
        "origin_chain": attributes.origin_chain,
        "device_id": attributes.device_id,
        "technology": attributes.technology,
        "zone": attributes.zone,
        "capacity_w": str(attributes.capacity_w),
        "interval_start": str(attributes.interval_start),
        "interval_end": str(attributes.interval_end),
        "reading_hash": attributes.reading_hash.hex(),
        "issuing_body": attributes.issuing_body,
    }


def _read_record(record: Any) -> Attributes:
    # What `energy credit show` prints holds them as one of its values.
    inner = record.get("attributes", record) if isinstance(record, dict) else record
    if not isinstance(inner, dict):
        raise EnergyError("not the attributes of a credit: no JSON object")
    for key in inner:
        if key not in _READERS:
            raise EnergyError(f"unknown key {quote_value(key)}")
    missing = [key for key in _READERS if key not in inner]
    if missing:
        raise EnergyError(f"the key {missing[0]} is missing")
    attributes = Attributes(**{key: read(inner[key], key) for key, read in _READERS.items()})
    validate_attributes(attributes)
    return attributes


def parse_attributes_json(text: str, *, source: str) -> tuple[Attributes, ...]:
    """Return the attributes in a JSON object or a list of them, bare or as a credit is shown.

    Raises EnergyError that names ``source`` and the key.
    """
    try:
        # Too long a number stays text; the field it stands in refuses it by name.
        document = json.loads(text, parse_int=str, parse_float=str)
    except ValueError as error:
        raise EnergyError(f"{source}: not valid JSON: {error}") from None
    except RecursionError:
        raise EnergyError(f"{source}: not valid JSON: nested too deep") from None
    records = document if isinstance(document, list) else [document]
    if not records:
        raise EnergyError(f"{source}: an empty list")
    found = []
    for number, record in enumerate(records, start=1):
        where = f"{source}, entry {number}: " if len(records) > 1 else f"{source}: "
        try:
            found.append(_read_record(record))
        except InputError as error:
            raise EnergyError(where + error.cause, remedy=error.remedy) from None
    return tuple(found)
