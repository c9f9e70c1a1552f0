"""Networks, and commands that lack one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run

ENDPOINTS = {
    "version": 1,
    "chain_id": "plurichain-local-1",
    "bech32_prefix": "pluri",
    "fee_denom": "upluri",
    "gas_price": "0.025",
    "localnet": True,
    "nodes": [{"name": "node0", "grpc": "127.0.0.1:1", "rpc": "http://127.0.0.1:1"}],
}


def write(tmp_path: Path, **changes: object) -> str:
    path = tmp_path / "endpoints.json"
    path.write_text(json.dumps(ENDPOINTS | changes), encoding="utf-8")
    return str(path)


def test_a_network_from_adding_to_removing(run: Callable[..., Run], tmp_path: Path) -> None:
    assert "plurichain localnet up" in run("network", "list").out
    assert run("network", "add", write(tmp_path), "--name", "one").status == 0
    assert run("network", "add", write(tmp_path), "--name", "two").status == 0
    rows = json.loads(run("network", "list", "--output", "json").out)
    assert [(row["name"], row["default"]) for row in rows] == [("one", True), ("two", False)]
    assert run("network", "use", "two").status == 0
    shown = json.loads(run("network", "show", "--output", "json").out)
    assert (shown["name"], shown["gas_price"]) == ("two", "0.025")
    assert run("network", "remove", "two").status == 0
    assert run("network", "use", "two").status == 1
    assert run("network", "add", write(tmp_path), "--name", "three", "--default").status == 0
    assert json.loads(run("network", "show", "--output", "json").out)["name"] == "three"


GRANTER = "pluri1uzm7z7vgaeypt9xquqwka9hlleypmul3f8wrwf"


def test_settings_are_changed_one_by_one_and_forgotten(
    run: Callable[..., Run], tmp_path: Path
) -> None:
    def show() -> dict[str, object]:
        return dict(json.loads(run("network", "show", "one", "--output", "json").out))

    run("network", "add", write(tmp_path), "--name", "one")
    assert "max_fee" not in show()
    given = ("--max-fee", "5000", "--fee-granter", GRANTER, "--gas-price", "0.5")
    assert run("network", "set", "one", *given).status == 0
    assert run("network", "set", "one", "--ca-file", "ca.pem").status == 0
    shown = show()
    assert (shown["max_fee"], shown["fee_granter"], shown["gas_price"]) == (5000, GRANTER, "0.5")
    assert shown["ca_file"] == str(Path("ca.pem").absolute())
    assert run("network", "set", "one", "--unset", "ca_file", "--unset", "max_fee").status == 0
    assert {"ca_file", "max_fee"} & set(show()) == set()
    assert show()["fee_granter"] == GRANTER


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((), 2, "nothing to set"),
        (("--unset", "chain_id"), 2, "'chain_id' is not one of"),
        (("--max-fee", "-1"), 2, "max-fee"),
        (("--fee-granter", "cosmos1"), 1, "fee_granter: 'cosmos1'"),
        (("--gas-price", "cheap"), 1, "gas_price: 'cheap'"),
        (("--client-key-file", "me.key"), 1, "go together"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    run: Callable[..., Run], tmp_path: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    run("network", "add", write(tmp_path), "--name", "one")
    before = run("network", "show", "one").out
    refused = run("network", "set", "one", *arguments)
    assert (refused.status, said in refused.err) == (status, True), refused.err
    assert run("network", "show", "one").out == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": 2}, "endpoints of version 2"),
        ({"nodes": []}, "at least one node"),
        ({"chain_id": 5}, "chain_id: 5 is not text"),
        ({"gas_price": "-1"}, "gas_price"),
    ],
)
def test_a_broken_file_is_named(
    run: Callable[..., Run], tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    shown = run("network", "add", write(tmp_path, **changes))

    assert shown.status == 1
    assert said in shown.err
    assert run("network", "list", "--output", "json").out == "[]\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("auction", "list"),
        ("auction", "show", "1"),
        ("auction", "watch", "1"),
        ("auction", "result", "1"),
        ("bid", "status", "--auction-id", "1"),
        ("bid", "reveal", "--auction-id", "1"),
        ("keys", "list"),
        ("keys", "add", "a"),
        ("network", "show"),
    ],
)
def test_a_command_that_lacks_a_network_says_what_makes_one(
    run: Callable[..., Run], arguments: tuple[str, ...]
) -> None:
    shown = run(*arguments)

    assert shown.status == 1
    assert shown.out == ""
    assert "plurichain localnet up" in shown.err
    assert "plurichain network add" in shown.err


def test_the_journal_needs_no_network(run: Callable[..., Run]) -> None:
    assert run("tx", "list").out == "no transactions\n"
    missing = run("tx", "wait", "AB" * 32)
    assert missing.status == 1
    assert "the journal has no transaction" in missing.err
