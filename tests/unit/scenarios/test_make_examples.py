"""The examples' bids and readings are what the script makes of the public data."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from plurichain.energy.device import validate_device
from plurichain.energy.devices_toml import parse_devices_toml
from plurichain.energy.readings_csv import parse_readings_csv
from plurichain.energy.readings_rules import Meter, validate_readings
from plurichain.keyring import DeviceKey
from plurichain.metering.submitting import sign_readings


@pytest.mark.long
def test_the_script_makes_the_files_that_are_there(project_root: Path) -> None:
    """Needs the package index, for three pinned wheels."""
    script = project_root / "scripts" / "make-town-examples"
    result = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, timeout=300
    )

    assert result.returncode == 0, result.stdout + result.stderr
    assert "seed 17" in result.stdout


def test_the_example_day_breaks_no_rule(project_root: Path) -> None:
    """Ten devices, 96 intervals each, that a chain takes: no sun at night, nothing too much."""
    folder = project_root / "examples" / "readings"
    text = (folder / "devices.toml").read_text(encoding="utf-8")
    entries = parse_devices_toml(text, source="devices.toml")

    assert len(entries) == 10
    assert {entry.technology for entry in entries} == {
        "solar_pv", "wind", "hydro", "biomass", "storage",
    }  # fmt: skip
    for entry in entries:
        key = DeviceKey.from_seed(entry.key, bytes(32))
        device = entry.make_device(key.key_type, key.public_key)
        validate_device(device, is_storage=entry.technology == "storage")
        name = f"{entry.device_id}.csv"
        counted = parse_readings_csv(
            (folder / name).read_text(encoding="utf-8"), source=name, interval_seconds=900
        )
        assert len(counted.intervals) == 96
        assert sum(interval.energy_wh for interval in counted.intervals) > 5_000
        readings = sign_readings(key, "grid-a-1", entry.device_id, counted.intervals)
        meter = Meter(
            device=device,
            chain_id="grid-a-1",
            daylight_only=entry.technology == "solar_pv",
            interval_seconds=900,
            max_reading_age_seconds=86_400,
            now=readings[-1].interval_end,
        )
        validate_readings(readings, meter=meter, known=[])
