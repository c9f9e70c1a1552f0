"""Devices as a TOML file: one table ``[[device]]`` each.

Keys: id, technology, capacity_w, zone, latitude, longitude (degrees, at most six decimals),
issuing_body, efficiency_bp (storage only), key (the device's key in the keyring; default:
its id). Every refusal names the file and the key.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import Any, Final

from plurichain.energy.device import Device
from plurichain.energy.names import KeyType
from plurichain.errors import EnergyError
from plurichain.units import U64_MAX, quote_value

_DEGREES: Final = re.compile(r"([+-]?)([0-9]{1,3})(?:\.([0-9]{1,6}))?")
_REQUIRED: Final = (
    "id", "technology", "capacity_w", "zone", "latitude", "longitude", "issuing_body",
)  # fmt: skip
_OPTIONAL: Final = ("efficiency_bp", "key")


@dataclass(frozen=True, slots=True)
class DeviceEntry:
    """What a file says of a device; ``key`` names its key in the keyring."""

    device_id: str
    technology: str
    capacity_w: int
    zone: str
    latitude_udeg: int
    longitude_udeg: int
    issuing_body: str
    efficiency_bp: int
    key: str

    def make_device(self, key_type: KeyType, public_key: bytes) -> Device:
        """Return the device with its public key."""
        return Device(
            device_id=self.device_id,
            key_type=key_type,
            public_key=public_key,
            technology=self.technology,
            capacity_w=self.capacity_w,
            zone=self.zone,
            latitude_udeg=self.latitude_udeg,
            longitude_udeg=self.longitude_udeg,
            issuing_body=self.issuing_body,
            efficiency_bp=self.efficiency_bp,
        )


def parse_degrees(text: str, *, field: str) -> int:
    """Return the microdegrees of "47.3769", exactly. Raises EnergyError."""
    match = _DEGREES.fullmatch(text)
    if match is None:
        raise EnergyError(
            f"{field}: {quote_value(text)} is not degrees with at most six decimals",
            remedy="write degrees north and east as 47.3769, south and west with a minus",
        )
    sign, whole, decimals = match.groups()
    value = int(whole) * 10**6 + int((decimals or "").ljust(6, "0"))
    return -value if sign == "-" else value


def _read_text(table: dict[str, Any], key: str, where: str) -> str:
    value = table[key]
    if not isinstance(value, str):
        raise EnergyError(f"{where}{key}: {value!r} is not text in quotes")
    return value


def _read_number(table: dict[str, Any], key: str, where: str) -> int:
    value = table[key]
    # bool is an int to Python, not to TOML.
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= U64_MAX:
        raise EnergyError(f"{where}{key}: {value!r} is not a whole number from 0 to {U64_MAX}")
    return value


def _read_degrees(table: dict[str, Any], key: str, where: str) -> int:
    # Numbers with a point arrive as they are written: a float would round them.
    return parse_degrees(str(table[key]), field=where + key)


def _read_entry(table: Any, where: str) -> DeviceEntry:
    if not isinstance(table, dict):
        raise EnergyError(f"{where}not a table")
    for key in table:
        if key not in (*_REQUIRED, *_OPTIONAL):
            known = ", ".join((*_REQUIRED, *_OPTIONAL))
            raise EnergyError(f"{where}unknown key {quote_value(key)}", remedy=f"known: {known}")
    for key in _REQUIRED:
        if key not in table:
            raise EnergyError(f"{where}the key {key} is missing")
    device_id = _read_text(table, "id", where)
    return DeviceEntry(
        device_id=device_id,
        technology=_read_text(table, "technology", where),
        capacity_w=_read_number(table, "capacity_w", where),
        zone=_read_text(table, "zone", where),
        latitude_udeg=_read_degrees(table, "latitude", where),
        longitude_udeg=_read_degrees(table, "longitude", where),
        issuing_body=_read_text(table, "issuing_body", where),
        efficiency_bp=_read_number({"efficiency_bp": 0, **table}, "efficiency_bp", where),
        key=_read_text({"key": device_id, **table}, "key", where),
    )


def parse_devices_toml(text: str, *, source: str) -> tuple[DeviceEntry, ...]:
    """Return the devices of a file, in its order. Raises EnergyError that names ``source``."""
    try:
        document = tomllib.loads(text.removeprefix("\ufeff"), parse_float=str)
    except tomllib.TOMLDecodeError as error:
        raise EnergyError(f"{source}: not valid TOML: {error}") from None
    tables = document.get("device")
    extra = [key for key in document if key != "device"]
    if extra:
        raise EnergyError(f"{source}: unknown key {quote_value(extra[0])}; known: device")
    if not isinstance(tables, list) or not tables:
        raise EnergyError(f"{source}: no [[device]] table")
    entries: dict[str, DeviceEntry] = {}
    for number, table in enumerate(tables, start=1):
        entry = _read_entry(table, f"{source}, device {number}, ")
        if entry.device_id in entries:
            raise EnergyError(f"{source}: the device {entry.device_id} stands there twice")
        entries[entry.device_id] = entry
    return tuple(entries.values())
