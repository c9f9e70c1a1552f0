"""`plurichain localnet`, as it is typed."""

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

from plurichain.harness.registry import read_state

Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give the user's home folder."""
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, plurid_binary: Path) -> Iterator[Run]:
    """Give a function that runs `plurichain localnet …`; whatever is up at the end is ended."""
    environment = {
        **os.environ,
        "PLURICHAIN_HOME": str(home),
        "PLURICHAIN_PLURID": str(plurid_binary),
    }

    def localnet(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "plurichain", "localnet", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    yield localnet
    localnet("down", "--all")


def test_two_localnets_side_by_side(run: Run, home: Path) -> None:
    """Each has its own chain, and goes when it is told to, with all that it left."""
    first = run("up", "--block-time", "50ms")
    second = run("up", "other", "--seed", "7", "--output", "json")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    shown = json.loads(second.stdout)
    assert shown["chain_id"] == "plurichain-other-1"

    status = [json.loads(line) for line in run("status", "--output", "ndjson").stdout.splitlines()]
    assert [(net["name"], net["running"]) for net in status] == [
        ("localnet", True),
        ("other", True),
    ]
    assert all(net["nodes"][0]["height"] >= 2 for net in status)
    config = (home / "config.toml").read_text()
    assert "[networks.localnet]" in config
    assert "[networks.other]" in config

    states = [read_state(home / "localnets" / name) for name in ("localnet", "other")]
    down = run("down", "other")
    assert down.returncode == 0, down.stderr
    assert [path.name for path in (home / "localnets").iterdir() if path.is_dir()] == ["localnet"]
    assert "[networks.other]" not in (home / "config.toml").read_text()
    assert run("down").returncode == 0
    for state in states:
        assert state is not None
        for process in [state["supervisor"], *state["nodes"].values()]:
            listed = subprocess.run(["ps", "-o", "stat=", "-p", str(process["pid"])], stdout=-1)
            # An init that does not collect them leaves zombies, which hold nothing.
            assert listed.stdout.strip()[:1] in {b"", b"Z"}


def test_up_twice_is_refused_and_changes_nothing(run: Run) -> None:
    """The running chain is not touched."""
    assert run("up").returncode == 0
    before = json.loads(run("status", "localnet", "--output", "json").stdout)

    again = run("up")

    assert again.returncode == 1
    assert again.stderr.splitlines()[-2:] == [
        "error: localnet localnet is up already",
        "help: end it with: plurichain localnet down localnet",
    ]
    after = json.loads(run("status", "localnet", "--output", "json").stdout)
    assert after["nodes"][0]["pid"] == before["nodes"][0]["pid"]


def test_env_and_logs_lead_to_the_chain(run: Run, home: Path) -> None:
    """The exports can be evaluated by a shell; the log's lines are the node's."""
    assert run("up").returncode == 0

    exports = run("env").stdout
    script = f'{exports}\ncat "$PLURICHAIN_ENDPOINTS"; test "$PLURICHAIN_HOME" = "{home}"'
    read = subprocess.run(["sh", "-c", script], capture_output=True, text=True)
    logs = run("logs", "-n", "3").stdout.splitlines()

    assert read.returncode == 0, read.stderr
    assert json.loads(read.stdout)["chain_id"] == "plurichain-localnet-1"
    assert len(logs) == 3
    assert run("logs", "--node", "node9").returncode == 2


def test_logs_follow_until_the_localnet_is_gone(run: Run, home: Path, plurid_binary: Path) -> None:
    """`-f` goes on printing while blocks are made, and ends with the chain."""
    assert run("up").returncode == 0
    command = [sys.executable, "-m", "plurichain", "localnet", "logs", "-f", "-n", "0"]
    environment = {**os.environ, "PLURICHAIN_HOME": str(home)}
    with subprocess.Popen(command, env=environment, stdout=-1, stderr=-1, text=True) as follower:
        assert follower.stdout is not None
        assert follower.stdout.readline()
        assert run("down").returncode == 0
        assert follower.wait(timeout=20) == 0


def test_crashed_localnet_is_cleaned_up_by_down(run: Run, home: Path) -> None:
    """After a crash of everything: `status` says so, `up` refuses, `down` cleans up."""
    assert run("up").returncode == 0
    state = read_state(home / "localnets" / "localnet")
    assert state is not None
    os.kill(state["supervisor"]["pid"], 9)
    deadline = time.monotonic() + 10
    while (status := json.loads(run("status", "localnet", "--output", "json").stdout))["running"]:
        assert time.monotonic() < deadline, "waited 10 s for the end of the supervisor"

    assert status["nodes"][0]["state"] == "ended"
    refused = run("up")
    assert refused.returncode == 1
    assert "has ended but its folder" in refused.stderr
    assert run("down").returncode == 0
    assert run("up").returncode == 0


def test_failed_start_shows_the_gate_and_the_log(
    run: Run, home: Path, tmp_path: Path, plurid_binary: Path
) -> None:
    """One line of cause, one of what to do, after what the node wrote last; `down` cleans up."""
    topology = tmp_path / "net.toml"
    topology.write_text(
        f'chain_id = "a-1"\nbinary = "{plurid_binary}"\nprefix = "pluri"\n'
        'bond_denom = "upluri"\nstart_arguments = ["--no-such-flag"]\n'
    )

    failed = run("up", "--topology", str(topology))

    *before, cause, remedy = failed.stderr.splitlines()
    assert failed.returncode == 1
    assert cause.startswith("error: gate ")
    assert "of node0 did not open: node0 ended with status 1" in cause
    assert remedy.startswith(f"help: kept: {home / 'localnets' / 'localnet'}; run it again with: ")
    assert any("unknown flag: --no-such-flag" in line for line in before)
    assert run("down").returncode == 0
    assert not (home / "localnets" / "localnet").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "named"),
    [
        (("down", "nobody"), 1, "there is no localnet nobody"),
        (("logs", "nobody"), 1, "there is no localnet nobody"),
        (("status", "nobody"), 1, "there is no localnet nobody"),
        (("env", "nobody"), 1, "there is no localnet nobody"),
        (("up", "No Name"), 1, "No Name"),
        (("up", "--block-time", "fast"), 1, "fast"),
        (("up", "--block-time", "1us"), 2, "1us"),
        (("up", "--validators", "5"), 2, "5"),
        (("down", "--folder", "/"), 1, "no chain in /"),
    ],
)
def test_bad_input_is_one_clear_line(
    run: Run, home: Path, arguments: tuple[str, ...], status: int, named: str
) -> None:
    """Nothing starts, nothing is written, and the value is named."""
    result = run(*arguments)

    assert result.returncode == status, result.stderr
    [line] = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert named in line
    assert not (home / "localnets").exists() or not any((home / "localnets").glob("[!.]*"))
