"""Relaying while nodes are cut off, slow, wrong or lying: nothing is lost, nothing done twice."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from plurichain.errors import WrongChain
from plurichain.harness import FaultyNetwork, LocalChains
from plurichain.harness import fault_proxy_faults as faults
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.connecting import open_relay_chain
from plurichain.relayer.counters import Count
from tests.localnet.ibc.relaying import (
    assert_conserved,
    make_key,
    make_keys,
    relaying,
    send,
    wait_counts,
    wait_settled,
    wait_until,
)

Pair = tuple[RelayChain, RelayChain]


@contextlib.contextmanager
def open_faulty(
    chains: LocalChains, name: str, folder: Path, pytestconfig: pytest.Config
) -> Iterator[tuple[FaultyNetwork, RelayChain]]:
    """Open a chain through fault proxies."""
    chain = chains[name]
    seed = pytestconfig.getoption("--fault-seed")
    with FaultyNetwork(chain.network(name), seed=seed) as faulty:
        print("fault seed of", name, faulty.seed)
        with open_relay_chain(
            faulty.network, make_key(chain), timeout_s=1.5, journal=folder / f"{name}.db"
        ) as opened:
            yield faulty, opened


@pytest.fixture
def faulty(linked_chains: LocalChains, tmp_path: Path, pytestconfig: pytest.Config):
    """Give both chains behind proxies, as a relayer sees them."""
    with (
        open_faulty(linked_chains, "a", tmp_path, pytestconfig) as a,
        open_faulty(linked_chains, "b", tmp_path, pytestconfig) as b,
    ):
        yield a, b


def test_calls_that_fail_in_every_way(linked_chains: LocalChains, relay_pair: Pair, faulty) -> None:
    """One call in twenty is reset, cut short, answered by garbage or a page, or late."""
    a, b = relay_pair
    link = linked_chains.links[0]
    (network_a, far_a), (network_b, far_b) = faulty
    with relaying((far_a, far_b), make_keys(linked_chains), link) as running:
        wait_until(lambda: "channel_carried" in running.names(), "the channel is carried")
        for network in (network_a, network_b):
            for fault in (
                faults.Reset(),
                faults.Reset(after_answer=True),
                faults.Truncate(40),
                faults.Garbage(),
                faults.Page(502),
                faults.Delay(0.4),
            ):
                network.on_call(fault, share=0.01)
        for _ in range(6):
            send(a, link.a.channel_id, str(b.address), [1, 2])
            send(b, link.b.channel_id, str(a.address), [1])
        wait_settled((a, link.a.channel_id), (b, link.b.channel_id))
        for network in (network_a, network_b):
            network.clear()
        wait_counts(running, received=18, acknowledged=18)
    assert network_a.traffic.faults
    assert running.relayer.counters.get(Count.SET_ASIDE) == 0
    assert_conserved(a, b, link)


def test_a_node_that_is_away_at_the_start_is_waited_for(
    linked_chains: LocalChains, relay_pair: Pair, faulty
) -> None:
    a, b = relay_pair
    link = linked_chains.links[0]
    (network_a, far_a), (_, far_b) = faulty
    network_a.cut()
    send(a, link.a.channel_id, str(b.address), [1])
    with relaying((far_a, far_b), make_keys(linked_chains), link) as running:
        wait_until(lambda: "node_trouble" in running.names(), "the trouble is told")
        network_a.heal()
        wait_counts(running, received=1, acknowledged=1)
        assert [name for name in running.names() if name.startswith("node_")] == [
            "node_trouble", "node_back"
        ]  # fmt: skip
    assert_conserved(a, b, link)


@pytest.mark.parametrize("is_silent", [False, True], ids=["refused", "silent"])
def test_a_node_that_is_cut_off_is_read_on_where_it_was(
    linked_chains: LocalChains, relay_pair: Pair, faulty, *, is_silent: bool
) -> None:
    """What the blocks in between brought is neither missed nor done twice."""
    a, b = relay_pair
    link = linked_chains.links[0]
    (network_a, far_a), (_, far_b) = faulty
    with relaying((far_a, far_b), make_keys(linked_chains), link) as running:
        wait_until(lambda: "channel_carried" in running.names(), "the channel is carried")
        network_a.cut(is_silent=is_silent)
        for _ in range(3):
            send(a, link.a.channel_id, str(b.address), [1, 1])
        wait_until(lambda: "node_trouble" in running.names(), "the trouble is told")
        send(b, link.b.channel_id, str(a.address), [1])
        network_a.heal()
        wait_counts(running, received=7, acknowledged=7)
        wait_until(lambda: "node_back" in running.names(), "the end of it is told")
    assert running.relayer.counters.get(Count.SET_ASIDE) == 0
    assert_conserved(a, b, link)


def test_heights_that_are_not_there_are_waited_for(
    linked_chains: LocalChains, relay_pair: Pair, faulty
) -> None:
    """A node that says it is three blocks further than it is, as behind a load balancer."""
    a, b = relay_pair
    link = linked_chains.links[0]
    (network_a, far_a), (_, far_b) = faulty
    with relaying((far_a, far_b), make_keys(linked_chains), link) as running:
        wait_until(lambda: "channel_carried" in running.names(), "the channel is carried")
        network_a.on_call(faults.lie_about_height(3), "abci_info", share=0.5)
        for _ in range(3):
            send(a, link.a.channel_id, str(b.address), [1])
        wait_counts(running, received=3, acknowledged=3)
    assert running.relayer.counters.get(Count.SET_ASIDE) == 0
    assert_conserved(a, b, link)


def test_another_chain_at_the_endpoint_ends_the_relayer(linked_chains: LocalChains, faulty) -> None:
    """After a broken connection a node is asked again who it is: another one is not mixed in."""
    link = linked_chains.links[0]
    (network_a, far_a), (_, far_b) = faulty

    def change(_method: str, answer):
        answer["result"]["node_info"]["network"] = "other-1"
        return answer

    def run() -> None:
        with relaying((far_a, far_b), make_keys(linked_chains), link) as running:
            wait_until(lambda: "channel_carried" in running.names(), "the channel is carried")
            network_a.on_call(faults.Lie(change), "status")
            network_a.on_call(faults.Reset(), times=3)
            wait_until(lambda: running.error is not None, "it has ended")

    with pytest.raises(WrongChain, match="other-1"):
        run()
