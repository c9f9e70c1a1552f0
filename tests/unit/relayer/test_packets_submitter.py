"""Handing in: what a node refuses, forgets, or answers nothing to."""

from __future__ import annotations

import queue
import time
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from plurichain.chain import protos
from plurichain.chain.transactions.messages import bank_send
from plurichain.chain.transactions.signing import compute_tx_hash
from plurichain.chain.types import Account, TxResult
from plurichain.errors import NodeTimeout, NotFound
from plurichain.identifiers import Address
from plurichain.keyring import Key
from plurichain.relayer import submitter as submitting
from plurichain.relayer.counters import Count, Counters
from plurichain.relayer.signing_keys import SigningKey, SigningKeys
from plurichain.relayer.submitter import Batch, Submitter, TxEnd, TxFate
from plurichain.units import Coin

NOW_NS = 10**18
REFUSED = ("channel", 22)


class Node:
    """As much of a client as a submitter asks; ``answers`` to broadcasts come in turn."""

    def __init__(self, *answers: Any) -> None:
        self.network = SimpleNamespace(
            chain_id="grid-1", gas_price=Fraction(1, 10), fee_denom="uwatt"
        )
        self.answers = list(answers)
        self.seen: list[bytes] = []
        self.account_reads = 0
        self.has_account = True
        self.time_ns = NOW_NS

    def get_latest_header(self) -> Any:
        return SimpleNamespace(time_ns=self.time_ns)

    def get_account(self, address: Address) -> Account:
        self.account_reads += 1
        if not self.has_account:
            raise NotFound(f"{address} has no account")
        return Account(address, 7, 40)

    def broadcast(self, tx_bytes: bytes) -> tuple[int, str, str]:
        self.seen.append(tx_bytes)
        answer = self.answers.pop(0) if self.answers else (0, "", "")
        if isinstance(answer, Exception):
            raise answer
        return answer


class Desk:
    """A submitter at a scripted node, whose thread runs."""

    def __init__(self, node: Node, *, keys: int = 1, is_ordered: bool = False) -> None:
        self.ends: queue.SimpleQueue[TxEnd] = queue.SimpleQueue()
        self.no_coins: list[str] = []
        self.fatal: list[Exception] = []
        self.counters = Counters()
        client: Any = node
        signing = [
            SigningKey(client, Key(f"k{n}", bytes([n + 1]) * 32), is_ordered=is_ordered)
            for n in range(keys)
        ]
        self.keys = SigningKeys(signing)
        self.submitter = Submitter(
            client,
            self.keys,
            self.counters,
            get_time_ns=lambda: NOW_NS,
            on_no_coins=lambda key, log: self.no_coins.append(f"{key.address} {log}"),
            on_fatal=self.fatal.append,
        )
        self.submitter.start()

    def send(self) -> None:
        self.submitter.enqueue(
            Batch((), (), (), 1_000, self.make_messages, lambda _batch, end: self.ends.put(end))
        )

    @staticmethod
    def make_messages(signer: Address) -> list[Any]:
        return [bank_send(signer, signer, [Coin("uwatt", 1)])]

    def drain(self) -> None:
        """Wait until the thread has done all that it was given."""
        self.submitter._queue.put(None)
        self.submitter.join(10)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submitting, "FULL_PAUSE_S", 0.0)


def read_auth(tx_bytes: bytes) -> Any:
    return protos.tx.AuthInfo.FromString(protos.tx.TxRaw.FromString(tx_bytes).auth_info_bytes)


def read_body(tx_bytes: bytes) -> Any:
    return protos.tx.TxBody.FromString(protos.tx.TxRaw.FromString(tx_bytes).body_bytes)


def settle(desk: Desk, node: Node, *, code: int = 0, time_ns: int = NOW_NS) -> None:
    hashes = [compute_tx_hash(tx_bytes) for tx_bytes in node.seen]
    result = TxResult(code, "sdk" if code else "", "log", 900, 1_000, ())
    desk.submitter.settle(50, time_ns, hashes, (result,) * len(hashes))


def test_what_nobody_foresaw_is_told_and_does_not_end_the_sending_in_silence() -> None:
    node = Node(ZeroDivisionError("a fault of ours"))
    desk = Desk(node)
    desk.send()
    desk.submitter.join(10)
    assert [type(error) for error in desk.fatal] == [ZeroDivisionError]


def test_blocks_tell_what_became_of_a_transaction() -> None:
    node = Node()
    desk = Desk(node)
    desk.send()
    desk.drain()
    (tx_bytes,) = node.seen
    assert desk.submitter.find_ours([compute_tx_hash(tx_bytes), "00"]) == {
        compute_tx_hash(tx_bytes)
    }
    assert read_body(tx_bytes).unordered
    # ceil(1000 · 0.1)
    assert read_auth(tx_bytes).fee.amount[0].amount == "100"

    settle(desk, node)
    end = desk.ends.get_nowait()
    assert end.is_success
    assert (end.height, end.gas_used) == (50, 900)
    assert desk.submitter.pending_count == 0
    assert desk.counters.get(Count.TRANSACTIONS) == 1
    assert desk.counters.get(Count.FEES_PAID) == 100


def test_two_transactions_never_share_a_time_out() -> None:
    node = Node()
    desk = Desk(node)
    for _ in range(30):
        desk.send()
    desk.drain()
    times = {
        (body.timeout_timestamp.seconds, body.timeout_timestamp.nanos)
        for body in map(read_body, node.seen)
    }
    assert len(times) == 30


def test_a_refusal_is_told_at_once() -> None:
    node = Node((REFUSED[1], REFUSED[0], "redundant"))
    desk = Desk(node)
    desk.send()
    desk.drain()
    end = desk.ends.get_nowait()
    assert (end.fate, end.codespace, end.code) == (TxFate.REFUSED, *REFUSED)
    assert desk.submitter.pending_count == 0


def test_time_outs_count_from_the_node_where_blocks_are_read_late() -> None:
    """By what was read last the time of every transaction would be over before it is sent."""
    node = Node((42, "sdk", "tx timeout"))
    node.time_ns = NOW_NS + 4 * submitting.TTL_NS
    desk = Desk(node)
    desk.send()
    desk.send()
    desk.drain()
    assert desk.ends.empty()
    assert desk.submitter.pending_count == 2
    times = [read_body(tx_bytes).timeout_timestamp.seconds * 10**9 for tx_bytes in node.seen]
    assert times[0] < node.time_ns
    assert all(time_ns >= node.time_ns + submitting.TTL_NS - 10**9 for time_ns in times[1:])


def test_a_full_mempool_gets_the_same_bytes_again() -> None:
    node = Node((20, "sdk", "full"), (20, "sdk", "full"), (0, "", ""))
    desk = Desk(node)
    desk.send()
    desk.drain()
    assert len(node.seen) == 3
    assert len(set(node.seen)) == 1
    assert desk.submitter.pending_count == 1


def test_silence_is_not_failure() -> None:
    """No answer: the bytes may be in a block, which tells; or their time passes."""
    node = Node(*[NodeTimeout("no answer")] * 3)
    desk = Desk(node)
    desk.send()
    desk.drain()
    assert desk.ends.empty()
    assert desk.submitter.pending_count == 1

    desk.submitter.settle(51, NOW_NS + submitting.TTL_NS // 2, [], ())
    assert desk.ends.empty()
    desk.submitter.settle(52, NOW_NS + submitting.TTL_NS + 1, [], ())
    assert desk.ends.get_nowait().fate is TxFate.EXPIRED


@pytest.mark.parametrize("answer", [(0, "", ""), (19, "sdk", "in cache"), (22, "channel", "no")])
def test_when_blocks_come_again_the_same_bytes_are_handed_in_once_more(answer: Any) -> None:
    node = Node(*[NodeTimeout("no answer")] * 3, NodeTimeout("still none"), answer)
    desk = Desk(node)
    desk.send()
    wait_for(lambda: len(node.seen) == 3 and desk.submitter._queue.empty())
    for count in (4, 5):
        wait_for(lambda: any(each.is_unsure for each in desk.submitter._pending.values()))
        desk.submitter.settle(50 + count, NOW_NS, [], ())
        wait_for(lambda count=count: len(node.seen) == count)
    desk.drain()
    assert len(set(node.seen)) == 1
    is_refused = answer[0] == 22
    assert desk.ends.empty() is not is_refused
    assert desk.submitter.pending_count == (0 if is_refused else 1)
    # Answered: with the next block nothing is handed in again.
    desk.submitter.settle(60, NOW_NS, [], ())
    assert desk.submitter._queue.empty()


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "the submitter's thread did not get that far"
        time.sleep(0.001)


def test_a_key_without_coins_is_left_out_and_told() -> None:
    node = Node((5, "sdk", "insufficient funds"), (0, "", ""), (0, "", ""))
    desk = Desk(node, keys=2)
    for _ in range(3):
        desk.send()
    desk.drain()
    assert desk.ends.get_nowait().code == 5
    assert len(desk.no_coins) == 1
    poor, rich = desk.keys.keys
    assert poor.is_paused
    assert not desk.keys.is_paused
    keys = [bytes(read_auth(tx).signer_infos[0].public_key.value)[2:] for tx in node.seen]
    assert keys == [poor._key.public_key, rich._key.public_key, rich._key.public_key]


def test_a_key_is_not_paused_by_what_an_application_refuses() -> None:
    """Anybody can send a packet that fails so: it must not stop the relayer."""
    log = "timeout packet callback failed: escrow is smaller: insufficient funds"
    desk = Desk(Node((5, "sdk", log), (0, "", "")))
    desk.send()
    desk.send()
    desk.drain()
    assert desk.ends.get_nowait().code == 5
    assert not desk.no_coins
    assert not desk.keys.is_paused
    assert desk.submitter.pending_count == 1


def test_an_account_that_does_not_exist_counts_as_one_without_coins() -> None:
    node = Node()
    node.has_account = False
    desk = Desk(node)
    desk.send()
    desk.drain()
    assert desk.ends.get_nowait().codespace == "sdk"
    assert node.seen == []
    assert desk.keys.is_paused
    assert desk.no_coins


def test_the_sequence_of_an_ordered_key_is_repaired() -> None:
    wrong = (32, "sdk", "account sequence mismatch, expected 44, got 40: incorrect")
    node = Node(wrong, (0, "", ""), (0, "", ""))
    desk = Desk(node, is_ordered=True)
    desk.send()
    desk.send()
    desk.drain()
    sequences = [read_auth(tx_bytes).signer_infos[0].sequence for tx_bytes in node.seen]
    assert sequences == [40, 44, 45]
    assert node.account_reads == 1
    assert desk.ends.empty()


def test_a_sequence_that_stays_wrong_is_given_up() -> None:
    wrong = (32, "sdk", "account sequence mismatch, expected 44, got 40: incorrect")
    node = Node(*[wrong] * 10)
    desk = Desk(node, is_ordered=True)
    desk.send()
    desk.drain()
    assert desk.ends.get_nowait().code == 32
    assert len(node.seen) == 1 + submitting.SIGNING_TRIES
