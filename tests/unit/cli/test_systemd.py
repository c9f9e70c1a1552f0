from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from plurichain.cli.systemd import format_unit
from plurichain.config import Endpoint, Network, save_network
from tests.unit.cli.conftest import Run


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from fractions import Fraction

    home = tmp_path / "my home"
    monkeypatch.setenv("PLURICHAIN_HOME", str(home))
    for name, keyring in (("local", "test"), ("town", "file")):
        network = Network(
            name=name,
            chain_id=f"{name}-1",
            prefix="pluri",
            endpoints=(Endpoint("127.0.0.1:1", "http://127.0.0.1:1"),),
            fee_denom="upluri",
            gas_price=Fraction(0),
            keyring=keyring,
            is_localnet=keyring == "test",
        )
        save_network(network)
    return home


def test_the_unit_runs_the_command_from_anywhere(
    run: Callable[..., Run], home: Path, tmp_path: Path
) -> None:
    command = ("bid", "auto", "--auction-id", "7", "--bid", "50%.csv", "--network", "local")
    unit = run(*command, "--key", "pv", "--systemd")
    assert unit.status == 0, unit.err

    assert f"--bid {Path.cwd()}/50%%.csv --network local" in unit.out
    assert "--auction-id 7 --until result" in unit.out
    assert f'Environment="PLURICHAIN_HOME={home}"' in unit.out
    assert "Restart=on-failure" in unit.out
    analyze = shutil.which("systemd-analyze")
    if analyze:
        path = tmp_path / "plurichain-7.service"
        path.write_text(unit.out)
        checked = subprocess.run([analyze, "verify", str(path)], capture_output=True, text=True)
        assert "plurichain-7.service:" not in checked.stderr, checked.stderr


def test_what_cannot_run_unattended_is_refused(run: Callable[..., Run], home: Path) -> None:
    command = ("bid", "auto", "--auction-id", "7", "--systemd", "--network")
    asked = run(*command, "town", "--bid", "bid.csv")
    assert asked.status == 2
    assert "--passphrase-file" in asked.err
    piped = run(*command, "local", "--bid", "-")
    assert piped.status == 2
    given = run(*command, "town", "--bid", "bid.csv", "--passphrase-file", "secret")
    assert f"--passphrase-file {Path.cwd()}/secret" in given.out


def test_words_are_quoted_as_systemd_reads_them() -> None:
    unit = format_unit(1, ["--bid", 'a "b" $c %d\\e'], Path("/home"))
    assert '"a \\"b\\" $$c %%d\\\\e"' in unit
