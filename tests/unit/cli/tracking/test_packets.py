"""`plurichain ibc replay` and `packets`, on recorded chains."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from plurichain.tracker.store import PacketStore
from tests.unit.cli.conftest import Run
from tests.unit.tracker.grids import HERE, A, block, event, packet, signed
from tests.unit.tracker.recordings import DATA, FILES

CONFIG = """\
version = 3
default_network = "town"

[networks.town]
chain_id = "town-1"
bech32_prefix = "pluri"
fee_denom = "upluri"
gas_price = "0"
keyring = "file"
localnet = false
endpoints = [{ grpc = "127.0.0.1:1", rpc = "http://127.0.0.1:1" }]
"""
RunCommand = Callable[..., Run]
KNOWN = (DATA / "ibc" / "packets-dump.ndjson").read_text(encoding="utf-8")


@pytest.fixture
def database(run: RunCommand, tmp_path: Path) -> str:
    path = str(tmp_path / "packets.db")
    assert run("ibc", "replay", *map(str, FILES), "--database", path).out == KNOWN
    return path


def test_a_replay_keeps_nothing_unless_asked(run: RunCommand, tmp_path: Path) -> None:
    assert run("ibc", "replay", *map(str, FILES)) == Run(0, KNOWN, "")
    assert list(tmp_path.iterdir()) == []


def test_packets_by_class(run: RunCommand, database: str) -> None:
    shown = run("ibc", "packets", "--database", database, "--class", "failed-refunded",
                "--output", "ndjson")  # fmt: skip
    row = json.loads(shown.out)
    assert (row["channel"], row["sequence"], row["to"]) == (
        "transfer/channel-0", "2", "recorded-b-1",
    )  # fmt: skip
    assert (row["amount"], row["denom"], row["age_s"]) == ("20", "upluri", None)
    assert row["refund"] == "paid"
    assert row["source_coverage"] == "gaps"
    assert "blocks 47 to 88 are unrecorded" in shown.err


def test_nothing_known_is_not_nothing(run: RunCommand, database: str, tmp_path: Path) -> None:
    rows = json.loads(
        run("ibc", "packets", "--by-channel", "--database", database, "--output", "json").out
    )
    # Of the ordered channel all was read; of the other one, blocks in between are missing.
    assert {row["channel"].split("/")[-1]: (row["open"], row["is_exact"]) for row in rows} == {
        "channel-0": (None, False),
        "channel-1": (0, True),
    }
    PacketStore.open(tmp_path / "empty.db").close()
    empty = run("ibc", "packets", "--database", str(tmp_path / "empty.db"))
    assert empty.out == "no such packets\n"
    assert "nothing was tracked yet" in empty.err


def test_open_packets_have_ages(run: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "packets.db"
    with PacketStore.open(path) as store:
        store.take_in(block(A, 1, signed(event("send_packet", packet()))))
        for height in (2, 3, 4):
            store.take_in(block(A, height))
    with PacketStore.open(path) as store:
        assert store.list_unrouted(A) == [HERE]
    shown = run("ibc", "packets", "--open", "--database", str(path))
    assert shown.out.splitlines()[1].split() == [
        A, "transfer/channel-0", "1", "-", "unknown", "3.000", "-", "5", "upluri",
    ]  # fmt: skip


def test_the_dump_of_a_database(run: RunCommand, database: str) -> None:
    assert run("ibc", "packets", "--dump", "--database", database).out == KNOWN
    assert run("ibc", "packets", "--dump", "--open", "--database", database).status == 2


def test_files_that_hold_no_blocks(run: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("{}")
    told = run("ibc", "replay", str(path))
    assert told.status == 1
    assert "does not hold recorded blocks" in told.err


def test_tracking_goes_on_while_no_node_answers_and_ends_at_a_signal(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "plurichain", "ibc", "track", "town", "--timeout", "0.2"],
        env={**os.environ, "PLURICHAIN_HOME": str(tmp_path)}, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        said = process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0, said + process.stderr.read()
    assert said.startswith("town-1: ")
    assert "127.0.0.1:1" in said
    assert (tmp_path / "packets.db").exists()
