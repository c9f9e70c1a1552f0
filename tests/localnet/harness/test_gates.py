"""A chain that does not come up says which gate stayed shut, and what the node wrote last."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from plurichain.errors import GateFailed
from plurichain.harness import LocalChain, make_plurid_topology


def fail_to_start(binary: Path, folder: Path, timeout_s: float, **changes: Any) -> GateFailed:
    with pytest.raises(GateFailed) as caught:
        LocalChain.start(make_plurid_topology(binary, **changes), folder, timeout_s=timeout_s)
    # What went wrong can be looked at, and the error says how.
    assert (folder / "node0" / "node.log").exists()
    assert f"start --home {folder / 'node0'}" in caught.value.remedy
    assert "\n" not in caught.value.cause
    return caught.value


def test_gate_rpc(plurid_binary: Path, chain_folder: Path) -> None:
    """A node that waits for a genesis time to come opens no RPC."""
    error = fail_to_start(
        plurid_binary, chain_folder, 3, genesis_patch={"genesis_time": "2199-01-01T00:00:00Z"}
    )

    assert error.gate == "rpc"
    assert "gate rpc of node0 did not open" in error.cause
    assert any("Genesis time is in the future" in line for line in error.log_tail)


def test_gate_height(plurid_binary: Path, chain_folder: Path) -> None:
    """A chain that waits a minute before its first block is not ready."""
    error = fail_to_start(plurid_binary, chain_folder, 5, block_time_ms=60_000)

    assert error.gate == "height"
    assert "height is 0, not 2" in error.cause
    assert any("starting gRPC server" in line for line in error.log_tail)


def test_gate_grpc(plurid_binary: Path, chain_folder: Path) -> None:
    """A node without its gRPC server is of no use to us."""
    error = fail_to_start(plurid_binary, chain_folder, 5, app_patch={"grpc": {"enable": False}})

    assert error.gate == "grpc"
    assert "cannot reach" in error.cause


def test_panic_is_the_error_at_once(plurid_binary: Path, chain_folder: Path) -> None:
    """No waiting for a node that has panicked: its first line of panic is what is said."""
    supply = [{"denom": "ueur", "amount": "1"}]
    began = time.monotonic()

    error = fail_to_start(
        plurid_binary, chain_folder, 60, genesis_patch={"app_state": {"bank": {"supply": supply}}}
    )

    assert time.monotonic() - began < 30
    assert "panic: genesis supply is incorrect" in error.cause


def test_exit_is_the_error_at_once(plurid_binary: Path, chain_folder: Path) -> None:
    """A node that ends by itself says its status and last words."""
    began = time.monotonic()

    error = fail_to_start(plurid_binary, chain_folder, 60, start_arguments=("--no-such-flag",))

    assert time.monotonic() - began < 30
    assert "node0 ended with status 1" in error.cause
    assert "unknown flag: --no-such-flag" in error.cause
