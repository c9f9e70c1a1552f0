"""`plurichain ibc link` killed at random moments: whoever runs it next goes on from there."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from plurichain.config import save_network
from plurichain.harness import LocalChains
from plurichain.ibc.handshake import EndState
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.channels import finish_channel
from plurichain.relayer.link import LinkPlan, link_chains

ROUNDS = 12


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_random_moments(
    relay_pair: tuple[RelayChain, RelayChain],
    linked_chains: LocalChains,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    """After each kill what it began can be finished, and nothing is open on one side only."""
    a, b = relay_pair
    monkeypatch.setenv("PLURICHAIN_HOME", str(tmp_path))
    for name in ("a", "b"):
        save_network(linked_chains[name].network(name))
    rng = random.Random(seed)
    begun = 0
    for _ in range(ROUNDS):
        before = {name for name, _ in a.queries.list_connections()}
        with subprocess.Popen(
            [sys.executable, "-m", "plurichain", "ibc", "link", "a", "b", "--new"],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PLURICHAIN_HOME": str(tmp_path)},
        ) as process:
            assert process.stderr is not None
            # A step is reported when its block was seen: the kill is at any point of the next one.
            wanted = rng.randint(1, 7)
            seen = 0
            for line in process.stderr:
                seen += " open " in line or line.startswith("client ")
                if seen == wanted:
                    break
            delay = rng.random() * 0.5
            try:
                process.wait(delay)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            process.wait(30)
        made = {name for name, _ in a.queries.list_connections()} - before
        for name in made:
            link = link_chains(a, b, LinkPlan(connection_a=name))
            assert a.queries.get_connection(link.a.connection_id).is_open
            assert b.queries.get_connection(link.b.connection_id).is_open
            begun += link.transactions
    assert begun, "no run was killed in the middle of its work"
    for place in a.queries.list_channels():
        if place.port == "transfer" and place.end.state is EndState.INIT:
            finish_channel(a, b, place.port, place.channel)
    for one, other in ((a, b), (b, a)):
        for place in one.queries.list_channels():
            if place.port == "transfer" and place.end.is_open:
                there = other.queries.get_channel("transfer", place.end.counterparty_channel)
                assert there.counterparty_channel == place.channel
