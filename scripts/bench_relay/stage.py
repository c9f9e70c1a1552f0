"""Two linked chains, who sends on them, and how figures are printed."""

from __future__ import annotations

import contextlib
import os
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plurichain.chain.ibc.packet_messages import transfer
from plurichain.config import save_network
from plurichain.harness import LocalChain, LocalChains, build_binary, make_plurid_topologies
from plurichain.harness.links import LinkTopology, add_relayer, open_local_relay_chain
from plurichain.keyring import Key
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.link import Link
from plurichain.units import Coin
from scripts import bench_parts

SENDER = "sender"
#: Who signs for another's relayer, so that no two relayers share an account.
WITNESS = "witness"
DENOM = "watthour"
AMOUNT = 10
BATCH = 100
HOUR_NS = 3_600_000_000_000


@dataclass(frozen=True, slots=True)
class Stage:
    """Chains "a" and "b" with one channel; ``a`` and ``b`` sign with the relayer's keys."""

    chains: LocalChains
    folder: Path
    a: RelayChain
    b: RelayChain
    sender_a: RelayChain
    sender_b: RelayChain

    @property
    def link(self) -> Link:
        """The channel."""
        return self.chains.links[0]

    @property
    def keys(self) -> dict[str, list[Key]]:
        """The relayer's keys by chain id."""
        return {chain.chain_id: [make_key(chain, "relayer")] for chain in self.chains.values()}

    def count_waiting(self) -> int:
        """Return how many packets that A sent are not settled."""
        end = self.link.a
        return len(self.a.queries.list_packet_commitments(end.port, end.channel_id))

    def read_cpu(self) -> dict[str, float]:
        """Return the CPU seconds so far of both nodes and of this process."""
        own = resource.getrusage(resource.RUSAGE_SELF)
        seconds = {"relayer": own.ru_utime + own.ru_stime}
        for name, chain in self.chains.items():
            seconds[f"node_{name}"] = _read_cpu(chain)
        return seconds


def make_key(chain: LocalChain, name: str) -> Key:
    """Return the key of a genesis account."""
    account = chain.get_account(name)
    return Key(account.name, account.private_key, prefix="pluri")


@contextlib.contextmanager
def open_stage(folder: Path, block_time_ms: int) -> Iterator[Stage]:
    """Start two linked chains; PLURICHAIN_HOME knows them as "a" and "b"."""
    os.environ["PLURICHAIN_HOME"] = str(folder / "home")
    coins = {SENDER: {"upluri": 10**12, DENOM: 10**12}, WITNESS: {"upluri": 10**12}}
    topologies = {
        name: add_relayer(topology)
        for name, topology in make_plurid_topologies(
            build_binary(), 2, block_time_ms=block_time_ms, accounts=coins
        ).items()
    }
    with LocalChains.start(topologies, folder, links=[LinkTopology("a", "b")]) as chains:
        for name, chain in chains.items():
            save_network(chain.network(name))
        with contextlib.ExitStack() as stack:
            a, b = (stack.enter_context(chains.open_relay_chain(name)) for name in chains)
            sender_a, sender_b = (
                stack.enter_context(
                    open_local_relay_chain(
                        chain.network(name),
                        chain.get_account(SENDER),
                        journal=folder / f"sender-{name}.db",
                    )
                )
                for name, chain in chains.items()
            )
            yield Stage(chains, folder, a, b, sender_a, sender_b)


def queue_transfers(
    sender: RelayChain, channel: str, receiver: str, number: int, *, expires_ns: int = HOUR_NS
) -> None:
    """Send ``number`` transfers in transactions of a hundred, and wait for their blocks."""
    timeout_ns = sender.client.get_latest_header().time_ns + expires_ns
    message = transfer(
        sender.address,
        receiver,
        Coin(DENOM, AMOUNT),
        channel=channel,
        timeout_timestamp_ns=timeout_ns,
    )
    hashes = []
    for start in range(0, number, BATCH):
        size = min(BATCH, number - start)
        hashes.append(
            sender.sender.submit([message] * size, purpose="bench", gas=100_000 * size + 200_000)
        )
    for tx_hash in hashes:
        sender.sender.wait(tx_hash).raise_for_status()


def show(part: str, **figures: Any) -> None:
    """Print one figure."""
    bench_parts.show(f"relay.{part}", **figures)


def _read_cpu(chain: LocalChain) -> float:
    """Return user and system seconds of a chain's nodes (Linux; elsewhere 0)."""
    ticks = 0
    with contextlib.suppress(OSError):
        for path in Path("/proc").glob("[0-9]*"):
            command = (path / "cmdline").read_bytes()
            if b"\0start\0" in command and str(chain.folder).encode() in command:
                fields = (path / "stat").read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def wait_settled(stage: Stage, *, timeout_s: float = 600.0) -> None:
    """Wait until nothing that A sent waits any more."""
    deadline = time.monotonic() + timeout_s
    while stage.count_waiting():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{stage.count_waiting()} packets still wait after {timeout_s} s")
        time.sleep(0.05)
