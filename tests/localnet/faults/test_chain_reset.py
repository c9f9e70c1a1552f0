"""A chain begun anew behind a bidder: refused by name, nothing lost, taken only when accepted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from plurichain.chain import ChainClient, Journal, OutcomeStatus, TxSender
from plurichain.config import ChainMemory, Network
from plurichain.errors import ChainReset
from plurichain.harness import FaultyNetwork, LocalChain, Topology, open_faucet
from plurichain.identifiers import Address
from plurichain.keyring import Key, Keyring
from plurichain.units import parse_coins
from plurichain.vault import Vault
from tests.localnet.bidding.conftest import MONEY, Person, _make_person, create_auction
from tests.localnet.chain.test_outcomes import pay


@pytest.fixture
def topology(chain_topology: Topology) -> Topology:
    return replace(chain_topology, chain_id="reset-1")


@pytest.fixture
def faulty(topology: Topology, tmp_path: Path) -> Iterator[tuple[FaultyNetwork, LocalChain]]:
    """Give a chain behind ports that stay when it goes."""
    with (
        LocalChain.start(topology, tmp_path / "one") as chain,
        FaultyNetwork(chain.network()) as proxies,
    ):
        yield proxies, chain


def fund(network: Network, address: Address, coins: str = MONEY) -> None:
    with open_faucet(network) as faucet:
        faucet.fund({address: parse_coins(coins)})


def test_a_bidder_whose_chain_is_begun_anew(
    faulty: tuple[FaultyNetwork, LocalChain], topology: Topology, tmp_path: Path
) -> None:
    proxies, one = faulty
    network = replace(proxies.network, gas_price=Fraction("0.025"))
    person = _make_person(tmp_path / "person" / "home", "person", network)
    fund(one.network(), person.address, "1000000000ueur,10000000watthour,1000000000upluri")
    bidder = _make_person(tmp_path / "bidder" / "home", "bidder", network)
    fund(one.network(), bidder.address)
    auction_id = create_auction(person, commit_window='"1h"')
    place = ("--auction-id", str(auction_id))
    bid = bidder.write_bid((1000, 100))
    bidder.run_json("bid", "seal", *place, "--bid", bid)
    bidder.run_json("bid", "commit", *place)
    assert bidder.run("bid", "doctor").status == 0
    key = Keyring.open("test", bidder.home / "keys", is_localnet=True).get("bidder")
    with (
        ChainClient(network, timeout_s=2, memory=ChainMemory(bidder.home / "chains.json")) as old,
        Journal.open(bidder.home / "journal.db") as journal,
    ):
        ordered = TxSender(old, key, journal, ordering="ordered")  # type: ignore[arg-type]
        assert ordered.send(pay(key), purpose="pay").status is OutcomeStatus.ACCEPTED
        left = TxSender(old, key, journal, ttl_s=6).prepare(pay(key), purpose="pay")
        one.stop()
        with LocalChain.start(topology, tmp_path / "two") as two:
            proxies.aim(two.network())
            _check_refused(bidder, place, ordered, key, journal)
            _check_accepted(bidder, network, two, key, journal, left.tx_hash)


def _check_refused(
    bidder: Person, place: tuple[str, ...], ordered: TxSender, key: Key, journal: Journal
) -> None:
    """Every command says so in one line and a remedy; the opening and the journal stay."""
    for command in (("bid", "status", *place), ("auction", "list"), ("bid", "reveal", *place)):
        run = bidder.run(*command, "--timeout", "2")
        assert run.status == 1, run.err
        assert "that was begun anew: its block 2 is" in run.err
        assert "plurichain network accept localnet" in run.err
        assert len(run.err.splitlines()) == 2, run.err
    with pytest.raises(ChainReset):
        ordered.send(pay(key), purpose="pay")
    assert ordered._builder._accounts == {}
    assert journal.get_next_sequence("reset-1", str(key.address)) is None
    seen = bidder.run("bid", "doctor", "--output", "json", "--timeout", "2")
    assert seen.status == 6
    (row,) = json.loads(seen.out)
    assert (row["standing"], row["needs_action"]) == ("unknown", True)
    assert "begun anew" in row["note"]
    with Vault.open(bidder.home, key) as vault:
        assert len(vault.list_all()) == 1


def _check_accepted(
    bidder: Person, network: Network, two: LocalChain, key: Key, journal: Journal, left: str
) -> None:
    """What was pending is looked for on the new chain; sending works with its numbers."""
    assert bidder.run("network", "accept", "localnet").status == 0
    two.wait_for_height(3)
    assert journal.get(left).read_height == 0
    (row,) = json.loads(bidder.run("bid", "doctor", "--output", "json").out)
    assert (row["standing"], row["needs_action"]) == ("over", False)
    assert "the chain has no such auction: it began anew" in row["note"]
    with Vault.open(bidder.home, key) as vault:
        assert len(vault.list_all()) == 1, "only `bid forget` removes it"
    waited = bidder.run("tx", "wait", left, "--output", "json")
    assert waited.status == 3, waited.err
    assert json.loads(waited.out)["status"] == "expired"
    fund(two.network(), key.address)
    memory = ChainMemory(bidder.home / "chains.json")
    with ChainClient(network, memory=memory) as client:
        for ordering in ("ordered", "unordered"):
            sender = TxSender(client, key, journal, ordering=ordering)  # type: ignore[arg-type]
            outcome = sender.send(pay(key), purpose="pay")
            assert outcome.status is OutcomeStatus.ACCEPTED
    assert journal.list_pending() == []
