"""What a sender does with a node's answers; the node is scripted."""

from __future__ import annotations

import dataclasses
import io
import itertools
import json
import logging
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from plurichain.chain.journal.journal import GasSample, Journal
from plurichain.chain.nodes import silences
from plurichain.chain.sending import tracker
from plurichain.chain.sending.gas import compute_gas_limit, compute_margin
from plurichain.chain.sending.sender import TxSender
from plurichain.chain.transactions import grants, messages
from plurichain.chain.transactions.decoding import decode_tx
from plurichain.chain.transactions.drafts import Ordering
from plurichain.chain.transactions.outcome import Outcome, OutcomeStatus
from plurichain.chain.types import Event, Header
from plurichain.cli.logs import JsonFormatter
from plurichain.errors import (
    BadReply,
    CostError,
    FeeTooLow,
    NodeTimeout,
    TransactionRejected,
    UsageError,
)
from plurichain.identifiers import Address
from plurichain.keyring import Key
from plurichain.units import Coin
from tests.unit.chain.nodes.scripted_node import ScriptedNode

KEY = Key("alice", bytes(range(1, 33)))
OTHER = Key("bob", bytes(range(2, 34)))
CAROL = Key("carol", bytes(range(3, 35)))
SINK = Address(b"\x05" * 20, "pluri")
FULL = (20, "sdk", "mempool is full")


@pytest.fixture
def node() -> ScriptedNode:
    scripted = ScriptedNode()
    scripted.add_key(KEY.address, KEY.public_key, 7)
    scripted.add_key(OTHER.address, OTHER.public_key, 3)
    scripted.add_key(CAROL.address, CAROL.public_key, 0)
    return scripted


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        yield opened


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracker, "MEMPOOL_PAUSE_S", 0.001)


def make(node: ScriptedNode, journal: Journal, **options: Any) -> TxSender:
    return TxSender(node, options.pop("key", KEY), journal, **options)  # type: ignore[arg-type]


def pay(key: Key = KEY, amount: int = 1) -> list[messages.Message]:
    return [messages.bank_send(key.address, SINK, [Coin("ueur", amount)])]


def sequence_of(journal: Journal, tx_hash: str) -> int | None:
    return journal.get(tx_hash).account_sequence


# --- gas -----------------------------------------------------------------------------------------


def test_the_margin_is_learnt_from_what_was_used(node: ScriptedNode, journal: Journal) -> None:
    sender = make(node, journal)
    limits = []
    for _ in range(5):
        entry = sender.prepare(pay(), purpose="pay")
        limits.append(decode_tx(entry.tx_bytes).gas_limit)
        journal.set_outcome(
            Outcome(entry.tx_hash, OutcomeStatus.ACCEPTED, height=9, gas_used=84_000)
        )
    # 1.3 at first, then 84/80 and a tenth more; another kind of message knows nothing of it.
    assert limits == [126_240] * 3 + [114_640] * 2
    other = sender.prepare([messages.cancel_auction(KEY.address, 1)], purpose="cancel")
    assert decode_tx(other.tx_bytes).gas_limit == 126_240


def test_margins() -> None:
    ok = GasSample(100, 150, 0, "")
    assert compute_margin([]) == Fraction(13, 10)
    assert compute_margin([ok]) == Fraction(165, 100)
    assert compute_margin([GasSample(100, 40, 0, "")] * 3) == Fraction(21, 20)
    assert compute_margin([GasSample(100, 120, 11, "sdk")]) == Fraction(198, 100)
    assert compute_margin([GasSample(100, 10_000, 0, "")]) == 4
    assert compute_gas_limit(0, [ok]) == 248 + 22_240
    with pytest.raises(BadReply, match="used no gas"):
        compute_gas_limit(0)


@pytest.mark.parametrize("answer", [b"", b"{}", b"[]", pytest.param(b"[" * 100_000, id="nested")])
def test_a_simulation_that_cannot_be_read_sends_nothing(
    node: ScriptedNode, journal: Journal, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setattr(node, "query_abci", lambda _path, _data: (0, "", "", answer))
    with pytest.raises(BadReply, match="a simulation without gas_used"):
        make(node, journal).submit(pay(), purpose="pay")
    assert journal.list_entries() == []


def test_a_simulation_that_lies_falls_back_on_what_was_used(
    node: ScriptedNode, journal: Journal
) -> None:
    node.simulated = 0
    with pytest.raises(BadReply, match="used no gas"):
        make(node, journal).submit(pay(), purpose="pay")
    node.simulated = 80_000
    entry = make(node, journal).prepare(pay(), purpose="pay")
    journal.set_outcome(Outcome(entry.tx_hash, OutcomeStatus.ACCEPTED, height=9, gas_used=84_000))
    node.simulated = 0
    tx_hash = make(node, journal).submit(pay(), purpose="pay")
    # 84,000 with the first margin and the pads, as if that had been simulated.
    assert decode_tx(journal.get(tx_hash).tx_bytes).gas_limit == 131_440


def test_more_gas_than_a_block_holds_is_refused_and_not_clipped(
    node: ScriptedNode, journal: Journal
) -> None:
    node.block_gas = 126_239
    with pytest.raises(CostError, match=r"needs 126240 units of gas; .* holds 126239"):
        make(node, journal).send(pay(), purpose="pay")
    assert journal.list_entries() == []
    node.block_gas = 126_240
    make(node, journal).submit(pay(), purpose="pay")


def settle_with(
    sender: TxSender, journal: Journal, monkeypatch: pytest.MonkeyPatch, codes: list[int]
) -> None:
    """Have every transaction included, with the next of ``codes``."""

    def wait(tx_hash: str, **_options: object) -> Outcome:
        code = codes.pop(0)
        wanted = decode_tx(journal.get(tx_hash).tx_bytes).gas_limit
        journal.set_outcome(
            Outcome(
                tx_hash,
                OutcomeStatus.FAILED if code else OutcomeStatus.ACCEPTED,
                height=11,
                code=code,
                codespace="sdk" if code else "",
                gas_used=wanted + 1 if code == 11 else wanted // 2,
                gas_wanted=wanted,
                events=(Event("tx", (("fee", ""),)),),
            )
        )
        return journal.get(tx_hash).outcome

    monkeypatch.setattr(sender.tracker, "wait", wait)


def test_what_ran_out_of_gas_is_sent_again_with_more(
    node: ScriptedNode, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = make(node, journal)
    settle_with(sender, journal, monkeypatch, [11, 11, 0])
    outcome = sender.send(pay(), purpose="pay")

    assert outcome.status is OutcomeStatus.ACCEPTED
    entries = [journal.get(tx_hash) for tx_hash in node.handed]
    limits = [decode_tx(entry.tx_bytes).gas_limit for entry in entries]
    assert len(limits) == 3
    assert all(after >= before * 3 // 2 for before, after in itertools.pairwise(limits))
    assert [entry.follows for entry in entries] == ["", *node.handed[:2]]
    # Each is in a block, so its nonce is used up: the next one needs a new one.
    assert len({entry.timeout_ns for entry in entries}) == 3


def test_what_ran_out_of_gas_before_its_nonce_was_used_up_is_left_alone(
    node: ScriptedNode, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = make(node, journal)
    failed = Outcome("", OutcomeStatus.FAILED, height=11, code=11, codespace="sdk", gas_wanted=5)
    monkeypatch.setattr(
        sender.tracker, "wait", lambda tx_hash, **_: dataclasses.replace(failed, tx_hash=tx_hash)
    )
    assert sender.send(pay(), purpose="pay").code == 11
    assert len(node.handed) == 1


@pytest.mark.parametrize(
    ("options", "gas", "sent"),
    [({}, 100_000, 1), ({"max_fee": 5_000}, None, 1), ({}, None, 3)],
)
def test_sending_again_ends(
    node: ScriptedNode,
    journal: Journal,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    gas: int | None,
    sent: int,
) -> None:
    sender = make(node, journal, **options)
    settle_with(sender, journal, monkeypatch, [11] * 9)
    outcome = sender.send(pay(), purpose="pay", gas=gas)

    assert (outcome.status, outcome.code) == (OutcomeStatus.FAILED, 11)
    assert len(node.handed) == sent


def test_all_attempts_together_stay_below_six_times_the_first_fee(
    node: ScriptedNode, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = make(node, journal)
    settle_with(sender, journal, monkeypatch, [11] * 9)
    sender.send(pay(), purpose="pay")

    fees = [decode_tx(journal.get(h).tx_bytes).fee[0].amount for h in node.handed]
    assert fees[0] == 3_156
    assert sum(fees) <= 6 * fees[0]


def test_a_first_fee_above_the_cap_is_not_sent(node: ScriptedNode, journal: Journal) -> None:
    with pytest.raises(CostError, match="fee is 3156 upluri, more than the cap of 3155"):
        make(node, journal, max_fee=3_155).send(pay(), purpose="pay")
    assert node.handed == []


# --- fee and mempool -----------------------------------------------------------------------------


def test_a_fee_too_low_is_raised_within_the_cap(node: ScriptedNode, journal: Journal) -> None:
    node.least_price = Fraction("0.04")
    sender = make(node, journal, max_fee=6_000)
    tx_hash = sender.submit(pay(), purpose="pay")

    refused, taken = (journal.get(h) for h in node.handed)
    assert taken.tx_hash == tx_hash
    assert decode_tx(taken.tx_bytes).fee == (Coin("upluri", 5_050),)
    assert (refused.outcome.status, refused.outcome.code) == (OutcomeStatus.REJECTED, 13)
    assert taken.follows == refused.tx_hash
    # The same nonce: whatever other nodes take, the chain takes only one of them.
    assert taken.timeout_ns == refused.timeout_ns


@pytest.mark.parametrize("max_fee", [None, 5_049])
def test_a_fee_too_low_beyond_the_cap_is_an_error_of_its_own(
    node: ScriptedNode, journal: Journal, max_fee: int | None
) -> None:
    node.least_price = Fraction("0.04")
    tx_hash = make(node, journal, max_fee=max_fee).submit(pay(), purpose="pay")

    assert node.handed == [tx_hash]
    with pytest.raises(FeeTooLow, match="required: 5050upluri"):
        journal.get(tx_hash).outcome.raise_for_status()


def test_a_full_mempool_gets_the_same_bytes_again(node: ScriptedNode, journal: Journal) -> None:
    node.answers = [FULL, FULL, FULL]
    steps: list[str] = []
    tx_hash = make(node, journal).submit(
        pay(), purpose="pay", on_progress=lambda progress: steps.append(progress.stage)
    )
    assert node.handed == [tx_hash] * 4
    assert len(node.taken) == 1
    assert steps == ["signed", "unsure", "broadcast"]


def test_a_mempool_that_stays_full_leaves_it_pending(
    node: ScriptedNode, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracker, "MEMPOOL_PATIENCE_S", 0.05)
    node.answers = [FULL] * 1_000
    tx_hash = make(node, journal).submit(pay(), purpose="pay")

    assert len(set(node.handed)) == 1
    assert len(node.handed) < 100
    outcome = journal.get(tx_hash).outcome
    assert (outcome.status, outcome.is_final) == (OutcomeStatus.UNKNOWN, False)


# --- ordered -------------------------------------------------------------------------------------


def test_ordered_ones_take_one_sequence_after_the_other_and_ask_once(
    node: ScriptedNode, journal: Journal
) -> None:
    sender = make(node, journal, ordering=Ordering.ORDERED)
    hashes = [sender.submit(pay(), purpose="pay") for _ in range(4)]

    assert [sequence_of(journal, h) for h in hashes] == [7, 8, 9, 10]
    assert not any(decode_tx(tx).is_unordered for tx in node.taken)
    assert all(decode_tx(tx).timeout_ns for tx in node.taken)
    assert node.reads == 2  # the account number, and the sequence


def test_threads_at_once_with_one_key(node: ScriptedNode, journal: Journal) -> None:
    senders = [make(node, journal, ordering="ordered") for _ in range(4)]
    threads = [
        threading.Thread(target=lambda s=s: [s.submit(pay(), purpose="pay") for _ in range(5)])
        for s in senders
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(node.taken) == 20
    assert len(node.handed) == 20  # none was refused


@pytest.mark.parametrize("gas", [None, 150_000])
@pytest.mark.parametrize("moved", [-3, 5])
def test_a_wrong_cache_is_repaired(
    node: ScriptedNode, journal: Journal, gas: int | None, moved: int
) -> None:
    sender = make(node, journal, ordering="ordered")
    sender.submit(pay(), purpose="pay", gas=gas)
    node.sequences[KEY.address] = 8 + moved
    for entry in journal.list_pending():  # so that there is no gap to fill
        journal.set_outcome(Outcome(entry.tx_hash, OutcomeStatus.EXPIRED))
    tx_hash = sender.submit(pay(), purpose="pay", gas=gas)

    assert sequence_of(journal, tx_hash) == 8 + moved
    assert node.sequences[KEY.address] == 9 + moved
    refused = [h for h in node.handed if h != tx_hash][1:]
    for each in refused:  # it is not handed in again by anybody
        assert journal.get(each).outcome.status is OutcomeStatus.REJECTED
        assert journal.get(tx_hash).follows == each


def test_a_gap_is_filled_with_the_very_bytes_that_are_missing(
    node: ScriptedNode, journal: Journal
) -> None:
    sender = make(node, journal, ordering="ordered")
    first, second = (sender.submit(pay(), purpose="pay", gas=150_000) for _ in range(2))
    node.taken.clear()
    node.sequences[KEY.address] = 7  # the node has forgotten its mempool
    third = sender.submit(pay(), purpose="pay", gas=150_000)

    assert node.handed == [first, second, third, first, second, third]
    assert node.sequences[KEY.address] == 10
    assert len(journal.list_entries()) == 3


def test_what_may_be_on_its_way_is_never_signed_again(node: ScriptedNode, journal: Journal) -> None:
    node.answers = [NodeTimeout("lost")]
    sender = make(node, journal, ordering="ordered")
    first = sender.submit(pay(), purpose="pay", gas=150_000)
    assert journal.get(first).outcome.status is OutcomeStatus.UNKNOWN
    second = sender.submit(pay(), purpose="pay", gas=150_000)

    # It never arrived: the node expects 7 still, and gets the very bytes of the first.
    assert node.handed == [first, second, first, second]
    assert [sequence_of(journal, h) for h in (first, second)] == [7, 8]


def test_a_refusal_after_a_lost_answer_is_no_leave_to_sign_again(
    node: ScriptedNode, journal: Journal
) -> None:
    def lose(_tx_bytes: bytes) -> None:
        silences.note(NodeTimeout("the first node was silent; this one answers"))
        node.sequences[KEY.address] += 1

    node.answers = [lose]
    sender = make(node, journal, ordering="ordered")
    tx_hash = sender.submit(pay(), purpose="pay", gas=150_000)

    assert node.handed == [tx_hash]
    outcome = journal.get(tx_hash).outcome
    assert (outcome.status, outcome.code) == (OutcomeStatus.UNKNOWN, 32)


def test_a_sequence_that_never_fits_ends_with_both_numbers(
    node: ScriptedNode, journal: Journal
) -> None:
    def move(_tx_bytes: bytes) -> None:
        node.sequences[KEY.address] += 3

    node.answers = [move] * 50
    tx_hash = make(node, journal, ordering="ordered").submit(pay(), purpose="pay", gas=150_000)
    outcome = journal.get(tx_hash).outcome

    assert (outcome.status, outcome.code) == (OutcomeStatus.REJECTED, 32)
    assert len(node.handed) == 6
    with pytest.raises(Exception, match=r"expected 25, got 22") as error:
        outcome.raise_for_status()
    assert type(error.value).__name__ == "SequenceMismatch"


# --- several signers, refusals -------------------------------------------------------------------


def test_several_signers_sign_the_same_and_each_loses_its_nonce(
    node: ScriptedNode, journal: Journal
) -> None:
    both = [*pay(KEY), *pay(OTHER), *pay(KEY)]
    sender = make(node, journal, cosigners=[OTHER], ordering="ordered")
    tx_hash = sender.submit(both, purpose="pay")
    tx = decode_tx(journal.get(tx_hash).tx_bytes)

    assert tx.public_keys == (KEY.public_key.hex(), OTHER.public_key.hex())
    assert len(tx.signatures) == 2
    assert node.sequences == {KEY.address: 8, OTHER.address: 4, CAROL.address: 0}


def test_a_cosigner_gives_no_time_out_out_twice(
    node: ScriptedNode, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.randbelow", lambda _bound: 0)
    make(node, journal, cosigners=[OTHER]).submit([*pay(KEY), *pay(OTHER)], purpose="pay")
    make(node, journal, key=OTHER).submit(pay(OTHER), purpose="pay")
    make(node, journal, key=CAROL, cosigners=[OTHER]).submit(
        [*pay(CAROL), *pay(OTHER)], purpose="pay"
    )

    timeouts = [entry.timeout_ns for entry in journal.list_entries()]
    assert len(set(timeouts)) == 3


def test_what_is_wrong_by_itself_is_refused_before_any_node_is_asked(journal: Journal) -> None:
    class Nobody:
        network = ScriptedNode().network

        def __getattr__(self, name: str) -> None:
            raise AssertionError(f"the node was asked for {name}")

    nobody: Any = Nobody()
    keys = [Key(f"k{i}", bytes([i + 1]) * 32) for i in range(8)]
    crowd = [message for key in keys for message in pay(key)]
    cases: list[tuple[str, dict[str, Any], list[messages.Message]]] = [
        ("at least one message", {}, []),
        ("is signed by", {}, pay(OTHER)),
        ("same key is given twice", {"cosigners": [KEY]}, pay()),
        ("no message is signed by 'bob'", {"cosigners": [OTHER]}, pay()),
        ("fee_payer", {"fee_payer": OTHER.address}, pay()),
        ("8 are more than 7", {"key": keys[0], "cosigners": keys[1:]}, crowd),
    ]
    for text, options, batch in cases:
        with pytest.raises(UsageError, match=text):
            make(nobody, journal, **options).send(batch, purpose="pay")
    with pytest.raises(UsageError, match="memo: 257 characters"):
        make(nobody, journal).send(pay(), purpose="pay", memo="x" * 257)
    with pytest.raises(UsageError, match="ttl_s"):
        make(nobody, journal, ttl_s=601)
    with pytest.raises(UsageError, match="max_fee"):
        make(nobody, journal, max_fee=-1)


def test_a_key_that_is_not_the_account_s_is_refused(node: ScriptedNode, journal: Journal) -> None:
    node.public_keys[KEY.address] = ("/cosmos.crypto.secp256k1.PubKey", OTHER.public_key)
    with pytest.raises(UsageError, match=r"another public key on the chain \(PubKey\)"):
        make(node, journal).send(pay(), purpose="pay")
    node.public_keys[KEY.address] = ("/cosmos.crypto.secp256k1.PubKey", KEY.public_key)
    make(node, journal).submit(pay(), purpose="pay")


def test_the_account_is_read_anew_after_its_signature_was_refused(
    node: ScriptedNode, journal: Journal
) -> None:
    sender = make(node, journal)
    text = "signature verification failed; please verify account number (4), sequence (0) and "
    node.answers = [(4, "sdk", f"{text}chain-id (c-1): unauthorized")]
    refused = journal.get(sender.submit(pay(), purpose="pay")).outcome
    assert node.reads == 1
    with pytest.raises(TransactionRejected, match=r"account number \(4\).*chain-id \(c-1\)"):
        refused.raise_for_status()
    sender.submit(pay(), purpose="pay")
    assert node.reads == 2


def test_grants_are_refused_where_they_cannot_be_meant() -> None:
    with pytest.raises(UsageError, match="is the granter too"):
        grants.grant_fees(SINK, SINK)
    with pytest.raises(UsageError, match="does not begin with a slash"):
        grants.authz_grant(SINK, KEY.address, "cosmos.bank.v1beta1.MsgSend")
    with pytest.raises(UsageError, match="at least one"):
        grants.authz_exec(SINK, [])


def test_a_transaction_in_two_blocks_is_reported_with_both(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    node = ScriptedNode()
    node.add_key(KEY.address, KEY.public_key)
    entry = make(node, journal).prepare(pay(), purpose="pay")
    failed = Outcome(entry.tx_hash, OutcomeStatus.FAILED, height=4, code=5, codespace="sdk")
    assert journal.set_outcome(failed)
    again = dataclasses.replace(failed, status=OutcomeStatus.ACCEPTED, height=6, code=0)
    with caplog.at_level("WARNING", logger="plurichain"):
        assert not journal.set_outcome(again)

    assert [record.tx_hash for record in caplog.records] == [entry.tx_hash]  # type: ignore[attr-defined]
    assert journal.get(entry.tx_hash).outcome.height == 4
    assert [row[:2] for row in journal.list_sightings(entry.tx_hash)] == [(4, 5), (6, 0)]


def test_a_header_that_cannot_be_read_ends_no_wait(
    node: ScriptedNode, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How long to wait is asked first; the node may be away just then."""

    class Watcher:
        read_height = 11

        def settle(self, tx_hashes: list[str], *, deadline: float) -> None:
            for tx_hash in tx_hashes:
                journal.set_outcome(Outcome(tx_hash, OutcomeStatus.ACCEPTED, height=11))

    def fail() -> Header:
        raise NodeTimeout("the node does not answer")

    sender = make(node, journal)
    entry = sender.prepare(pay(), purpose="pay")
    monkeypatch.setattr(node, "get_latest_header", fail)
    waits = tracker.TxTracker(node, journal)  # type: ignore[arg-type]
    monkeypatch.setattr(waits, "_get_watcher", Watcher)

    (outcome,) = waits.wait_all([entry.tx_hash])

    assert outcome.status is OutcomeStatus.ACCEPTED


def test_every_line_of_the_log_says_what_it_is_about(node: ScriptedNode, journal: Journal) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("plurichain")
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)

    def say(_tx_bytes: bytes) -> None:
        logging.getLogger("plurichain.chain.nodes.rpc").debug("a call to a node")

    node.answers = [FULL, say]
    try:
        tx_hash = make(node, journal).submit(pay(), purpose="pay", auction_id=2**64 - 1)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert "a call to a node" in {line["message"] for line in lines}
    assert len(lines) == 4
    assert {line["tx_hash"] for line in lines} == {tx_hash}
    assert {line["auction_id"] for line in lines} == {2**64 - 1}
