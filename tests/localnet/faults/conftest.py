"""The session's chain seen through fault proxies, and keys that hold something on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

import pytest

from plurichain.chain import ChainClient, Journal, TxSender
from plurichain.chain.transactions.signing import compute_tx_hash
from plurichain.config import Network
from plurichain.harness import FaultyNetwork, LocalChain
from plurichain.keyring import Key
from tests.localnet.chain.conftest import journal, make_key

__all__ = ["journal", "make_key"]

GAS_PRICE = Fraction("0.025")


@pytest.fixture
def network(localnet_chain: LocalChain) -> Network:
    """Give the chain itself, for what is not to be disturbed."""
    return replace(localnet_chain.network(), gas_price=GAS_PRICE)


@pytest.fixture
def direct(network: Network) -> Iterator[ChainClient]:
    """Give a client that no proxy stands before."""
    with ChainClient(network) as opened:
        yield opened


@pytest.fixture
def proxied(faulty_network: FaultyNetwork) -> Network:
    """Give the chain behind its proxies."""
    return replace(faulty_network.network, gas_price=GAS_PRICE)


@pytest.fixture
def both(proxied: Network, network: Network) -> Network:
    """Give two nodes: the first through proxies, the second as it is."""
    return replace(proxied, endpoints=(*proxied.endpoints, *network.endpoints))


@pytest.fixture
def key(make_key: Callable[[str], Key]) -> Key:
    return make_key("1000000000upluri,1000000ueur")


@pytest.fixture
def make_sender(key: Key, journal: Journal) -> Iterator[Callable[..., TxSender]]:
    """Give a maker of senders to a network, each with a client of its own."""
    clients: list[ChainClient] = []

    def make(to: Network, *, timeout_s: float = 5.0, **options: object) -> TxSender:
        clients.append(ChainClient(to, timeout_s=timeout_s))
        return TxSender(clients[-1], key, journal, **options)  # type: ignore[arg-type]

    yield make
    for client in clients:
        client.close()


def scale(seconds: int) -> int:
    """Return more of a span of block time the busier the machine is: it goes on regardless."""
    factor = os.getloadavg()[0] / (3 * (os.cpu_count() or 1))
    return round(seconds * min(max(1.0, factor), 4.0))


def measure_block_s(client: ChainClient, blocks: int = 10) -> float:
    """Return how many seconds of block time a block took, of the last ones."""
    last = client.get_latest_header()
    first = client.get_block(max(last.height - blocks, 1)).header
    return (last.time_ns - first.time_ns) / (last.height - first.height) / 1e9


def list_heights(client: ChainClient, tx_hash: str, first: int) -> list[int]:
    """Return every height from ``first`` on whose block holds the transaction."""
    last = client.get_latest_header().height
    return [
        height
        for height in range(first, last + 1)
        if tx_hash in {compute_tx_hash(tx) for tx in client.get_block(height).txs}
    ]
