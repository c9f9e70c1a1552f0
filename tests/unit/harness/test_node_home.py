"""Settings of a node, and a binary that cannot make any."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from plurichain.errors import BinaryError
from plurichain.harness.node_home import (
    InitFiles,
    compute_app_config,
    compute_config,
    compute_environment,
    get_init_files,
    write_home,
)
from plurichain.harness.plurid import make_plurid_topology

PORTS = {
    (node, purpose): 20_000 + 10 * number + place
    for number, node in enumerate(("node0", "node1"))
    for place, purpose in enumerate(("rpc", "grpc", "p2p", "api"))
}


def write_program(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_every_address_is_a_reserved_one() -> None:
    """No default port of CometBFT or the SDK is left in."""
    topology = make_plurid_topology(Path("/bin/plurid"), validators=2, api=True)

    config = compute_config(topology, {"rpc": {"unsafe": False}}, name="node1", ports=PORTS)
    app = compute_app_config(topology, {}, name="node1", ports=PORTS)

    assert config["rpc"] == {
        "unsafe": False,
        "laddr": "tcp://127.0.0.1:20010",
        "pprof_laddr": "",
    }
    assert config["p2p"]["persistent_peers"].endswith("@127.0.0.1:20002")
    assert config["consensus"]["timeout_commit"] == "100ms"
    assert config["tx_index"]["indexer"] == "kv"
    assert app["grpc"]["address"] == "127.0.0.1:20011"
    assert app["api"] == {"enable": True, "address": "tcp://127.0.0.1:20013"}
    assert app["minimum-gas-prices"] == "0upluri"
    assert app["pruning"] == "nothing"


def test_patches_have_the_last_word() -> None:
    """The caller's settings win over ours."""
    topology = make_plurid_topology(
        Path("/bin/plurid"),
        config_patch={"consensus": {"timeout_propose": "9s"}},
        app_patch={"pruning": "everything"},
    )

    config = compute_config(topology, {}, name="node0", ports=PORTS)
    app = compute_app_config(topology, {}, name="node0", ports=PORTS)

    assert config["consensus"]["timeout_propose"] == "9s"
    assert app["pruning"] == "everything"


def test_keys_are_private(tmp_path: Path) -> None:
    """Key files are readable by their owner only."""
    write_home(
        tmp_path / "node0",
        make_plurid_topology(Path("/bin/plurid")),
        name="node0",
        init=InitFiles({}, {}, {}, {}),
        genesis=b"{}",
        ports=PORTS,
    )

    for name in ("priv_validator_key.json", "node_key.json"):
        mode = (tmp_path / "node0" / "config" / name).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600


def test_environment_carries_nothing_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret in the caller's environment does not reach a node."""
    monkeypatch.setenv("SECRET_TOKEN", "x")

    environment = compute_environment(Path("/home/of/node"))

    assert set(environment) <= {"PATH", "TMPDIR", "LANG", "TZ", "HOME"}
    assert environment["HOME"] == "/home/of/node"


def test_missing_binary_is_named(tmp_path: Path) -> None:
    """A binary that is not there, or is no program, is refused by its path."""
    with pytest.raises(BinaryError, match="no chain binary at"):
        get_init_files(tmp_path / "nothing")
    if os.getuid() != 0:
        (tmp_path / "text").write_text("x")
        with pytest.raises(BinaryError, match="not executable"):
            get_init_files(tmp_path / "text")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("echo 'log line' >&2; echo 'panic: no such codec' >&2; exit 2", "panic: no such codec"),
        ("echo 'Error: unknown command' >&2; exit 1", "Error: unknown command"),
        ("exit 3", "no output"),
    ],
)
def test_failing_init_says_its_first_reason(tmp_path: Path, text: str, named: str) -> None:
    """A panic is what is told, else the first line."""
    binary = write_program(tmp_path / "chaind", text)

    with pytest.raises(BinaryError) as caught:
        get_init_files(binary)

    assert named in caught.value.cause
