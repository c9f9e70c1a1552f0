"""Several chains under one name, as they are typed and as TOML."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

NAMES = ("localnet-a", "localnet-b")
Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give the user's home folder."""
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, plurid_binary: Path) -> Iterator[Run]:
    """Give a function that runs `plurichain …`; whatever is up at the end is ended."""
    environment = {
        **os.environ,
        "PLURICHAIN_HOME": str(home),
        "PLURICHAIN_PLURID": str(plurid_binary),
    }

    def plurichain(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "plurichain", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=180,
        )

    yield plurichain
    plurichain("localnet", "down", "--all")


def test_two_linked_chains_under_one_name(run: Run, home: Path) -> None:
    up = run("localnet", "up", "--chains", "2", "--link", "--output", "json")
    assert up.returncode == 0, up.stderr
    shown = json.loads(up.stdout)
    assert [chain["name"] for chain in shown["chains"]] == ["localnet-a", "localnet-b"]
    (link,) = shown["links"]
    assert link["a"]["network"] == "localnet-a"
    assert link["b"]["channel_id"] == "channel-0"

    status = json.loads(run("localnet", "status", "localnet", "--output", "json").stdout)
    assert [chain["running"] for chain in status["chains"]] == [True, True]
    assert status["links"] == shown["links"]
    env = run("localnet", "env").stdout
    assert "export PLURICHAIN_NETWORK=localnet-a\n" in env
    assert "export PLURICHAIN_NETWORKS=localnet-a,localnet-b\n" in env
    again = run("localnet", "up")
    assert again.returncode == 1
    assert "localnet localnet is there already, with several chains" in again.stderr
    config = (home / "config.toml").read_text()
    assert "[networks.localnet-a]" in config
    assert "[networks.localnet-b]" in config

    down = run("localnet", "down")
    assert down.returncode == 0, down.stderr
    assert not list((home / "localnets").glob("*.json"))
    assert not [path for path in (home / "localnets").iterdir() if path.is_dir()]
    assert "networks" not in (home / "config.toml").read_text().replace("[networks]", "")


def test_chains_are_linked_later_and_their_lost_clients_are_named(run: Run) -> None:
    """Nobody needs a key for it; and a refresh that comes too late does not end as if in time."""
    up = run("localnet", "up", "--chains", "2")
    assert up.returncode == 0, up.stderr
    link = run("ibc", "link", "localnet-a", "localnet-b", "--trusting-period", "8s")
    assert link.returncode == 0, link.stderr
    deadline = time.monotonic() + 60
    while "active" in "".join(run("ibc", "clients", "--network", each).stdout for each in NAMES):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    late = run("ibc", "refresh", "localnet-a", "localnet-b", "--output", "json")
    assert (late.returncode, late.stdout) == (6, "[]\n")
    assert "client 07-tendermint-0 on plurichain-localnet-a-1 expired" in late.stderr
    assert "localnet-b has no client of plurichain-localnet-a-1 that can be used" in late.stderr
    assert "help: `plurichain ibc link localnet-a localnet-b` opens another" in late.stderr

    assert run("ibc", "link", "localnet-a", "localnet-b").returncode == 0
    again = run("ibc", "refresh", "localnet-a", "localnet-b")
    assert (again.returncode, again.stderr) == (0, "")


def test_chains_and_links_of_a_file(run: Run, tmp_path: Path, plurid_binary: Path) -> None:
    """Each has its own coins and validators; one has a short unbonding period."""
    file = tmp_path / "grids.toml"
    file.write_text(
        f"""
        [[chain]]
        name = "town"
        chain_id = "town-3"
        binary = "{plurid_binary}"
        prefix = "pluri"
        bond_denom = "upluri"
        denoms = ["ueur"]
        [[chain]]
        name = "farm"
        chain_id = "farm-1"
        binary = "{plurid_binary}"
        prefix = "pluri"
        bond_denom = "ustake"
        validators = 2
        [chain.genesis_patch.app_state.staking.params]
        unbonding_time = "90s"
        [[link]]
        a = "town"
        b = "farm"
        trusting_period = "40s"
        """
    )

    up = run("localnet", "up", "grids", "--topology", str(file))

    assert up.returncode == 0, up.stderr
    assert "link  grids-town transfer/channel-0 – grids-farm transfer/channel-0" in up.stdout
    status = json.loads(run("localnet", "status", "grids", "--output", "json").stdout)
    assert [len(chain["nodes"]) for chain in status["chains"]] == [1, 2]
    assert status["links"][0]["a"]["chain_id"] == "town-3"
    refused = run("localnet", "up", "more", "--topology", str(file), "--chains", "2")
    assert refused.returncode == 2
    assert run("localnet", "down", "grids").returncode == 0
