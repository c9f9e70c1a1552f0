"""Fees, gas, sequences, several signers and grants, on real chains."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from cosmos.vesting.v1beta1 import tx_pb2 as vesting_tx

from plurichain.chain import ChainClient, Journal, Message, OutcomeStatus, TxSender, protos
from plurichain.chain.journal.journal import GasSample
from plurichain.chain.sending import gas as gas_rules
from plurichain.chain.transactions import messages
from plurichain.chain.transactions.decoding import decode_tx
from plurichain.chain.transactions.drafts import Ordering
from plurichain.chain.transactions.grants import (
    authz_exec,
    authz_grant,
    authz_revoke,
    grant_fees,
    revoke_fees,
)
from plurichain.errors import CostError, FeeTooLow, FundsShort, NotFound
from plurichain.harness import make_plurid_topology, open_faucet
from plurichain.harness.chain import LocalChain
from plurichain.identifiers import Address
from plurichain.keyring import Key, derive_private_key, make_mnemonic
from plurichain.units import Coin, parse_coins

SINK = Address(b"\x06" * 20, "pluri")
BLOCK_GAS = 1_000_000


def pay(key: Key, amount: int = 1, to: Address = SINK) -> list[Message]:
    return [messages.bank_send(key.address, to, [Coin("ueur", amount)])]


# --- a chain that asks for fees, with small blocks and a small mempool ---------------------------


@pytest.fixture(scope="module")
def dear_chain(
    plurid_binary: Path, plurichain_chain_factory: Callable[..., LocalChain]
) -> LocalChain:
    topology = replace(
        make_plurid_topology(plurid_binary),
        chain_id="dear-1",
        block_time_ms=400,
        gas_price="0.02",
        genesis_patch={"consensus": {"params": {"block": {"max_gas": str(BLOCK_GAS)}}}},
        config_patch={"mempool": {"size": 2}},
    )
    return plurichain_chain_factory(topology, name="dear")


@pytest.fixture(scope="module")
def dear_key(dear_chain: LocalChain) -> Key:
    key = Key("dear", derive_private_key(make_mnemonic(12)))
    with open_faucet(replace(dear_chain.network(), gas_price=Fraction("0.02"))) as faucet:
        faucet.fund({key.address: parse_coins("1000000000upluri,1000000ueur")})
    return key


@pytest.fixture
def dear_client(dear_chain: LocalChain) -> Iterator[ChainClient]:
    with ChainClient(replace(dear_chain.network(), gas_price=Fraction("0.01"))) as client:
        yield client


def test_a_fee_that_a_node_finds_too_low_is_raised_within_the_cap(
    dear_client: ChainClient, dear_key: Key, journal: Journal
) -> None:
    without = TxSender(dear_client, dear_key, journal, ttl_s=1).submit(pay(dear_key), purpose="pay")
    refused = journal.get(without).outcome
    assert (refused.status, refused.codespace, refused.code) == (OutcomeStatus.REJECTED, "sdk", 13)
    with pytest.raises(FeeTooLow, match=r"required: \d+upluri"):
        refused.raise_for_status()

    before = dear_client.get_balances(dear_key.address)
    outcome = TxSender(dear_client, dear_key, journal, max_fee=10_000).send(
        pay(dear_key, 5), purpose="pay"
    )
    after = dear_client.get_balances(dear_key.address)
    assert outcome.status is OutcomeStatus.ACCEPTED
    entry = journal.get(outcome.tx_hash)
    (fee,) = decode_tx(entry.tx_bytes).fee
    exact = Fraction("0.02") * outcome.gas_wanted
    assert fee.amount == -(-exact.numerator // exact.denominator)
    assert before["upluri"] - after["upluri"] == fee.amount
    assert before["ueur"] - after["ueur"] == 5
    # What was refused has the same nonce: poured in now, it is refused for good.
    first = journal.get(entry.follows)
    assert first.timeout_ns == entry.timeout_ns
    assert dear_client.broadcast(first.tx_bytes)[0] != 0


def test_more_gas_than_a_block_holds_is_never_sent(
    dear_client: ChainClient, dear_key: Key, journal: Journal
) -> None:
    sender = TxSender(dear_client, dear_key, journal)
    with pytest.raises(CostError, match=f"a block of this chain holds {BLOCK_GAS}"):
        sender.send(pay(dear_key) * 80, purpose="pay")
    with pytest.raises(CostError, match="needs 1000001 units"):
        sender.send(pay(dear_key), purpose="pay", gas=BLOCK_GAS + 1)
    assert journal.list_entries() == []


def test_a_full_mempool_is_waited_for(
    dear_client: ChainClient, dear_key: Key, journal: Journal
) -> None:
    network = replace(dear_client.network, gas_price=Fraction("0.02"))
    refusals = []
    with ChainClient(network) as client:
        broadcast = client.broadcast

        def count(tx_bytes: bytes) -> tuple[int, str, str]:
            answer = broadcast(tx_bytes)
            refusals.append(answer[0])
            return answer

        client.broadcast = count  # type: ignore[method-assign]
        sender = TxSender(client, dear_key, journal)
        hashes = [sender.submit(pay(dear_key), purpose="pay", gas=150_000) for _ in range(8)]
        outcomes = sender.tracker.wait_all(hashes)

    assert {outcome.status for outcome in outcomes} == {OutcomeStatus.ACCEPTED}
    assert 20 in refusals
    assert refusals.count(0) == 8


def test_what_ran_out_of_gas_is_sent_again_and_the_margin_learnt(
    client: ChainClient, key: Key, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = gas_rules.compute_gas_limit
    tight = iter([True])

    def estimate(simulated: int, samples: list[GasSample]) -> int:
        return simulated * 9 // 10 if next(tight, False) else real(simulated, samples)

    monkeypatch.setattr(gas_rules, "compute_gas_limit", estimate)
    before = client.get_balances(key.address)
    # Three messages, so that the gas runs out in them and not already before the first.
    outcome = TxSender(client, key, journal).send([*pay(key, 3)] * 3, purpose="pay")

    assert outcome.status is OutcomeStatus.ACCEPTED
    second = journal.get(outcome.tx_hash)
    first = journal.get(second.follows)
    assert (first.outcome.status, first.outcome.code) == (OutcomeStatus.FAILED, 11)
    assert first.outcome.height < outcome.height
    spent = [decode_tx(entry.tx_bytes).fee[0].amount for entry in (first, second)]
    after = client.get_balances(key.address)
    assert before["upluri"] - after["upluri"] == sum(spent)
    assert before["ueur"] - after["ueur"] == 9
    samples = journal.list_gas_samples(client.network.chain_id, "/cosmos.bank.v1beta1.MsgSend")
    assert [sample.code for sample in samples] == [0, 11]
    assert gas_rules.compute_margin(samples) > gas_rules.FIRST_MARGIN


def test_gas_that_runs_out_before_the_first_message_is_raised_under_the_same_nonce(
    client: ChainClient, key: Key, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gas_rules, "compute_gas_limit", lambda _simulated, _samples: 41_000)
    before = client.get_balances(key.address)["ueur"]
    outcome = TxSender(client, key, journal).send(pay(key, 9), purpose="pay")

    assert outcome.status is OutcomeStatus.ACCEPTED
    sent = [journal.get(outcome.tx_hash)]
    while sent[0].follows:
        sent.insert(0, journal.get(sent[0].follows))
    limits = [decode_tx(entry.tx_bytes).gas_limit for entry in sent]
    assert limits == [41_000, 61_500, 92_250][: len(sent)]
    # The nonce of what was refused is that of the next: at most one of the two can land.
    assert sent[0].outcome.status is not OutcomeStatus.FAILED
    assert sent[0].timeout_ns == sent[1].timeout_ns
    assert client.get_balances(key.address)["ueur"] == before - 9


def test_gas_that_was_chosen_is_not_raised(client: ChainClient, key: Key, journal: Journal) -> None:
    sender = TxSender(client, key, journal, ttl_s=1)
    outcome = sender.send(pay(key, 9), purpose="pay", gas=35_000)

    assert (outcome.status, outcome.code) == (OutcomeStatus.REJECTED, 11)


# --- ordered -------------------------------------------------------------------------------------


def test_ordered_ones_share_a_block_and_keep_their_order(
    client: ChainClient, key: Key, journal: Journal
) -> None:
    sender = TxSender(client, key, journal, ordering=Ordering.ORDERED)
    hashes = [sender.submit(pay(key), purpose="pay", gas=150_000) for _ in range(12)]
    outcomes = sender.tracker.wait_all(hashes)

    assert {outcome.status for outcome in outcomes} == {OutcomeStatus.ACCEPTED}
    heights = [outcome.height for outcome in outcomes]
    assert heights == sorted(heights)
    assert [journal.get(h).account_sequence for h in hashes] == list(range(12))
    assert client.get_account(key.address).account_sequence == 12
    # Unordered ones go beside them and leave the sequence alone.
    TxSender(client, key, journal).send(pay(key), purpose="pay")
    assert sender.send(pay(key), purpose="pay").status is OutcomeStatus.ACCEPTED


ORDERED = """
import sys, pathlib
from plurichain.chain import ChainClient, Journal, TxSender
from plurichain.config import parse_network_file
from tests.localnet.chain.test_sending import pay
from plurichain.keyring import Key
network = parse_network_file(pathlib.Path(sys.argv[1]).read_text(), source="e", name="n")
key = Key("k", bytes.fromhex(sys.stdin.read()))
journal = Journal.open(pathlib.Path(sys.argv[2]))
sender = TxSender(ChainClient(network), key, journal, ordering="ordered")
hashes = [sender.submit(pay(key), purpose="pay", gas=150000) for _ in range(10)]
print(*sorted({o.status.value for o in sender.tracker.wait_all(hashes)}))
"""


def test_processes_at_once_with_one_key_and_one_sequence(
    localnet_chain: LocalChain, client: ChainClient, key: Key, tmp_path: Path
) -> None:
    endpoints = tmp_path / "endpoints.json"
    endpoints.write_text(json.dumps(localnet_chain.endpoints.to_json()))
    before = client.get_balances(key.address)["ueur"]
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", ORDERED, str(endpoints), str(tmp_path / "shared.db")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    secret = key.export_private_key().hex()
    with ThreadPoolExecutor() as pool:  # all at once: each begins when it has read the key
        answers = list(pool.map(lambda worker: worker.communicate(secret, timeout=120)[0], workers))

    assert answers == ["accepted\n"] * 3
    assert client.get_balances(key.address)["ueur"] == before - 30
    assert client.get_account(key.address).account_sequence == 30
    with Journal.open(tmp_path / "shared.db") as journal:  # nobody was in another's way
        assert len(journal.list_entries()) == 30


def test_another_machine_with_the_same_key_is_made_way_for(
    client: ChainClient, key: Key, journal: Journal, tmp_path: Path
) -> None:
    with Journal.open(tmp_path / "other" / "journal.db") as elsewhere:
        here = TxSender(client, key, journal, ordering=Ordering.ORDERED)
        there = TxSender(client, key, elsewhere, ordering=Ordering.ORDERED)
        hashes, others = [], []
        for _ in range(4):  # each is wrong about the sequence every time but the first
            hashes.append(here.submit(pay(key), purpose="pay", gas=150_000))
            others.append(there.submit(pay(key), purpose="pay", gas=150_000))
        outcomes = here.tracker.wait_all(hashes) + there.tracker.wait_all(others)

    assert {outcome.status for outcome in outcomes} == {OutcomeStatus.ACCEPTED}
    assert client.get_account(key.address).account_sequence == 8


# --- several signers, grants ---------------------------------------------------------------------


@pytest.mark.parametrize("ordering", list(Ordering))
def test_two_signers_pay_in_one_transaction(
    client: ChainClient, make_key: Callable[[str], Key], journal: Journal, ordering: Ordering
) -> None:
    first, second = make_key("1000000upluri,10ueur"), make_key("1000000upluri,10ueur")
    before = client.get_balances(SINK).get("ueur", 0)
    sender = TxSender(client, first, journal, cosigners=[second], ordering=ordering)
    for _ in range(2):
        outcome = sender.send([*pay(first, 2), *pay(second, 3)], purpose="pay")
        assert outcome.status is OutcomeStatus.ACCEPTED

    assert client.get_balances(SINK)["ueur"] == before + 10
    assert client.get_balances(second.address)["upluri"] == 1_000_000
    swapped = TxSender(
        client, first, journal, cosigners=[second], ordering=ordering, fee_payer=second.address
    )
    assert swapped.send([*pay(first), *pay(second)], purpose="pay").status is OutcomeStatus.ACCEPTED
    assert client.get_balances(second.address)["upluri"] < 1_000_000


def test_a_granter_pays_the_fee_until_its_allowance_is_used_up(
    client: ChainClient, key: Key, make_key: Callable[[str], Key], journal: Journal
) -> None:
    poor = make_key("10ueur")
    granting = TxSender(client, key, journal)
    poor_sender = TxSender(client, poor, journal, fee_granter=key.address)
    with pytest.raises(NotFound, match=f"{key.address} pays no fees of {poor.address}"):
        poor_sender.send(pay(poor), purpose="pay")
    grant = grant_fees(key.address, poor.address, limit=[Coin("upluri", 6_000)])
    granting.send([grant], purpose="grant").raise_for_status()

    before = client.get_balances(key.address)["upluri"]
    outcome = poor_sender.send(pay(poor), purpose="pay", gas=150_000)
    assert outcome.status is OutcomeStatus.ACCEPTED
    assert client.get_balances(poor.address) == {"ueur": 9}
    assert client.get_balances(key.address)["upluri"] == before - 3_750

    short = TxSender(client, poor, journal, fee_granter=key.address, ttl_s=1)
    refused = journal.get(short.submit(pay(poor), purpose="pay", gas=150_000)).outcome
    assert (refused.codespace, refused.code) == ("feegrant", 2)
    with pytest.raises(Exception, match="fee allowance is used up"):
        refused.raise_for_status()
    granting.send([revoke_fees(key.address, poor.address)], purpose="revoke").raise_for_status()
    nobody = make_key("1ueur")
    with pytest.raises(FundsShort, match=f"{nobody.address} needs"):
        TxSender(client, poor, journal, fee_granter=nobody.address).send(
            pay(poor), purpose="pay", gas=150_000
        )


def test_a_grantee_acts_for_its_granter(
    client: ChainClient, key: Key, make_key: Callable[[str], Key], journal: Journal
) -> None:
    agent = make_key("1000000upluri")
    acting = TxSender(client, agent, journal)
    task = authz_exec(agent.address, pay(key, 4))
    with pytest.raises(NotFound, match="no such authorization"):
        acting.send([task], purpose="act")
    kind = pay(key)[0].type_url
    granting = TxSender(client, key, journal)
    granting.send([authz_grant(key.address, agent.address, kind)], purpose="x").raise_for_status()

    before = client.get_balances(SINK).get("ueur", 0)
    outcome = acting.send([task], purpose="act")
    assert outcome.status is OutcomeStatus.ACCEPTED
    assert client.get_balances(SINK)["ueur"] == before + 4
    granting.send([authz_revoke(key.address, agent.address, kind)], purpose="x").raise_for_status()
    with pytest.raises(NotFound, match="no such authorization"):
        acting.send([task], purpose="act")


def test_a_vesting_account_sends_like_any_other(
    client: ChainClient, key: Key, journal: Journal
) -> None:
    vesting = Key("vesting", derive_private_key(make_mnemonic(12)))
    message = vesting_tx.MsgCreateVestingAccount(
        from_address=str(key.address),
        to_address=str(vesting.address),
        amount=[protos.coin.Coin(denom="ueur", amount="50")],
        end_time=4_000_000_000,
    )
    create = Message(
        "/cosmos.vesting.v1beta1.MsgCreateVestingAccount", message.SerializeToString(), key.address
    )
    sender = TxSender(client, key, journal)
    sender.send([create], purpose="create").raise_for_status()
    gift = [messages.bank_send(key.address, vesting.address, [Coin("upluri", 10**6)])]
    sender.send([*gift, *pay(key, 7, vesting.address)], purpose="pay").raise_for_status()

    for ordering in Ordering:
        outcome = TxSender(client, vesting, journal, ordering=ordering).send(
            pay(vesting, 2), purpose="pay"
        )
        assert outcome.status is OutcomeStatus.ACCEPTED
    with pytest.raises(FundsShort, match="spendable balance 3ueur"):
        TxSender(client, vesting, journal).send(pay(vesting, 4), purpose="pay", spends=())
