"""Faults of a running chain: nodes killed, paused, resumed, restarted; owners killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from plurichain.errors import HarnessError, NodeTimeout, NodeUnreachable
from plurichain.harness import LocalChain, make_plurid_topology
from plurichain.harness.processes import is_running
from plurichain.harness.registry import list_folders, read_state


def wait_until(check: Callable[[], bool], what: str, timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline, f"waited {timeout_s} s for {what}"
        time.sleep(0.02)


def test_killed_node_comes_back_where_it_was(plurid_binary: Path, chain_folder: Path) -> None:
    """After kill and restart the chain goes on, on the same ports and data."""
    with LocalChain.start(make_plurid_topology(plurid_binary), chain_folder) as chain:
        [node] = chain.nodes
        first_pid, height = node.pid, chain.wait_for_height(5)

        node.kill()

        assert node.pid is None
        assert node.exit_code == -signal.SIGKILL
        with pytest.raises(NodeUnreachable):
            node.get_height()
        node.restart()
        chain.wait_ready()
        assert chain.wait_for_height(height + 2) > height
        assert node.pid not in {None, first_pid}


def test_paused_node_answers_again_after_it_is_resumed(
    plurid_binary: Path, chain_folder: Path
) -> None:
    """A paused node takes connections and never answers; its calls end at their deadline."""
    with LocalChain.start(make_plurid_topology(plurid_binary), chain_folder) as chain:
        [node] = chain.nodes
        node.pause()

        with pytest.raises(NodeTimeout):
            node.get_status(timeout_s=0.5)
        with pytest.raises(HarnessError, match="was not reached in 1 s"):
            chain.wait_for_height(10_000, timeout_s=1)

        node.resume()
        height = node.get_height()
        chain.wait_for_height(height + 2)


def test_chain_goes_on_without_one_of_four(plurid_binary: Path, chain_folder: Path) -> None:
    """Three of four validators are more than two thirds; the fourth catches up."""
    topology = make_plurid_topology(plurid_binary, validators=4)
    with LocalChain.start(topology, chain_folder, timeout_s=120) as chain:
        chain.nodes[3].kill()
        height = chain.nodes[0].get_height()

        chain.wait_for_height(height + 5, timeout_s=60)

        chain.nodes[3].restart()
        wait_until(
            lambda: _get_height(chain, 3) >= height + 5, "the fourth to catch up", timeout_s=60
        )


def _get_height(chain: LocalChain, index: int) -> int:
    try:
        return chain.nodes[index].get_height()
    except NodeUnreachable:
        return 0


def test_panic_of_a_running_node_ends_every_wait(plurid_binary: Path, chain_folder: Path) -> None:
    """Somebody who waits for a block learns of the panic, not of a time-out."""
    with LocalChain.start(make_plurid_topology(plurid_binary), chain_folder) as chain:
        [node] = chain.nodes
        assert node.pid is not None
        # The Go runtime answers SIGQUIT as it does a fatal error: with a trace and status 2.
        os.kill(node.pid, signal.SIGQUIT)

        with pytest.raises(HarnessError) as caught:
            chain.wait_for_height(10_000, timeout_s=30)

        assert "node0" in caught.value.cause
        assert str(node.log) in caught.value.remedy


OWNER = """\
import sys, time
from pathlib import Path
from plurichain.harness import LocalChain, make_plurid_topology
topology = make_plurid_topology(Path(sys.argv[1]), validators=2)
chain = LocalChain.start(topology, Path(sys.argv[2]))
print("ready", flush=True)
time.sleep(600)
"""


def test_kill_9_of_the_owner_leaves_nothing(plurid_binary: Path, chain_folder: Path) -> None:
    """No process, no folder, no entry, no port: as if there had been no chain."""
    command = [sys.executable, "-c", OWNER, str(plurid_binary), str(chain_folder)]
    with subprocess.Popen(command, stdout=-1, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "ready\n"
        state = read_state(chain_folder)
        assert state is not None
        processes = [state["supervisor"], *state["nodes"].values()]
        assert all(is_running(each["pid"], each["mark"]) for each in processes)
        endpoints = json.loads((chain_folder / "endpoints.json").read_text())["nodes"]

        os.kill(owner.pid, signal.SIGKILL)

        wait_until(
            lambda: not any(is_running(each["pid"], each["mark"]) for each in processes),
            "the end of all processes",
        )
    wait_until(lambda: not chain_folder.exists(), "the end of the folder")
    wait_until(lambda: chain_folder not in list_folders().values(), "the end of the entry")
    for node in endpoints:
        host, _, port = node["grpc"].partition(":")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)), timeout=2)


def test_failed_block_keeps_the_folder(plurid_binary: Path, chain_folder: Path) -> None:
    """What a failed test leaves can be looked at and run again."""
    with (
        pytest.raises(ZeroDivisionError),
        LocalChain.start(make_plurid_topology(plurid_binary), chain_folder) as chain,
    ):
        raise ZeroDivisionError

    assert not chain.is_running()
    assert (chain_folder / "node0" / "node.log").exists()
    assert f"start --home {chain_folder / 'node0'}" in chain.describe_folder()


def test_interrupted_start_leaves_nothing(plurid_binary: Path, chain_folder: Path) -> None:
    """Ctrl-C while the chain comes up removes what there was of it."""

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        LocalChain.start(make_plurid_topology(plurid_binary), chain_folder, interrupt)

    assert not chain_folder.exists()
    assert chain_folder not in list_folders().values()
