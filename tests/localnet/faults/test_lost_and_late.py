"""Real nodes that die with what they took, that want more than others, that fail what they took."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from plurichain.chain import ChainClient, Journal, OutcomeStatus, TxProgress, TxSender, TxStage
from plurichain.chain.sending.lateness import LATE_BLOCKS
from plurichain.chain.transactions import messages
from plurichain.cli.main import main
from plurichain.config import Network, journal_path, make_home_folder, save_network
from plurichain.errors import (
    NodeBehind,
    NodeTimeout,
    NodeUnreachable,
    TransactionExpired,
    TransactionUnknown,
)
from plurichain.harness import FaultyNetwork, LocalChain, Topology, open_faucet
from plurichain.harness import fault_proxy_faults as faults
from plurichain.keyring import Key, derive_private_key, make_mnemonic
from plurichain.units import Coin, parse_coins
from tests.localnet.chain.test_endpoints import wait_until
from tests.localnet.chain.test_outcomes import SINK, pay
from tests.localnet.faults.conftest import list_heights, measure_block_s, scale

NEW_S = 2
MakeSender = Callable[..., TxSender]


@pytest.fixture(scope="module")
def chain(
    chain_topology: Topology, plurichain_chain_factory: Callable[..., LocalChain]
) -> Iterator[LocalChain]:
    """Give a validator that wants a fee and a full node that does not."""
    topology = replace(chain_topology, chain_id="lost-1", full_nodes=1, gas_price="0.02")
    started = plurichain_chain_factory(topology, name="lost")
    full_node = started.nodes[1]
    file = full_node.home / "config" / "app.toml"
    free = re.sub(r"(?m)^(minimum-gas-prices = ).*$", r'\1"0upluri"', file.read_text())
    assert free != file.read_text()
    file.write_text(free)
    full_node.restart()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def lost_key(chain: LocalChain) -> Key:
    key = Key("lost", derive_private_key(make_mnemonic(12)))
    with open_faucet(replace(chain.network(), gas_price=Fraction("0.02"))) as faucet:
        faucet.fund({key.address: parse_coins("1000000000upluri,1000000ueur")})
    return key


@pytest.fixture
def only_full(chain: LocalChain) -> Network:
    """Give the full node alone, without a fee."""
    network = chain.network()
    return replace(network, endpoints=network.endpoints[1:], gas_price=Fraction(0))


def test_what_the_validators_do_not_take_is_reported_and_expires(
    only_full: Network,
    lost_key: Key,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The node that was asked wants no fee; the one that makes the blocks does."""
    monkeypatch.setenv("PLURICHAIN_HOME", str(tmp_path / "home"))
    make_home_folder()
    save_network(only_full)
    steps: list[TxProgress] = []
    with Journal.open(journal_path()) as journal, ChainClient(only_full) as client:
        wait_until(lambda: _follows(client), "the full node follows")
        # Each of two waits sees it late, and a busy machine makes its blocks slowly.
        ttl_s = max(8, round(5 * LATE_BLOCKS * measure_block_s(client)))
        sender = TxSender(client, lost_key, journal, ttl_s=ttl_s)
        tx_hash = sender.submit(pay(lost_key), purpose="pay", auction_id=7, gas=150_000)
        assert sender.wait(tx_hash, timeout_s=0.45 * ttl_s, on_progress=steps.append).log == ""
        (late,) = [step for step in steps if step.stage is TxStage.LATE]
        assert late.tx_hash == tx_hash
        assert int(late.detail.split()[0]) >= LATE_BLOCKS
        assert "may want a higher fee" in late.detail

        status = main(["tx", "wait", tx_hash, "-v", "--network", only_full.name])
        said = capsys.readouterr().err
        assert status == TransactionExpired.exit_status
        assert f"WARNING: {tx_hash} is in no block yet: " in said
        assert re.search(rf"not in a block after \d+ blocks \(transaction {tx_hash}, auct", said)
        # Nothing was raised in silence: there is this one, with the fee that was asked for.
        (entry,) = journal.list_entries()
        assert entry.outcome.status is OutcomeStatus.EXPIRED


def test_a_node_that_dies_with_what_it_took(
    chain: LocalChain, only_full: Network, lost_key: Key, journal: Journal
) -> None:
    """CheckTx took it and nobody has it any more: expired, by a header, and not before."""
    validator, full_node = chain.nodes
    network = replace(only_full, gas_price=Fraction("0.02"))
    with ChainClient(network, timeout_s=2) as client:
        wait_until(lambda: _follows(client), "the full node follows")
        sender = TxSender(client, lost_key, journal, ttl_s=scale(4))
        entry = sender.prepare(pay(lost_key), purpose="pay", gas=150_000)
        validator.kill()
        assert sender.tracker.deliver(entry).stage is TxStage.BROADCAST
        full_node.kill()
        assert sender.wait(entry.tx_hash, timeout_s=0.3).status is OutcomeStatus.UNKNOWN
        validator.restart()
        chain.nodes[1].start()
        wait_until(lambda: _follows(client), "the full node serves again")
        # Only looked for: a sender would hand in the same bytes again.
        watcher = sender.tracker._get_watcher()

        def is_settled() -> bool:
            with contextlib.suppress(NodeBehind, NodeTimeout, NodeUnreachable):
                watcher.settle([entry.tx_hash], deadline=time.monotonic() + 0.1)
            return journal.get(entry.tx_hash).outcome.is_final

        wait_until(is_settled, "its time-out has passed in a block")
        outcome = journal.get(entry.tx_hash).outcome
        assert outcome.status is OutcomeStatus.EXPIRED
        read = journal.get(entry.tx_hash).read_height
        assert client.get_block(read).header.time_ns > entry.timeout_ns
        assert list_heights(client, entry.tx_hash, entry.first_height) == []
        # The next one is another transaction, and lands.
        assert sender.send(pay(lost_key), purpose="pay").status is OutcomeStatus.ACCEPTED


def test_a_node_that_dies_between_the_call_and_its_answer(
    chain: LocalChain, lost_key: Key, journal: Journal
) -> None:
    """Killed as soon as it has taken it: the same bytes are handed in again, and land once."""
    validator = chain.network().endpoints[0]
    network = replace(chain.network(), endpoints=(validator,), gas_price=Fraction("0.02"))
    with FaultyNetwork(network) as faulty, ChainClient(faulty.network, timeout_s=2) as client:
        before = client.get_balances(lost_key.address)["ueur"]
        sender = TxSender(client, lost_key, journal, ttl_s=60)
        entry = sender.prepare(pay(lost_key, 9), purpose="pay", gas=150_000)
        (node,) = faulty.nodes
        node.grpc.on_call(faults.Reset(after_answer=True), "BroadcastTx")
        died: list[TxStage] = []

        def kill(progress: TxProgress) -> None:
            if not died and progress.stage is TxStage.UNSURE:
                chain.nodes[0].kill()
                died.append(progress.stage)

        delivery = sender.tracker.deliver(entry, kill)
        assert died
        assert delivery.was_silent
        assert delivery.outcome.status is OutcomeStatus.UNKNOWN
        node.grpc.remove()
        chain.nodes[0].start()
        wait_until(lambda: _follows(client), "the validator is back")
        outcome = sender.wait(entry.tx_hash)

        assert outcome.status is OutcomeStatus.ACCEPTED
        assert client.get_balances(lost_key.address)["ueur"] == before - 9
        heights = list_heights(client, entry.tx_hash, entry.first_height)
        assert heights == [outcome.height]


def _follows(client: ChainClient) -> bool:
    """Whether a node has the newest blocks: one that catches up gives time-outs half over."""
    try:
        age_ns = time.time_ns() - client.get_latest_header().time_ns
    except (NodeUnreachable, NodeBehind):
        return False
    return age_ns < NEW_S * 10**9


# --- in a block, and no fee taken ----------------------------------------------------------------


def fail_before_its_fee(
    make_key: Callable[[str], Key], client: ChainClient, journal: Journal, ttl_s: int
) -> tuple[Key, str]:
    """Return a transaction that a block holds and that failed for want of its fee alone.

    Another one of the same block spends all there is. Where the two do not come into one
    block the node drops the second one, and the next key has its try.
    """
    for _ in range(20):
        key = make_key("100000upluri,1000ueur")
        quick = TxSender(client, key, journal, ttl_s=ttl_s)
        second = quick.prepare(pay(key, 2), purpose="pay", gas=150_000)
        left = [Coin("upluri", client.get_balances(key.address)["upluri"] - 3_750)]
        drain = [messages.bank_send(key.address, SINK, left)]
        first = quick.prepare(drain, purpose="drain", gas=150_000)
        client.wait_for_height(client.get_latest_header().height + 1, timeout_s=30)
        assert client.broadcast(first.tx_bytes)[0] == 0
        taken = client.broadcast(second.tx_bytes)[0] == 0
        drained = quick.wait(first.tx_hash)
        assert drained.status is OutcomeStatus.ACCEPTED
        if taken and list_heights(client, second.tx_hash, drained.height) == [drained.height]:
            return key, second.tx_hash
    raise AssertionError("twenty times the two did not come into one block")


def _refund(client: ChainClient, key: Key) -> None:
    with open_faucet(client.network) as faucet:
        faucet.fund({key.address: parse_coins("100000upluri")})


def test_what_failed_without_its_fee_may_land_later_and_then_counts(
    make_key: Callable[[str], Key], direct: ChainClient, journal: Journal
) -> None:
    """Twice in blocks, under one hash: it failed, and then it took effect."""
    poor_key, tx_hash = fail_before_its_fee(make_key, direct, journal, ttl_s=scale(20))
    sender = TxSender(direct, poor_key, journal)
    early = sender.wait(tx_hash, timeout_s=scale(1))
    assert (early.status, early.codespace, early.code) == (OutcomeStatus.FAILED, "sdk", 5)
    assert early.height > 0
    assert not early.is_final
    with pytest.raises(TransactionUnknown, match="before its fee was taken") as caught:
        early.raise_for_status()
    assert tx_hash in caught.value.remedy
    assert direct.get_balances(poor_key.address) == {"ueur": 1_000}, "no fee was taken"
    _refund(direct, poor_key)
    assert direct.broadcast(journal.get(tx_hash).tx_bytes)[0] == 0
    (outcome,) = TxSender(direct, poor_key, journal).resume()

    assert (outcome.status, outcome.is_final) == (OutcomeStatus.ACCEPTED, True)
    assert outcome.height > early.height
    assert direct.get_balances(poor_key.address)["ueur"] == 998
    blocks = list_heights(direct, tx_hash, early.height)
    assert blocks == [early.height, outcome.height]
    seen = journal.list_sightings(tx_hash)
    assert seen == [(early.height, 5, "sdk"), (outcome.height, 0, "")]


def test_what_failed_without_its_fee_has_failed_once_its_time_is_over(
    make_key: Callable[[str], Key], direct: ChainClient, journal: Journal
) -> None:
    poor_key, tx_hash = fail_before_its_fee(make_key, direct, journal, ttl_s=scale(3))
    outcome = TxSender(direct, poor_key, journal).wait(tx_hash)

    assert (outcome.status, outcome.code, outcome.is_final) == (OutcomeStatus.FAILED, 5, True)
    read = journal.get(tx_hash).read_height
    assert direct.get_block(read).header.time_ns > outcome.timeout_ns
    assert list_heights(direct, tx_hash, outcome.height) == [outcome.height]
    assert str(poor_key.address) not in {entry.signer for entry in journal.list_pending()}
