"""Readings, devices and attributes as files: what is wrong is named by file, place and value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plurichain.energy.attributes import Attributes
from plurichain.energy.attributes_json import make_attributes_record, parse_attributes_json
from plurichain.energy.devices_toml import parse_degrees, parse_devices_toml
from plurichain.energy.names import KeyType
from plurichain.energy.reading import Interval
from plurichain.energy.readings_csv import parse_readings_csv
from plurichain.errors import EnergyError

NOON = 1_782_043_200
HEAD = "interval_start,counter_wh\n"
OTHERWISE = (
    "\ufeffcounter_wh,interval_start\r\n10,2026-06-21T14:00:00+02:00\r\n"
    "25,2026-06-21 12:15:00Z\r\n\r\n25,2026-06-21t12:30z\r\n"
)


def read_csv(text: str) -> tuple[Interval, ...]:
    return parse_readings_csv(text, source="day.csv", interval_seconds=900).intervals


def test_rows_close_the_intervals_before_them() -> None:
    """Offsets, Unix seconds, other columns' order and a byte order mark are all the same."""
    expected = (Interval(NOON, NOON + 900, 10, 25), Interval(NOON + 900, NOON + 1800, 25, 25))
    for text in (
        f"{HEAD}2026-06-21T12:00Z,10\n2026-06-21T12:15Z,25\n2026-06-21T12:30Z,25\n",
        OTHERWISE,
        f"{HEAD}{NOON},10\n{NOON + 900},25\n{NOON + 1800},25\n",
    ):
        assert read_csv(text) == expected


def test_where_rows_are_missing_there_is_no_interval() -> None:
    """Nobody knows when in the gap the energy came; the rest is read, with its lines."""
    rows = [(0, 10), (900, 20), (2700, 50), (3600, 60)]
    text = HEAD + "".join(f"{NOON + offset},{counter}\n" for offset, counter in rows)
    found = parse_readings_csv(text, source="day.csv", interval_seconds=900)

    assert [item.interval_start - NOON for item in found.intervals] == [0, 2700]
    assert [item.energy_wh for item in found.intervals] == [10, 10]
    assert found.lines == (2, 4)


BAD_CSV = {
    "": "line 1: the column interval_start is missing",
    "interval_start,interval_start,counter_wh\n": "line 1: the column interval_start is repeated",
    "interval_start,counter_wh,note\n": "line 1: unknown column 'note'",
    HEAD: "0 rows make no interval",
    f"{HEAD}{NOON},1\n": "1 rows make no interval",
    f"{HEAD}{NOON},1\n{NOON + 900}\n": "line 3: 1 columns, not 2",
    f"{HEAD}{NOON},1.5\n": "line 2, column counter_wh: '1.5' is not a whole number",
    f"{HEAD}{NOON},-1\n": "line 2, column counter_wh: '-1' is not a whole number",
    f"{HEAD}{NOON},{2**64}\n": "line 2, column counter_wh",
    f"{HEAD}2026-06-21T12:00,1\n": "line 2, column interval_start: '2026-06-21T12:00'",
    f"{HEAD}2026-02-30T12:00Z,1\n": "line 2, column interval_start",
    f"{HEAD}1969-12-31T23:00Z,1\n": "line 2, column interval_start",
    f"{HEAD}253402300741,1\n": "line 2, column interval_start",
    f"{HEAD}noon,1\n": "line 2, column interval_start: 'noon' is not a time",
    f"{HEAD}{NOON + 60},1\n{NOON + 960},2\n": "line 2, column interval_start: 2026-06-21T12:01:00Z",
    f"{HEAD}{NOON},1\n{NOON + 60},2\n": "line 3, column interval_start: 2026-06-21T12:01:00Z",
    f"{HEAD}{NOON},1\n{NOON},1\n": "line 3, column interval_start: 2026-06-21T12:00:00Z",
    f"{HEAD}{NOON},5\n{NOON + 900},4\n": "line 3, column counter_wh: 4 Wh is less than the 5 Wh",
    f'{HEAD}"{NOON},1\n': "line 2: not valid CSV",
}


@pytest.mark.parametrize("text", BAD_CSV, ids=BAD_CSV.values())
def test_a_bad_csv_is_refused_by_line_and_column(text: str) -> None:
    with pytest.raises(EnergyError) as caught:
        read_csv(text)

    assert caught.value.cause.startswith("day.csv")
    assert BAD_CSV[text] in caught.value.cause
    assert "\n" not in caught.value.cause


ROOF = """
[[device]]
id = "roof"
technology = "solar_pv"
capacity_w = 30000
zone = "CH-ZH"
latitude = 47.3769
longitude = -8
issuing_body = "registry"
"""


def test_devices_are_read_exactly() -> None:
    """Degrees keep their digits; the key is called like the device unless it says otherwise."""
    battery = ROOF.replace('"roof"', '"battery"').replace('"solar_pv"', '"storage"')
    text = f'{ROOF}{battery}efficiency_bp = 8500\nkey = "cellar"\n'
    roof, stored = parse_devices_toml(text, source="devices.toml")

    assert (roof.latitude_udeg, roof.longitude_udeg) == (47_376_900, -8_000_000)
    assert (roof.key, roof.efficiency_bp) == ("roof", 0)
    assert (stored.key, stored.efficiency_bp) == ("cellar", 8_500)
    device = roof.make_device(KeyType.ED25519, bytes(32))
    assert (device.device_id, device.capacity_w, device.public_key) == ("roof", 30_000, bytes(32))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", 0), ("-0.000001", -1), ("+8.5", 8_500_000), ("179.999999", 179_999_999)],
)
def test_degrees(text: str, expected: int) -> None:
    assert parse_degrees(text, field="latitude") == expected


BAD_TOML = [
    ("device = [", "not valid TOML"),
    ("", "no [[device]] table"),
    ("device = 1", "no [[device]] table"),
    ("device = [1]", "device 1, not a table"),
    ("owner = 1\n" + ROOF, "unknown key 'owner'"),
    (ROOF + ROOF, "the device roof stands there twice"),
    (ROOF + "colour = 1", "device 1, unknown key 'colour'"),
    (ROOF.replace("zone", "#"), "device 1, the key zone is missing"),
    (ROOF.replace('"CH-ZH"', "8"), "device 1, zone: 8 is not text in quotes"),
    (ROOF.replace("30000", '"30000"'), "device 1, capacity_w: '30000' is not a whole number"),
    (ROOF.replace("30000", "true"), "device 1, capacity_w: True is not a whole number"),
    (ROOF.replace("30000", "-1"), "device 1, capacity_w: -1 is not a whole number"),
    (ROOF.replace("47.3769", "47.12345678"), "device 1, latitude: '47.12345678' is not degrees"),
    (ROOF.replace("47.3769", "nan"), "device 1, latitude: 'nan' is not degrees"),
]


@pytest.mark.parametrize(("text", "expected"), BAD_TOML, ids=[row[1] for row in BAD_TOML])
def test_a_bad_device_file_is_refused_by_key(text: str, expected: str) -> None:
    with pytest.raises(EnergyError) as caught:
        parse_devices_toml(text, source="devices.toml")

    assert caught.value.cause.startswith("devices.toml")
    assert expected in caught.value.cause


ATTRIBUTES = Attributes(
    "grid-a-1", "mill", "wind", "Nord", 2**64 - 1, NOON, NOON + 900, bytes(range(32)), "registry"
)
RECORD: dict[str, Any] = make_attributes_record(ATTRIBUTES)


def test_attributes_come_back_from_json() -> None:
    """Bare, as a credit is shown, as a list, with numbers or text of digits."""
    numbers = {**RECORD, "capacity_w": 2**64 - 1, "interval_start": NOON}
    for document in (RECORD, numbers, {"denom": "wh.…", "attributes": RECORD}, [RECORD]):
        found = parse_attributes_json(json.dumps(document), source="credit.json")
        assert found == (ATTRIBUTES,)
    both = parse_attributes_json(json.dumps([RECORD, {"attributes": RECORD}]), source="x")
    assert both == (ATTRIBUTES, ATTRIBUTES)


BAD_JSON = [
    ("{", "credit.json: not valid JSON"),
    ("[" * 100_000, "credit.json: not valid JSON"),
    ("[]", "credit.json: an empty list"),
    ("7", "credit.json: not the attributes of a credit"),
    (json.dumps({"attributes": None}), "credit.json: not the attributes of a credit"),
    (json.dumps({**RECORD, "colour": 1}), "credit.json: unknown key 'colour'"),
    (json.dumps({"zone": "Nord"}), "credit.json: the key origin_chain is missing"),
    (json.dumps({**RECORD, "zone": None}), "credit.json: zone: None is not text"),
    (json.dumps({**RECORD, "capacity_w": 1.5}), "capacity_w: '1.5' is not a whole number"),
    (json.dumps({**RECORD, "capacity_w": True}), "capacity_w: True is not a whole number"),
    (json.dumps({**RECORD, "reading_hash": "xy"}), "reading_hash: 'xy' is not hex"),
    (json.dumps({**RECORD, "reading_hash": "00"}), "reading_hash: 1 bytes are not 32"),
    (json.dumps([RECORD, {**RECORD, "zone": ""}]), "credit.json, entry 2: zone: 0 bytes"),
]


@pytest.mark.parametrize(("text", "expected"), BAD_JSON, ids=[row[1] for row in BAD_JSON])
def test_bad_attributes_are_refused_by_key(text: str, expected: str) -> None:
    with pytest.raises(EnergyError) as caught:
        parse_attributes_json(text, source="credit.json")

    assert expected in caught.value.cause
