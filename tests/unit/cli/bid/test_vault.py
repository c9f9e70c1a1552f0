"""Openings brought in, looked at without a chain, and forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run

SAMPLE = "tests/data/stored/vault-export-v1.jsonl"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("PLURICHAIN_HOME", str(home))
    return home


def test_import_doctor_export_forget(
    run: Callable[..., Run], project_root: Path, tmp_path: Path
) -> None:
    sample = str(project_root / SAMPLE)
    assert json.loads(run("bid", "import", sample, "--output", "json").out)["added"] == 2
    again = run("bid", "import", sample, "--output", "json")
    assert json.loads(again.out) == {"added": 0, "already_there": 2, "damaged": 0}

    doctor = run("bid", "doctor", "--output", "json")
    assert doctor.status == 6
    [row] = json.loads(doctor.out)
    assert (row["attempt"], row["standing"], row["needs_action"]) == (2, "unknown", True)
    assert "1 of 1 sealed bids need action" in doctor.err
    status = run("bid", "status", "--output", "json")
    assert (status.status, json.loads(status.out)) == (0, [row])

    export = tmp_path / "export.jsonl"
    assert run("bid", "export", str(export)).status == 0
    assert export.read_text() == (project_root / SAMPLE).read_text()
    assert export.stat().st_mode & 0o777 == 0o600
    assert run("bid", "export", str(export)).status == 1

    asked = run("bid", "forget", "plurigrid-1")
    assert asked.status == 2
    assert "2 openings" in run("bid", "forget", "plurigrid-1", "--yes").err
    assert (run("bid", "doctor").status, run("bid", "doctor").out) == (0, "no sealed bid\n")


def test_a_damaged_line_is_told_and_the_rest_is_taken(
    run: Callable[..., Run], project_root: Path
) -> None:
    text = (project_root / SAMPLE).read_text().replace('"attempt": 1', '"attempt": 7')
    damaged = run("bid", "import", "-", "--output", "json", stdin=text)
    assert damaged.status == 6
    assert json.loads(damaged.out) == {"added": 1, "already_there": 0, "damaged": 1}
    assert "damaged lines were passed over: 2" in damaged.err


def test_what_a_network_still_names_is_not_forgotten(run: Callable[..., Run]) -> None:
    from fractions import Fraction

    from plurichain.config import Endpoint, Network, save_network

    network = Network(
        name="town",
        chain_id="plurigrid-1",
        prefix="pluri",
        endpoints=(Endpoint("127.0.0.1:1", "http://127.0.0.1:1"),),
        fee_denom="upluri",
        gas_price=Fraction(0),
    )
    save_network(network)
    refused = run("bid", "forget", "plurigrid-1", "--yes")
    assert refused.status == 1
    assert "plurichain network remove town" in refused.err
