"""Real nodes that die, pause, restart, prune or are begun anew under a client."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plurichain.chain import ChainClient, protos
from plurichain.chain.nodes.grpc_channel import HeightPin
from plurichain.chain.nodes.paging import read_pages
from plurichain.config import ChainMemory, Endpoint, Network
from plurichain.errors import (
    ChainReset,
    ChainStalled,
    HeightPruned,
    IndexerOff,
    NodeBehind,
    NodeUnreachable,
    NotFound,
)
from plurichain.harness import Topology
from plurichain.harness.chain import LocalChain
from plurichain.identifiers import Address
from tests.unit.chain.nodes import servers


@pytest.fixture(scope="module")
def chain(
    chain_topology: Topology, plurichain_chain_factory: Callable[..., LocalChain]
) -> Iterator[LocalChain]:
    """Give a validator and a full node."""
    topology = replace(chain_topology, chain_id="endpoints-1", full_nodes=1)
    started = plurichain_chain_factory(topology, name="endpoints")
    yield started
    started.stop()


@pytest.fixture
def full_node_first(chain: LocalChain) -> Network:
    network = chain.network()
    validator, full_node = network.endpoints
    return replace(network, endpoints=(full_node, validator))


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_a_killed_node_is_passed_over_and_used_again(
    chain: LocalChain, full_node_first: Network
) -> None:
    node = chain.nodes[1]
    with ChainClient(full_node_first, timeout_s=2) as client:
        wait_until(
            lambda: (
                bool(client.get_latest_header()) and client.endpoint == full_node_first.endpoints[0]
            ),
            "the full node serves",
        )
        node.kill()
        try:
            height = client.get_latest_header().height
            assert client.endpoint == full_node_first.endpoints[1]
            assert client.get_supply("ueur") > 0
            assert client.wait_for_height(height + 2, timeout_s=30).height >= height + 2
            assert client.list_health()[0].is_quarantined
            with (
                ChainClient(full_node_first, endpoint=full_node_first.endpoints[0]) as alone,
                pytest.raises(NodeUnreachable),
            ):
                alone.get_latest_header()
        finally:
            node.restart()

        def is_back() -> bool:
            client.get_latest_header()
            return client.endpoint == full_node_first.endpoints[0]

        wait_until(is_back, "the full node is used again")


def test_a_paused_node_is_passed_over(chain: LocalChain, full_node_first: Network) -> None:
    node = chain.nodes[1]
    with ChainClient(full_node_first, timeout_s=1) as client:
        client.get_latest_header()
        node.pause()
        try:
            assert client.get_supply("ueur") > 0
            assert client.get_latest_header().height > 0
            assert client.endpoint == full_node_first.endpoints[1]
        finally:
            node.resume()


def test_a_chain_that_stands_still_is_named(chain: LocalChain, full_node_first: Network) -> None:
    only_full = replace(full_node_first, endpoints=full_node_first.endpoints[:1])
    with ChainClient(only_full, timeout_s=5) as client:
        client.wait_for_height(1, timeout_s=30)
        chain.nodes[0].pause()
        try:
            height = client.get_latest_header().height
            with pytest.raises(ChainStalled, match="has made no block for"):
                client.wait_for_height(height + 100, timeout_s=8)
        finally:
            chain.nodes[0].resume()
        client.wait_for_height(height + 5, timeout_s=60)


def has_caught_up(client: ChainClient) -> bool:
    try:
        client.get_latest_header()
    except NodeBehind:
        return False
    return True


def test_every_block_once_although_the_node_restarts(chain: LocalChain) -> None:
    with ChainClient(replace(chain.network(), endpoints=chain.network().endpoints[1:])) as client:
        wait_until(lambda: has_caught_up(client), "the full node has caught up")
        first = client.get_latest_header().height
        heights: list[int] = []
        for block in client.follow_blocks(first, timeout_s=60):
            heights.append(block.header.height)
            if len(heights) == 20:
                chain.nodes[1].kill()
                chain.nodes[1].restart()
            if len(heights) >= 60:
                break
        assert heights == list(range(first, first + len(heights)))


def test_a_long_wait_listens_and_leaves_no_thread(chain: LocalChain) -> None:
    with ChainClient(chain.network()) as client:
        since_s = time.monotonic() - 60  # as if it had waited for a minute
        height = client.get_latest_header().height
        for ahead in range(1, 6):
            assert client.wait_for_block(height + ahead, timeout_s=30, since_s=since_s)
        feed = client._feed
        assert feed is not None
        wait_until(lambda: feed.is_live, "the node announces its blocks")
        announced = feed.height
        assert feed.wait(announced + 3, timeout_s=30)
        # What is announced can be read at once, with its results.
        for number in range(10):
            latest = feed.height
            assert client.get_block(latest).header.height == latest
            assert client.get_block_results(latest).height == latest
            assert client.rpc.get_committed_height() >= latest
            assert feed.wait(latest + 1, timeout_s=30), number
    assert not [thread for thread in threading.enumerate() if "plurichain" in thread.name]


def test_pages_are_of_one_height(chain: LocalChain) -> None:
    faucet = Address.parse(chain.get_account("faucet").address)
    heights: list[int] = []
    with ChainClient(chain.network()) as client:
        stub = protos.bank_query_grpc.QueryStub(client.grpc.raw)

        def read(page: object, pin: HeightPin) -> object:
            request = protos.bank_query.QueryAllBalancesRequest(
                address=str(faucet), pagination=page
            )
            reply = client.grpc.call(stub.AllBalances, request, what="balances", pin=pin)
            heights.append(pin.height)
            client.wait_for_height(client.get_latest_header().height + 1, timeout_s=30)
            return reply

        coins = read_pages(read, lambda reply: reply.balances, limit=1)
    assert len(coins) >= 3
    assert heights[0] > 0
    assert set(heights) == {heights[0]}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_asks_the_chain_too(chain: LocalChain) -> None:
    with ChainClient(chain.network()) as client:
        supply = client.get_supply("ueur")
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = 0 if client.get_supply("ueur") == supply else 2
            finally:
                os._exit(code)
        deadline = time.monotonic() + 40
        done, status = os.waitpid(child, os.WNOHANG)
        while not done and time.monotonic() < deadline:
            time.sleep(0.02)
            done, status = os.waitpid(child, os.WNOHANG)
        if not done:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        assert done, "the child hangs"
        assert os.waitstatus_to_exitcode(status) == 0
        assert client.get_supply("ueur") == supply


class Relays:
    """Two ports that stay while the node behind them is another."""

    def __init__(self) -> None:
        self.targets = {"rpc": 0, "grpc": 0}
        self.ports: dict[str, int] = {}

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(f"127.0.0.1:{self.ports['grpc']}", f"http://127.0.0.1:{self.ports['rpc']}")

    def aim(self, chain: LocalChain) -> None:
        (node,) = chain.endpoints.nodes
        for kind in self.targets:
            self.targets[kind] = int(str(getattr(node, kind)).rpartition(":")[2])

    def relay(self, kind: str, near: socket.socket) -> None:
        def pump(source: socket.socket, sink: socket.socket) -> None:
            with contextlib.suppress(OSError):
                while data := source.recv(65536):
                    sink.sendall(data)
            for end in (source, sink):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

        with socket.create_connection(("127.0.0.1", self.targets[kind])) as far:
            back = threading.Thread(target=pump, args=(far, near), daemon=True)
            back.start()
            pump(near, far)
            back.join(10)


@pytest.fixture
def relays() -> Iterator[Relays]:
    made = Relays()
    with (
        servers.serve(lambda connection: made.relay("rpc", connection)) as rpc,
        servers.serve(lambda connection: made.relay("grpc", connection)) as grpc,
    ):
        made.ports = {"rpc": rpc, "grpc": grpc}
        yield made


def test_no_index_dropped_heights_and_a_chain_begun_anew(
    chain_topology: Topology, tmp_path: Path, relays: Relays
) -> None:
    """One chain for all three, because each needs one that was made for it."""
    evidence = {"max_age_num_blocks": "2", "max_age_duration": "1000000000"}
    topology = replace(
        chain_topology,
        chain_id="forgetful-1",
        config_patch={"tx_index": {"indexer": "null"}},
        app_patch={"pruning": "everything", "min-retain-blocks": 60},
        genesis_patch={"consensus": {"params": {"evidence": evidence}}},
    )
    memory = ChainMemory(tmp_path / "chains.json")
    with LocalChain.start(topology, tmp_path / "one") as chain:
        relays.aim(chain)
        network = replace(chain.network(), endpoints=(relays.endpoint,))
        client = ChainClient(network, memory=memory)
        latest = client.wait_for_height(90, timeout_s=60).height
        with ChainClient(network, memory=memory) as other:
            other.check()
        with pytest.raises(IndexerOff, match="indexing is disabled"):
            client.get_tx("00" * 32)
        with pytest.raises(HeightPruned, match="lowest height is"):
            client.get_block(2)
        with pytest.raises(HeightPruned):
            client.get_block_results(2)
        with pytest.raises(NotFound, match="must be less than or equal"):
            client.get_block(latest + 10**6)
        stub = protos.bank_query_grpc.QueryStub(client.grpc.raw)
        request = protos.bank_query.QuerySupplyOfRequest(denom="ueur")
        with pytest.raises(HeightPruned):
            client.grpc.call(stub.SupplyOf, request, what="supply", pin=HeightPin(3))
    # The same genesis, another history, at the same addresses.
    with client, LocalChain.start(topology, tmp_path / "two") as again:
        again.wait_for_height(3)
        relays.aim(again)
        with pytest.raises(ChainReset, match="begun anew"):
            client.wait_for_height(140, timeout_s=120)
        with ChainClient(network, memory=memory) as later, pytest.raises(ChainReset):
            later.check()
        memory.forget(network.name)
        with ChainClient(network, memory=memory) as later:
            assert later.check().chain_id == network.chain_id
