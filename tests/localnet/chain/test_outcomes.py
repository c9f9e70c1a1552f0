"""Every outcome of design 3.5, on a real chain."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plurichain.chain import (
    ChainClient,
    Journal,
    Message,
    Outcome,
    OutcomeStatus,
    TxProgress,
    TxSender,
    TxStage,
)
from plurichain.chain.journal.journal import JournalEntry
from plurichain.chain.transactions import messages
from plurichain.chain.transactions.signing import (
    build_auth_info,
    build_body,
    compute_tx_hash,
    sign_tx,
)
from plurichain.errors import (
    FundsShort,
    InsufficientFunds,
    NotFound,
    PhaseError,
    TransactionRejected,
    UsageError,
)
from plurichain.harness.chain import LocalChain
from plurichain.identifiers import Address
from plurichain.keyring import Key
from plurichain.units import Coin

SINK = Address(b"\x05" * 20, "pluri")


def pay(key: Key, amount: int = 1) -> list[Message]:
    return [messages.bank_send(key.address, SINK, [Coin("ueur", amount)])]


def add_signed(
    journal: Journal,
    client: ChainClient,
    key: Key,
    *,
    ttl_ns: int = 1_500_000_000,
    account_number: int | None = None,
    chain_id: str | None = None,
    timeout_ns: int | None = None,
    amount: int = 1,
) -> JournalEntry:
    """Journal a transaction that may be signed wrongly."""
    header = client.get_latest_header()
    network = client.network
    number = client.get_account(key.address).account_number
    return journal.add(
        chain_id=network.chain_id,
        signer=f"{key.address}{'' if timeout_ns is None else amount}",
        purpose="test",
        latest_timeout_ns=header.time_ns + ttl_ns,
        first_height=header.height + 1,
        sign=lambda given: sign_tx(
            key,
            body=build_body(
                pay(key, amount), timeout_ns=given if timeout_ns is None else timeout_ns
            ),
            auth_info=build_auth_info(
                key.public_key,
                account_sequence=0,
                fee=[Coin("upluri", 10_000)],
                gas_limit=200_000,
            ),
            chain_id=chain_id or network.chain_id,
            account_number=number if account_number is None else account_number,
        ),
    )


def test_accepted(sender: TxSender, client: ChainClient, key: Key, journal: Journal) -> None:
    steps: list[TxProgress] = []
    before = client.get_balances(SINK).get("ueur", 0)

    def note(progress: TxProgress) -> None:
        if progress.stage is TxStage.SIGNED:
            # Known and kept before the node has seen a byte of it.
            assert journal.get(progress.tx_hash).tx_bytes
            assert client.get_tx(progress.tx_hash) is None
        steps.append(progress)

    outcome = sender.send(pay(key, 5), purpose="pay", on_progress=note)

    assert outcome.status is OutcomeStatus.ACCEPTED
    assert [step.stage for step in steps] == [TxStage.SIGNED, TxStage.BROADCAST, TxStage.SETTLED]
    assert {step.tx_hash for step in steps} == {outcome.tx_hash}
    assert client.get_balances(SINK)["ueur"] == before + 5
    assert journal.get(outcome.tx_hash).outcome == outcome
    assert journal.list_pending() == []
    block = client.get_block(outcome.height)
    assert journal.get(outcome.tx_hash).tx_bytes in block.txs
    client.wait_for_height(outcome.height + 2, timeout_s=10)
    indexed = client.get_tx(outcome.tx_hash)
    assert indexed is not None
    assert indexed.height == outcome.height
    assert indexed.result.events == outcome.events
    assert outcome.gas_used <= outcome.gas_wanted
    transfers = [event for event in outcome.events if event.type == "transfer"]
    assert len(transfers) >= 2  # the fee and the payment, one not hiding the other


def test_failed_spends_the_fee_and_nothing_else(
    sender: TxSender, client: ChainClient, key: Key
) -> None:
    before = client.get_balances(key.address)
    outcome = sender.send(pay(key, 10**12), purpose="pay", gas=150_000)

    assert outcome.status is OutcomeStatus.FAILED
    assert (outcome.codespace, outcome.code) == ("sdk", 5)
    assert outcome.height > 0
    after = client.get_balances(key.address)
    assert after["ueur"] == before["ueur"]
    assert after["upluri"] == before["upluri"] - 3_750
    with pytest.raises(InsufficientFunds, match="money is short"):
        outcome.raise_for_status()


def test_rejected_is_watched_until_it_cannot_land(
    sender: TxSender, client: ChainClient, key: Key, journal: Journal
) -> None:
    entry = add_signed(journal, client, key, chain_id="other-1")
    first = sender.tracker.broadcast(entry)
    assert first.status is OutcomeStatus.REJECTED
    assert not first.is_final
    assert journal.list_pending() != []

    outcome = sender.wait(entry.tx_hash)
    assert outcome.status is OutcomeStatus.REJECTED
    assert outcome.is_final
    assert (outcome.codespace, outcome.code) == ("sdk", 4)
    read = journal.get(entry.tx_hash).read_height
    assert client.get_block(read).header.time_ns > entry.timeout_ns
    assert client.get_block(read - 1).header.time_ns <= entry.timeout_ns
    with pytest.raises(TransactionRejected):
        outcome.raise_for_status()


def test_a_rejected_one_that_lands_after_all_is_accepted(
    sender: TxSender, client: ChainClient, key: Key, journal: Journal
) -> None:
    entry = add_signed(journal, client, key, ttl_ns=20_000_000_000)
    journal.set_outcome(Outcome(entry.tx_hash, OutcomeStatus.REJECTED, code=13, is_final=False))
    client.broadcast(entry.tx_bytes)

    assert sender.wait(entry.tx_hash).status is OutcomeStatus.ACCEPTED


def test_expired_only_by_a_header_after_the_time_out(
    sender: TxSender, client: ChainClient, key: Key, journal: Journal
) -> None:
    entry = add_signed(journal, client, key)
    early = sender.wait(entry.tx_hash, timeout_s=0.2)
    assert early.status is OutcomeStatus.UNKNOWN
    assert not early.is_final

    outcome = sender.wait(entry.tx_hash)
    assert outcome.status is OutcomeStatus.EXPIRED
    read = journal.get(entry.tx_hash).read_height
    assert client.get_block(read).header.time_ns > entry.timeout_ns
    code, _, _ = client.broadcast(entry.tx_bytes)
    assert code != 0


def test_unknown_while_the_node_is_silent_and_accepted_later(
    localnet_chain: LocalChain, sender: TxSender, key: Key, client: ChainClient
) -> None:
    client.timeout_s = 0.5
    tx_hash = sender.prepare(pay(key), purpose="pay").tx_hash
    node = localnet_chain.nodes[0]
    with ChainClient(client.network, timeout_s=0.5) as impatient:
        impatient.check()
        other = TxSender(impatient, key, sender.journal)
        node.pause()
        try:
            seen = other.tracker.broadcast(sender.journal.get(tx_hash))
            assert seen.status is OutcomeStatus.UNKNOWN
            outcome = other.wait(tx_hash, timeout_s=1)
            assert outcome.status is OutcomeStatus.UNKNOWN
            assert not outcome.is_final
            assert "did not answer" in outcome.log
        finally:
            node.resume()
        client.wait_for_height(client.get_latest_header().height + 1, timeout_s=20)
        (outcome,) = other.resume()
    assert outcome.status is OutcomeStatus.ACCEPTED


def test_handing_in_twice_is_harmless(
    sender: TxSender, client: ChainClient, key: Key, journal: Journal
) -> None:
    entry = sender.prepare(pay(key), purpose="pay")
    steps: list[TxStage] = []
    for _ in range(3):
        sender.tracker.broadcast(entry, lambda progress: steps.append(progress.stage))

    assert steps == [TxStage.BROADCAST, TxStage.UNSURE, TxStage.UNSURE]
    assert sender.wait(entry.tx_hash).status is OutcomeStatus.ACCEPTED


def test_a_used_nonce_is_unknown_until_it_has_expired(
    sender: TxSender, client: ChainClient, key: Key, journal: Journal
) -> None:
    shared = client.get_latest_header().time_ns + 2_000_000_000
    first = add_signed(journal, client, key, timeout_ns=shared, amount=1)
    second = add_signed(journal, client, key, timeout_ns=shared, amount=2)
    sender.tracker.broadcast(first)
    answer = sender.tracker.broadcast(second)
    assert (answer.codespace, answer.code) == ("sdk", 18)
    assert answer.status is OutcomeStatus.UNKNOWN

    outcomes = sender.tracker.wait_all([first.tx_hash, second.tx_hash])
    assert [o.status for o in outcomes] == [OutcomeStatus.ACCEPTED, OutcomeStatus.EXPIRED]


KILLED = """
import os, signal, sys, pathlib
from plurichain.chain import ChainClient, Journal, TxSender
from plurichain.config import parse_network_file
from tests.localnet.chain.test_outcomes import pay
from plurichain.keyring import Key
network = parse_network_file(pathlib.Path(sys.argv[1]).read_text(), source="e", name="n")
key = Key("k", bytes.fromhex(sys.stdin.read()))
sender = TxSender(ChainClient(network), key, Journal.open(pathlib.Path(sys.argv[2])))
def kill(progress):
    if progress.stage == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)
sender.send(pay(key, 7), purpose="pay", on_progress=kill)
"""


@pytest.mark.parametrize("stage", [TxStage.SIGNED, TxStage.BROADCAST])
def test_a_killed_process_leaves_what_the_next_one_settles_once(
    stage: TxStage,
    localnet_chain: LocalChain,
    client: ChainClient,
    key: Key,
    tmp_path: Path,
) -> None:
    endpoints = tmp_path / "endpoints.json"
    endpoints.write_text(json.dumps(localnet_chain.endpoints.to_json()))
    path = tmp_path / "killed.db"
    before = client.get_balances(key.address)["ueur"]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(endpoints), str(path), stage.value],
        input=key.export_private_key().hex(),
        text=True,
        capture_output=True,
    )
    assert done.returncode == -9, done.stderr
    with Journal.open(path) as journal:
        sender = TxSender(client, key, journal)
        (outcome,) = sender.resume()
        assert outcome.status is OutcomeStatus.ACCEPTED
        assert sender.resume() == []
    assert client.get_balances(key.address)["ueur"] == before - 7


REPLAYED = """
import os, signal, sys, pathlib
from plurichain.chain import ChainClient, Journal, TxSender
from plurichain.config import parse_network_file
from tests.localnet.chain.test_outcomes import pay
from plurichain.keyring import Key
network = parse_network_file(pathlib.Path(sys.argv[1]).read_text(), source="e", name="n")
key = Key("k", bytes.fromhex(sys.stdin.read()))
client, journal = ChainClient(network), Journal.open(pathlib.Path(sys.argv[2]))
free = TxSender(client, key, journal)
ordered = TxSender(client, key, journal, ordering="ordered")
for sender in (free, ordered):
    for _ in range(5):
        sender.submit(pay(key), purpose="pay", gas=150000)
    sender.prepare(pay(key), purpose="pay", gas=150000)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_two_starts_at_once_settle_everything_once(
    localnet_chain: LocalChain, client: ChainClient, key: Key, tmp_path: Path
) -> None:
    endpoints = tmp_path / "endpoints.json"
    endpoints.write_text(json.dumps(localnet_chain.endpoints.to_json()))
    path = tmp_path / "killed.db"
    before = client.get_balances(key.address)["ueur"]
    first_height = client.get_latest_header().height
    done = subprocess.run(
        [sys.executable, "-c", REPLAYED, str(endpoints), str(path)],
        input=key.export_private_key().hex(),
        text=True,
        capture_output=True,
    )
    assert done.returncode == -9, done.stderr

    def start() -> list[Outcome]:
        with Journal.open(path) as journal:
            return TxSender(client, key, journal).resume()

    with ThreadPoolExecutor() as pool:
        both = [future.result() for future in [pool.submit(start) for _ in range(2)]]
    assert {outcome.status for found in both for outcome in found} == {OutcomeStatus.ACCEPTED}
    assert client.get_balances(key.address)["ueur"] == before - 12
    assert client.get_account(key.address).account_sequence == 6
    with Journal.open(path) as journal:
        entries = journal.list_entries()
        assert journal.list_pending() == []
    assert len(entries) == 12
    included = [
        compute_tx_hash(tx)
        for height in range(first_height, client.get_latest_header().height + 1)
        for tx in client.get_block(height).txs
    ]
    for entry in entries:
        assert included.count(entry.tx_hash) == 1


MANY = """
import sys, pathlib
from plurichain.chain import ChainClient, Journal, TxSender
from plurichain.config import parse_network_file
from tests.localnet.chain.test_outcomes import pay
from plurichain.keyring import Key
network = parse_network_file(pathlib.Path(sys.argv[1]).read_text(), source="e", name="n")
key = Key("k", bytes.fromhex(sys.stdin.read()))
sender = TxSender(ChainClient(network), key, Journal.open(pathlib.Path(sys.argv[2])))
hashes = [sender.submit(pay(key), purpose="pay", gas=150000) for _ in range(20)]
print(*{o.status.value for o in sender.tracker.wait_all(hashes)})
"""


def test_processes_at_once_with_one_key(
    localnet_chain: LocalChain, client: ChainClient, key: Key, tmp_path: Path
) -> None:
    endpoints = tmp_path / "endpoints.json"
    endpoints.write_text(json.dumps(localnet_chain.endpoints.to_json()))
    before = client.get_balances(key.address)["ueur"]
    # Two share a journal, the third is another machine with the same key.
    journals = [tmp_path / "shared.db", tmp_path / "shared.db", tmp_path / "apart.db"]
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", MANY, str(endpoints), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for path in journals
    ]
    secret = key.export_private_key().hex()
    answers = [worker.communicate(secret, timeout=120)[0] for worker in workers]

    assert answers == ["accepted\n"] * 3
    assert client.get_balances(key.address)["ueur"] == before - 60


def test_what_can_be_known_is_refused_before_anything_is_sent(
    sender: TxSender,
    client: ChainClient,
    key: Key,
    journal: Journal,
    make_key: Callable[[str], Key],
) -> None:
    with pytest.raises(FundsShort, match=r"needs 1000007 ueur and has 1000000: 7 ueur missing"):
        sender.send(pay(key, 1_000_007), purpose="pay")
    with pytest.raises(FundsShort, match=r"^money is short: spendable balance 1000000ueur"):
        sender.send(pay(key, 2_000_000), purpose="pay", spends=())
    with pytest.raises(FundsShort, match=r"needs 1000005 ueur and has 1000000: 5 ueur missing"):
        sender.send(pay(key), purpose="pay", spends=[Coin("ueur", 1_000_005)])
    header = client.get_latest_header()
    with pytest.raises(PhaseError, match="too late: the deadline is over by"):
        sender.send(pay(key), purpose="pay", not_after_ns=header.time_ns)
    with pytest.raises(UsageError, match="is signed by"):
        sender.send(pay(make_key("")), purpose="pay")
    with pytest.raises(UsageError, match="at least one message"):
        sender.send([], purpose="pay")
    poor = make_key("1ueur")
    with pytest.raises(FundsShort, match=r"and has 0: \d+ upluri missing"):
        TxSender(client, poor, journal).send(pay(poor), purpose="pay")
    nobody = make_key("")
    with pytest.raises(NotFound, match="has no account"):
        TxSender(client, nobody, journal).send(pay(nobody), purpose="pay")
    assert journal.list_entries() == []


def test_a_deadline_bounds_the_time_out(
    sender: TxSender, client: ChainClient, key: Key, journal: Journal
) -> None:
    deadline = client.get_latest_header().time_ns + 5_000_000_000
    outcome = sender.send(pay(key), purpose="pay", not_after_ns=deadline)

    assert deadline - 1_000_000 < outcome.timeout_ns <= deadline
    free = sender.send(pay(key), purpose="pay")
    assert free.timeout_ns > deadline
