"""Before the reveal nothing that can be observed tells one bid from another.

Two chains with the same seed run the same auction, with the same ten bidders; one of them
bids another price in another number of steps. All that anybody can see is compared.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plurichain.auction.bid import Bid, Step
from plurichain.bidding.account import Account, Bidder
from plurichain.bidding.committing import commit_opening
from plurichain.bidding.creating import create_auction
from plurichain.bidding.moments import SECOND_NS
from plurichain.bidding.sealing import seal_bid
from plurichain.chain.auctions.queries import AuctionQueries
from plurichain.chain.journal.journal import Journal
from plurichain.chain.nodes.client import ChainClient
from plurichain.chain.sending.sender import TxSender
from plurichain.chain.transactions.outcome import Outcome
from plurichain.harness import Faucet, LocalChain, make_plurid_topology
from plurichain.harness.accounts import compute_account
from plurichain.keyring import Key
from plurichain.scenarios.cast import TOWN, compute_bidder_funds, compute_town_funds
from plurichain.scenarios.example import Example, load_example
from plurichain.vault import Vault
from tests.localnet.demo.recording import (
    STATE_HEIGHT,
    Recording,
    export_state,
    find_differences,
    normalise,
    record,
)

# A run that found the machine too slow is played again at a slower pace.
pytestmark = pytest.mark.timeout(600)

REPLACED = "chp-pool"
OTHER_STEPS = (Step(9_000, 99), Step(5_000, 145), Step(2_000, 310))
#: Protobuf writes nanoseconds below 2^28 in fewer bytes, and a byte costs gas.
SHORT_NS = 2**28
#: The pace of blocks halves where a machine was too slow for it: some of them find it.
ATTEMPTS = 8


@pytest.fixture(scope="module")
def example() -> Example:
    found = load_example("town-tender")
    terms = replace(found.terms, commit_window_ns=3600 * SECOND_NS)
    return replace(found, terms=terms)


@pytest.fixture(scope="module")
def observe(
    plurid_binary: Path, plurichain_chain_factory, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., dict[str, Any]]:
    """Give what runs an auction up to the reveal on a new chain and returns what was seen."""
    topology = make_plurid_topology(plurid_binary, chain_id="observed-1", seed=11)

    def run(example: Example, leak: Callable[[TxSender, Bid], None] | None = None) -> Any:
        nonlocal topology
        causes = []
        for _ in range(ATTEMPTS):
            folder = tmp_path_factory.mktemp("observed")
            chain = plurichain_chain_factory(topology, name="observed")
            try:
                recording = play(chain, topology, example, folder, leak)
            except Unusable as error:
                causes.append(str(error))
                chain.stop()
                if isinstance(error, TooManyBlocks):
                    # Of the pace of blocks nothing is compared: heights and times are taken out.
                    slower_ms = 2 * topology.block_time_ms
                    topology = replace(topology, block_time_ms=slower_ms)
                continue
            recording.state = export_state(plurid_binary, chain.nodes[0].home)
            chain.stop()
            return normalise(recording)
        pytest.fail(f"no run could be compared with another: {causes}")

    return run


class Unusable(Exception):
    """A run that cannot be compared with another; the next one most likely can."""


class TooManyBlocks(Unusable):
    """The machine was too slow for the pace of its blocks."""


class FixedGasSender(TxSender):
    """Asks for the same gas whatever the length of a time-out; for all that is no commit."""

    def send(self, messages: Any, **options: Any) -> Outcome:
        return super().send(messages, **{**options, "least_gas": 1_000_000})


def play(chain: LocalChain, topology: Any, example: Example, folder: Path, leak: Any) -> Recording:
    """Fund, create, seal and commit one after another. Raises Unusable."""
    recording = Recording()
    network = chain.network()

    def make_key(name: str) -> Key:
        return Key(name, compute_account(topology, name).private_key, prefix=network.prefix)

    keys = {name: make_key(name) for name in (TOWN, *example.bids)}
    funds = dict.fromkeys(example.bids, compute_bidder_funds(example.terms))
    with ChainClient(network) as client, Journal.open(folder / "journal.db") as journal:
        queries = AuctionQueries(client)
        keys["faucet"] = Key("faucet", chain.get_account("faucet").private_key)
        faucet = Faucet(FixedGasSender(client, keys["faucet"], journal), keys["faucet"])
        faucet.fund({keys[TOWN].address: compute_town_funds(example.terms)})
        faucet.fund({keys[name].address: coins for name, coins in funds.items()})
        wait_for_long_time(client)
        town = Account(
            client, queries, network.chain_id, key=keys[TOWN],
            sender=FixedGasSender(client, keys[TOWN], journal),
        )  # fmt: skip
        auction = create_auction(town, example.terms).auction
        if auction.created_at_ns % SECOND_NS < SHORT_NS:
            raise Unusable("the auction's block was not in the greater part of a second")
        for name, bid in example.bids.items():
            sender = TxSender(client, keys[name], journal)
            if leak is not None:
                leak(sender, bid)
            with Vault.open(folder / name, keys[name]) as vault:
                bidder = Bidder(
                    client, queries, network.chain_id, key=keys[name], sender=sender, vault=vault
                )
                opening = seal_bid(bidder, auction.id, bid, b"")
                commit_opening(bidder, opening)
            recording.commitments.append(opening.bid_commitment)
        people = {name: key.address for name, key in keys.items()}
        recording.handed_in = [entry.tx_bytes for entry in journal.list_entries()]
        if (height := client.get_latest_header().height) >= STATE_HEIGHT:
            raise TooManyBlocks(f"block {height} before all was sent")
        record(client, auction.id, people, recording)
    chain.stop(remove=False)
    return recording


def wait_for_long_time(client: ChainClient) -> None:
    """Wait for a block early in the long part of a second: the next one most likely is too."""
    while not SHORT_NS < client.get_latest_header().time_ns % SECOND_NS < 6 * 10**8:
        client.wait_for_height(client.get_latest_header().height + 1, timeout_s=30)


def replace_bid(example: Example) -> Example:
    bid = replace(example.bids[REPLACED], steps=OTHER_STEPS)
    assert len(bid.steps) != len(example.bids[REPLACED].steps)
    return replace(example, bids={**example.bids, REPLACED: bid})


@pytest.fixture(scope="module")
def seen(observe, example: Example) -> dict[str, Any]:
    return observe(example)


def test_another_bid_changes_nothing_that_can_be_observed(observe, example, seen) -> None:
    other = observe(replace_bid(example))

    assert find_differences(seen, other) == []


def test_a_leak_is_found(observe, example, seen) -> None:
    """A memo and a gas limit that depend on the bid are both seen."""

    def leak(sender: TxSender, bid: Bid) -> None:
        send = sender.send

        def send_telling(*args: Any, **options: Any) -> Any:
            options["least_gas"] += 10 * (len(bid.steps) - 2)
            memo = "three steps" if len(bid.steps) == 3 else ""
            return send(*args, memo=memo, **options)

        sender.send = send_telling  # type: ignore[method-assign]

    found = find_differences(seen, observe(replace_bid(example), leak))
    places = {difference.partition(":")[0].rpartition("/")[2] for difference in found}

    assert {"memo", "gas_limit", "gas_wanted"} <= places


def test_every_kind_of_evidence_is_compared(seen) -> None:
    """A single changed value anywhere in the recording is a difference."""
    assert len(seen["txs"]) == 13
    assert seen["mempool"]["n_txs"] == "0"
    changes = {
        "a deposit": lambda it: it["queries"].update({f"balances of {REPLACED}": {"ueur": 1}}),
        "gas used": lambda it: it["txs"][5][1].update(gas_used=it["txs"][5][1]["gas_used"] + 1),
        "a message": lambda it: it["txs"][5][0]["messages"][0]["fields"].update(attempt=2),
        "an event": lambda it: it["txs"][5][1]["events"].pop(),
        "a block's event": lambda it: it["block events"][50].append({"type": "x"}),
        "the state": lambda it: it["state"]["app_state"]["auction"].update(extra=1),
        "an answer": lambda it: it["queries"].update({"Auction 0": ""}),
    }
    for what, change in changes.items():
        other = copy.deepcopy(seen)
        change(other)

        assert find_differences(seen, other), what
