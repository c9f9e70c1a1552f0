"""A relayer killed at random points: the end is that of an undisturbed run."""

from __future__ import annotations

import contextlib
import functools
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from plurichain.config import save_network
from plurichain.harness import LocalChains
from plurichain.identifiers import Address
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.link import Link
from tests.localnet.ibc.relaying import (
    assert_conserved,
    count_waiting,
    send,
    voucher_of,
    wait_settled,
    wait_until,
)

Pair = tuple[RelayChain, RelayChain]


@pytest.fixture
def home(linked_chains: LocalChains, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a home that knows both chains as networks "a" and "b"."""
    folder = tmp_path / "home"
    monkeypatch.setenv("PLURICHAIN_HOME", str(folder))
    for name, chain in linked_chains.items():
        save_network(chain.network(name))
    return folder


@contextlib.contextmanager
def relay_process(folder: Path, link: Link) -> Iterator[subprocess.Popen[bytes]]:
    """Run `plurichain ibc relay` as users do; its output goes to files in ``folder``."""
    command = [sys.executable, "-m", "plurichain", "ibc", "relay", "a", "b"]
    command += ["--allow", f"{link.a.port}/{link.a.channel_id}", "--output", "ndjson", "-v"]
    with (folder / "relay.out").open("ab") as out, (folder / "relay.err").open("ab") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, env=os.environ)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def has_begun(folder: Path, since: int, process: subprocess.Popen[bytes]) -> bool:
    """Whether the process said so in what it wrote after ``since`` bytes."""
    assert process.poll() is None, (folder / "relay.err").read_text()[-2_000:]
    return b"packets_carried" in (folder / "relay.out").read_bytes()[since:]


def is_down_to(chain: RelayChain, link: Link, left: int) -> bool:
    """Whether at most ``left`` packets wait."""
    return count_waiting(chain, link.a.channel_id) <= left


def run_disturbed(
    pair: Pair, link: Link, folder: Path, *, number: int, kills: int, rng: random.Random
) -> None:
    """Send ``number`` transfers both ways in bursts while relayers are killed and begun again."""
    a, b = pair
    receiver = str(Address(f"crash{rng.random()}".encode()[:20].ljust(20, b"."), "pluri"))
    sent = {a.chain_id: 0, b.chain_id: 0}
    ends = ((a, link.a), (b, link.b))
    burst = max(number // (kills + 1) // 2, 1)
    for _ in range(kills):
        size = (folder / "relay.out").stat().st_size if (folder / "relay.out").exists() else 0
        with relay_process(folder, link) as process:
            for chain, end in ends:
                amounts = [rng.randint(1, 1_000) for _ in range(burst)]
                send(chain, end.channel_id, receiver, amounts)
                sent[chain.chain_id] += sum(amounts)
            wait_until(functools.partial(has_begun, folder, size, process), "it carries packets")
            # Somewhere in the middle of what it does just now.
            left = rng.randint(0, burst)
            wait_until(functools.partial(is_down_to, a, link, left), "some are done")
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
    for chain, end in ends:
        amounts = [1] * burst
        send(chain, end.channel_id, receiver, amounts)
        sent[chain.chain_id] += burst
    with relay_process(folder, link) as process:
        wait_settled((a, link.a.channel_id), (b, link.b.channel_id), timeout_s=240)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0, (folder / "relay.err").read_text()[-2_000:]
    address = Address.parse(receiver)
    assert b.client.get_balances(address)[voucher_of(link.b.channel_id)] == sent[a.chain_id]
    assert a.client.get_balances(address)[voucher_of(link.a.channel_id)] == sent[b.chain_id]
    assert_conserved(a, b, link)


def test_killed_three_times_among_transfers_both_ways(
    linked_chains: LocalChains, relay_pair: Pair, home: Path
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    run_disturbed(
        relay_pair, linked_chains.links[0], home, number=60, kills=3, rng=random.Random(seed)
    )


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_killed_twelve_times_among_five_hundred_transfers(
    linked_chains: LocalChains, relay_pair: Pair, home: Path, seed: int
) -> None:
    run_disturbed(
        relay_pair, linked_chains.links[0], home, number=500, kills=12, rng=random.Random(seed)
    )


def test_a_stopped_relayer_ends_in_order_and_shows_its_counts(
    linked_chains: LocalChains, relay_pair: Pair, home: Path
) -> None:
    with relay_process(home, linked_chains.links[0]) as process:
        wait_until(
            lambda: b"channel_carried" in (home / "relay.out").read_bytes(), "it carries channels"
        )
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    last = (home / "relay.out").read_text().strip().splitlines()[-1]
    assert '"received": 0' in last
