"""`plurichain energy`: what is wrong by itself is refused by name before any node is asked."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from plurichain.config import Endpoint, Network, save_network
from tests.unit.cli.conftest import Run

DENOM = "wh.20260621T1200." + "0f" * 32


@pytest.fixture(autouse=True)
def network() -> None:
    """Configure a localnet at a port where nothing listens."""
    node = Endpoint("127.0.0.1:1", "http://127.0.0.1:1")
    save_network(
        Network(
            name="local",
            chain_id="local-1",
            prefix="pluri",
            endpoints=(node,),
            fee_denom="upluri",
            gas_price=Fraction(0),
            keyring="test",
            is_localnet=True,
        )
    )


REFUSED: list[tuple[tuple[str, ...], int, str]] = [
    (("retire", f"0{DENOM}", "--for", "a"), 1, "AMOUNT+DENOM: '0' is not a whole number"),
    (("retire", DENOM, "--for", "a"), 1, "AMOUNT+DENOM"),
    (("retire", f"1{DENOM},1ueur", "--for", "a"), 1, "2 coins are named, not one"),
    (("retire", f"1{DENOM}"), 2, "Missing option '--for'"),
    (("retire", f"1{DENOM}", "--for", "a", "--purpose", "storage"), 2, "'storage' is not one of"),
    (("retire", f"1{DENOM}", "--for", "a", "--attributes", "none.json"), 1, "none.json: No such"),
    (("credit", "show", "1"), 1, "DENOM: '1' is not a denom"),
    (("credit", "issue", "mill", "--interval", "noon"), 1, "--interval: 'noon' is not a time"),
    (("credit", "record", "none.json"), 1, "none.json: No such file"),
    (("device", "register", "none.toml"), 1, "none.toml: No such file"),
    (("device", "approve"), 2, "Missing argument 'DEVICE...'"),
    (("storage", "charge", "battery", "all"), 1, "COINS: 'all' is not an amount and a denom"),
    (("reading", "submit", "mill", "none.csv"), 1, "none.csv: No such file"),
    (("device", "list"), 1, "127.0.0.1:1"),
]


@pytest.mark.parametrize(("command", "status", "said"), REFUSED, ids=lambda part: str(part)[:50])
def test_refused_with_one_line_of_cause(
    run: Callable[..., Run], command: tuple[str, ...], status: int, said: str
) -> None:
    ended = run("energy", *command)

    assert ended.status == status, ended.err
    lines = ended.err.strip().splitlines()
    assert [line.partition(":")[0] for line in lines] == ["error", "help"]
    assert said in lines[0]
    assert ended.out == ""


def test_a_device_that_is_not_in_the_file_is_named(run: Callable[..., Run], tmp_path: Path) -> None:
    file = tmp_path / "devices.toml"
    file.write_text(
        '[[device]]\nid = "mill"\ntechnology = "wind"\ncapacity_w = 1\nzone = "z"\n'
        'latitude = 1\nlongitude = 1\nissuing_body = "b"\n',
        encoding="utf-8",
    )
    ended = run("energy", "device", "register", str(file), "--device", "roof")

    assert ended.status == 2
    assert "has no device 'roof'" in ended.err
    assert "it has mill" in ended.err


@pytest.mark.parametrize("group", ["credit", "device", "issuer", "path", "reading", "storage"])
def test_every_group_shows_an_example(run: Callable[..., Run], group: str) -> None:
    ended = run("energy", group, "--help")

    assert ended.status == 0
    assert f"Example:\n  plurichain energy {group} " in ended.out
