"""`plurichain ibc health` on real nodes: as they are, and set up or made to fail in every way."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from plurichain.chain.nodes.client import ChainClient
from plurichain.cli.main import main
from plurichain.config import Network, save_network
from plurichain.harness import FaultyNetwork, LocalChain, LocalChains, make_plurid_topology
from plurichain.harness import fault_proxy_faults as faults
from plurichain.tracker.follower import FollowedChain, Follower
from plurichain.tracker.health.checking import HealthPlan, check_health
from plurichain.tracker.health.findings import Finding, Verdict
from plurichain.tracker.live import LiveSource
from plurichain.tracker.observing.watched import WatchedWallet
from plurichain.tracker.store import PacketStore

HOUR_NS = 3_600 * 10**9


@dataclass
class Pair:
    """Two linked chains behind proxies."""

    chains: LocalChains
    networks: dict[str, FaultyNetwork]

    def check(
        self,
        *,
        change: Mapping[str, Network] | None = None,
        wallets: Sequence[WatchedWallet] = (),
        **more: Any,
    ) -> list[Finding]:
        """Return all findings; ``change`` are networks instead of those there are, by name.

        A call may take long: on a busy machine a node that is well must not look silent.
        """
        networks = {
            name: replace(proxied.network, name=name) for name, proxied in self.networks.items()
        } | dict(change or {})
        plan = HealthPlan(
            list(networks.values()),
            {self.chains["a"].chain_id: wallets},
            more.pop("store", None),
            timeout_s=more.pop("timeout_s", 20.0),
            **more,
        )
        return check_health(plan)


@pytest.fixture
def pair(linked_chains: LocalChains) -> Iterator[Pair]:
    with contextlib.ExitStack() as stack:
        yield Pair(
            linked_chains,
            {
                name: stack.enter_context(FaultyNetwork(chain.network(name)))
                for name, chain in linked_chains.items()
            },
        )


def pick(findings: Sequence[Finding], network: str, field: str) -> Finding:
    found = [each for each in findings if (each.network, each.field) == (network, field)]
    assert found, f"no {field} of {network} among {[each.field for each in findings]}"
    return found[0]


def list_failures(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(each.network, each.field) for each in findings if each.is_failure]


def test_two_chains_in_good_health(pair: Pair, linked_chains: LocalChains) -> None:
    relayer = linked_chains["a"].get_account("relayer").address
    findings = pair.check(wallets=[WatchedWallet("relayer", relayer, "upluri")])
    assert list_failures(findings) == []
    values = {(each.network, each.field): each.value for each in findings}
    for name in "ab":
        assert values[name, "status"] == "active"
        assert values[name, "genuine"] == "yes"
        assert values[name, "tx_index"] == "on"
        assert values[name, "cosmos_sdk"].startswith("v0.53")
        assert values[name, "ibc_go"].startswith("v10")
        assert values[name, "cometbft"].startswith("v0.38")
        assert values[name, "historical_entries"] == "10000"
        assert values[name, "tracked"] == "no"
    assert all(each.rule for each in findings)


def change(*path: str, value: Any) -> faults.Lie:
    """Return a lie that changes one place of an answer."""

    def lie(_method: str, answer: Any) -> Any:
        place = answer["result"]
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value
        return answer

    return faults.Lie(lie)


def refuse(text: str) -> faults.Lie:
    """Return the refusal of a node instead of its answer."""

    def lie(_method: str, answer: Any) -> Any:
        error = {"code": -32603, "message": "Internal error", "data": text}
        return {"jsonrpc": "2.0", "id": answer["id"], "error": error}

    return faults.Lie(lie)


LIES: list[tuple[str, faults.Lie, str, str, str]] = [
    ("status", change("sync_info", "catching_up", value=True), "synced", "no", "wait until it"),
    ("status", change("node_info", "network", value="x-1"), "chain_id", "'x-1'", "endpoints"),
    ("status", change("sync_info", "latest_block_time", value="2020-01-01T00:00:00Z"),
     "block_age", "h", "stands still"),
    ("block_results", refuse("node is not persisting abci responses"),
     "block_results", "not persisting", "discard_abci_responses = false"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "lie", "field", "value", "remedy"), LIES, ids=[each[2] for each in LIES]
)
def test_one_node_that_is_not_as_it_should_be(
    pair: Pair, method: str, lie: faults.Lie, field: str, value: str, remedy: str
) -> None:
    (node,) = pair.networks["b"].nodes
    node.rpc.on_call(lie, method)
    findings = pair.check()
    finding = pick(findings, "b", field)
    assert finding.verdict is Verdict.BAD
    assert value in finding.value
    assert remedy in finding.remedy
    assert finding.rule
    # What only b could tell of the client on a is not known either.
    assert {network for network, _ in {*list_failures(findings)} - {("a", "genuine")}} == {"b"}


def test_an_index_that_is_off_is_no_failure(pair: Pair) -> None:
    (node,) = pair.networks["b"].nodes
    node.rpc.on_call(change("node_info", "other", "tx_index", value="off"), "status")
    findings = pair.check()
    finding = pick(findings, "b", "tx_index")
    assert (finding.verdict, finding.value) == (Verdict.NOTE, "off")
    assert "not needed" in finding.rule
    assert list_failures(findings) == []


@pytest.mark.parametrize("is_silent", [False, True], ids=["gone", "silent"])
def test_a_node_that_cannot_be_reached_is_said_and_holds_up_no_other(
    pair: Pair, is_silent: bool
) -> None:
    pair.networks["b"].cut(is_silent=is_silent)
    began_s = time.monotonic()
    findings = pair.check(timeout_s=2.0)
    assert time.monotonic() - began_s < 120
    finding = pick(findings, "b", "reachable")
    assert finding.verdict is Verdict.BAD
    assert finding.remedy
    assert pick(findings, "a", "status").value == "active"
    # What only the other side could tell is not known, which is neither good nor bad.
    assert pick(findings, "a", "genuine").verdict is Verdict.UNKNOWN
    assert ("b", "status") not in {(each.network, each.field) for each in findings}


def test_fees_and_wallets(pair: Pair, linked_chains: LocalChains) -> None:
    # More than there is: other tests may have given it some.
    much = 10**30
    account = linked_chains["a"].get_account("relayer").address
    poor = WatchedWallet("nobody", account, "watthour", much)
    dear = replace(pair.networks["a"].network, name="a", gas_price=Fraction("0.5"))
    rich = WatchedWallet("relayer", poor.address, "upluri")
    findings = pair.check(change={"a": dear}, wallets=[poor, rich])
    balances = [each for each in findings if each.field == "balance"]
    assert [each.verdict for each in balances] == [Verdict.BAD, Verdict.OK]
    assert balances[0].remedy.endswith(f"watthour to {poor.address}")
    assert "at least 50000000upluri" in balances[1].rule


def test_a_client_of_another_chain_of_that_name(
    pair: Pair, plurichain_chain_factory: Callable[..., LocalChain], plurid_binary: Path
) -> None:
    """A chain that somebody began anew under the old id, and a node set up to keep nothing."""
    topology = make_plurid_topology(
        plurid_binary,
        chain_id=pair.chains["b"].chain_id,
        gas_price="0.25",
        seed=99,
        app_patch={"pruning": "everything"},
        config_patch={
            "storage": {"discard_abci_responses": True},
            "tx_index": {"indexer": "null"},
        },
        genesis_patch={"app_state": {"staking": {"params": {"historical_entries": 0}}}},
    )
    chain = plurichain_chain_factory(topology, name="twin")
    twin = replace(chain.network(), name="b", gas_price=Fraction("0.1"))
    chain.wait_for_height(10)
    findings = pair.check(change={"b": twin})
    fields = set(list_failures(findings))
    assert ("a", "genuine") in fields
    assert "--new" in pick(findings, "a", "genuine").remedy
    assert fields - {("a", "genuine")} == {
        ("b", "block_results"),
        ("b", "historical_entries"),
        ("b", "gas_price"),
    }
    assert pick(findings, "b", "gas_price").remedy == "plurichain network set b --gas-price 0.25"
    assert pick(findings, "b", "tx_index").value == "off"
    check_gaps(chain, pair, twin)
    chain.stop()


def check_gaps(chain: LocalChain, pair: Pair, twin: Network) -> None:
    """A tracker of such a node names what is lost, and health what to do about it."""
    folder = chain.folder / "tracked"
    with PacketStore.open(folder / "packets.db") as store, ChainClient(twin) as client:
        said: list[str] = []
        followed = FollowedChain(LiveSource(client, first=2), lambda _end: None, until=6)
        Follower(store, [followed], report=said.append).run()
        ranges = store.query("SELECT first, last, state FROM coverage ORDER BY first")
        assert [state for _, _, state in ranges] == ["pruned"]
        assert said
        assert "are pruned" in said[0]
        findings = pair.check(change={"b": twin}, store=store)
        coverage = pick(findings, "b", "coverage")
        assert coverage.verdict is Verdict.BAD
        assert "are pruned" in coverage.value
        assert "unknown" in coverage.remedy
        later = pair.check(
            change={"b": twin}, store=store, clock_ns=lambda: time.time_ns() + HOUR_NS
        )
        assert ("b", "block_age") in list_failures(later)


def test_the_command_says_what_to_do_and_ends_with_6(
    pair: Pair, linked_chains: LocalChains, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, chain in linked_chains.items():
        save_network(replace(chain.network(name), name=name))
    assert main(["ibc", "health", "a", "b", "--output", "ndjson"]) == 0
    rows = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert {row["verdict"] for row in rows} <= {"ok", "note"}
    assert {row["network"] for row in rows} == {"a", "b"}
    pair.networks["b"].cut()
    save_network(replace(pair.networks["b"].network, name="b"))
    assert main(["ibc", "health", "a", "b", "--timeout", "1"]) == 6
    shown = capfd.readouterr()
    assert "  do:   check that the node runs" in shown.out
    assert "checks found something" in shown.err
