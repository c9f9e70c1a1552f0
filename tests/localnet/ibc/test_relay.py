"""The relayer on two real chains: packets, answers, time-outs, backlogs, rivals, restarts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from plurichain.chain.ibc.proofs import Proof
from plurichain.harness import LocalChains
from plurichain.ibc.transfer import TransferLimits
from plurichain.identifiers import Address
from plurichain.relayer import gas_book, proving
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.clear import ClearPlan, clear_channel
from plurichain.relayer.counters import Count
from plurichain.relayer.filters import PacketFilter
from plurichain.relayer.link import Link
from plurichain.relayer.relay import RelaySettings
from plurichain.relayer.work import EndName, Work, WorkKind
from tests.localnet.ibc.relaying import (
    assert_conserved,
    count_waiting,
    make_key,
    make_keys,
    relaying,
    send,
    voucher_of,
    wait_counts,
    wait_settled,
    wait_until,
)

Pair = tuple[RelayChain, RelayChain]


@pytest.fixture(scope="module")
def link(linked_chains: LocalChains) -> Link:
    return linked_chains.links[0]


@pytest.fixture(scope="module")
def keys(linked_chains: LocalChains):
    return make_keys(linked_chains)


def make_receiver(name: str) -> str:
    """Return an address of both chains that nobody else uses."""
    return str(Address(name.encode().ljust(20, b"."), "pluri"))


def test_transfers_both_ways_are_received_and_acknowledged(relay_pair: Pair, link, keys) -> None:
    a, b = relay_pair
    receiver = make_receiver("both-ways")
    with relaying(relay_pair, keys, link) as running:
        wait_until(lambda: "channel_carried" in running.names(), "the channel is carried")
        send(a, link.a.channel_id, receiver, [5, 6])
        send(b, link.b.channel_id, receiver, [7])
        wait_counts(running, received=3, acknowledged=3)

    address = Address.parse(receiver)
    assert b.client.get_balances(address) == {voucher_of(link.b.channel_id): 11}
    assert a.client.get_balances(address) == {voucher_of(link.a.channel_id): 7}
    assert_conserved(a, b, link)
    assert count_waiting(a, link.a.channel_id) == count_waiting(b, link.b.channel_id) == 0
    assert running.relayer.counters.get(Count.FAILED_TRANSACTIONS) == 0


def test_what_was_not_received_in_time_comes_back(relay_pair: Pair, link, keys) -> None:
    a, b = relay_pair
    before = a.client.get_balances(a.address)["upluri"]
    send(a, link.a.channel_id, make_receiver("late"), [1_000_000, 2_000_000], expires_ns=1)

    with relaying(relay_pair, keys, link) as running:
        wait_counts(running, timed_out=2)

    assert count_waiting(a, link.a.channel_id) == 0
    assert running.relayer.counters.get(Count.RECEIVED) == 0
    # Less the fees alone, if the chain takes any.
    assert 0 <= before - a.client.get_balances(a.address)["upluri"] < 1_000_000
    assert_conserved(a, b, link)


def test_a_time_out_that_comes_due_while_the_relayer_runs(relay_pair: Pair, link, keys) -> None:
    """The destination's end is not carried to: the packet waits there and times out."""
    a, b = relay_pair

    def no_receives(_source: str, _host: str, work: Work) -> bool:
        return work.kind is not WorkKind.RECEIVE

    with relaying(relay_pair, keys, link, RelaySettings(is_wanted=no_receives)) as running:
        wait_until(lambda: "channel_carried" in running.names(), "the channel is carried")
        send(a, link.a.channel_id, make_receiver("due"), [3], expires_ns=1_500_000_000)
        wait_counts(running, timed_out=1)
    assert_conserved(a, b, link)


def test_an_error_of_the_destination_is_brought_back(relay_pair: Pair, link, keys) -> None:
    a, b = relay_pair
    send(a, link.a.channel_id, "no address at all", [4_000_000])
    before = a.client.get_balances(a.address)["upluri"]
    with relaying(relay_pair, keys, link) as running:
        wait_counts(running, acknowledged=1)
    assert a.client.get_balances(a.address)["upluri"] > before
    assert_conserved(a, b, link)


def test_half_finished_packets_are_found_in_state(relay_pair: Pair, link, keys) -> None:
    """Received without its acknowledgement brought back: the class that other tools miss."""
    a, b = relay_pair

    def only_receive(_source: str, _host: str, work: Work) -> bool:
        return work.kind is WorkKind.RECEIVE

    send(a, link.a.channel_id, make_receiver("half"), [1] * 5)
    with relaying(relay_pair, keys, link, RelaySettings(is_wanted=only_receive)) as first:
        wait_until(lambda: first.relayer.counters.get(Count.RECEIVED) == 5, "all five are received")
    assert count_waiting(a, link.a.channel_id) == 5

    with relaying(relay_pair, keys, link) as second:
        wait_counts(second, acknowledged=5)
    assert second.relayer.counters.get(Count.RECEIVED) == 0
    assert_conserved(a, b, link)


def test_two_relayers_at_once_do_everything_once(
    linked_chains: LocalChains, relay_pair: Pair, link, keys
) -> None:
    a, b = relay_pair
    numbers = 12
    receiver = make_receiver("rivals")
    with (
        linked_chains.open_relay_chain("a") as a2,
        linked_chains.open_relay_chain("b") as b2,
        relaying(relay_pair, keys, link) as one,
        relaying((a2, b2), keys, link) as two,
    ):
        wait_until(
            lambda: all("channel_carried" in each.names() for each in (one, two)), "both run"
        )
        for _ in range(numbers):
            send(a, link.a.channel_id, receiver, [1])
        wait_counts(one, two, received=numbers, acknowledged=numbers)
        wait_settled((a, link.a.channel_id))
        wait_until(lambda: one.relayer.is_idle and two.relayer.is_idle, "both are idle")

    # Each packet was counted by one of them, also at the end.
    wait_counts(one, two, received=numbers, acknowledged=numbers)
    assert all(each.relayer.counters.get(Count.SET_ASIDE) == 0 for each in (one, two))
    assert not [each for run in (one, two) for each in run.progress if each.is_warning]
    assert_conserved(a, b, link)


def test_filters_and_limits_leave_packets_to_others(relay_pair: Pair, link, keys) -> None:
    a, b = relay_pair
    limits = TransferLimits(max_memo_bytes=500)
    send(a, link.a.channel_id, make_receiver("memo"), [1], memo="x" * 501)
    send(a, link.a.channel_id, make_receiver("memo"), [1], memo="x" * 400)
    settings = RelaySettings(packet_filter=PacketFilter(limits=limits))
    with relaying(relay_pair, keys, link, settings) as running:
        wait_until(lambda: count_waiting(a, link.a.channel_id) == 1, "the short one is done")
        wait_until(
            lambda: running.relayer.counters.get(Count.FILTERED) == 1, "the long one is counted"
        )
    denied = RelaySettings(packet_filter=PacketFilter(deny=("transfer/*",)))
    with relaying(relay_pair, keys, link, denied) as running:
        assert "channel_carried" not in running.names()
    assert count_waiting(a, link.a.channel_id) == 1

    with relaying(relay_pair, keys, link):
        wait_settled((a, link.a.channel_id))
    assert_conserved(a, b, link)


def test_one_packet_that_the_host_refuses_keeps_no_other_back(
    relay_pair: Pair, link, keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proof that is wrong for one packet of a batch: it is found, and set aside."""
    a, b = relay_pair
    send(a, link.a.channel_id, make_receiver("poison"), [1] * 9)
    poisoned = sorted(a.queries.list_packet_commitments("transfer", link.a.channel_id))[4]
    assess = proving.assess

    def damage(work: Work, proofs: Sequence[Proof]) -> proving.Proven:
        proven = assess(work, proofs)
        if work.kind is WorkKind.RECEIVE and work.sequence == poisoned:
            (proof,) = proven.proofs
            damaged = bytearray(proof.merkle_proof)
            damaged[len(damaged) // 2] ^= 1
            return replace(proven, proofs=(Proof(proof.value, bytes(damaged), proof.proof_height),))
        return proven

    monkeypatch.setattr(proving, "assess", damage)
    with relaying(relay_pair, keys, link) as running:
        wait_until(lambda: count_waiting(a, link.a.channel_id) == 1, "the eight others are done")
        wait_until(lambda: bool(running.find("packet_set_aside")), "it is told")
    (told,) = running.find("packet_set_aside")
    assert f"inbound {poisoned}:" in told.text
    assert running.relayer.counters.get(Count.SET_ASIDE) == 1

    monkeypatch.undo()
    cleared = clear_channel(a, b, EndName("transfer", link.a.channel_id), keys)
    assert (cleared.wanted, cleared.settled, cleared.stuck) == (1, 1, ())
    assert_conserved(a, b, link)


def test_too_little_gas_is_met_by_splitting(
    relay_pair: Pair, link, keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = relay_pair
    monkeypatch.setattr(gas_book, "FIRST_GAS", dict.fromkeys(WorkKind, 9_000))
    send(a, link.a.channel_id, make_receiver("gas"), [1] * 16)
    with relaying(relay_pair, keys, link) as running:
        wait_counts(running, received=16, acknowledged=16)
    counters = running.relayer.counters
    assert counters.get(Count.SPLITS) > 0
    assert counters.get(Count.SET_ASIDE) == 0
    assert_conserved(a, b, link)


def test_several_keys_sign_in_turn(
    linked_chains: LocalChains, relay_pair: Pair, link, keys
) -> None:
    a, b = relay_pair
    more = {
        chain.chain_id: [*keys[chain.chain_id], make_key(chain, "validator0")]
        for chain in linked_chains.values()
    }
    send(a, link.a.channel_id, make_receiver("keys"), [1] * 8)
    with relaying(relay_pair, more, link, RelaySettings(most_messages=2)) as running:
        wait_counts(running, received=8, acknowledged=8)
        height = b.client.rpc.get_committed_height()
    signers = {
        event.get("acc_seq") or event.get("fee_payer")
        for at in range(height - 30, height)
        for result in b.client.get_block_results(at).tx_results
        for event in result.events
        if event.type == "tx"
    }
    names = {str(signer).partition("/")[0] for signer in signers if signer}
    assert {str(key.address) for key in more[b.chain_id]} <= names
    assert_conserved(a, b, link)


def test_clear_takes_only_what_it_is_told_to(relay_pair: Pair, link, keys) -> None:
    a, b = relay_pair
    send(a, link.a.channel_id, make_receiver("clear"), [1] * 6)
    send(b, link.b.channel_id, make_receiver("clear"), [1] * 2)
    sequences = a.queries.list_packet_commitments("transfer", link.a.channel_id)
    end = EndName("transfer", link.a.channel_id)

    some = clear_channel(a, b, end, keys, ClearPlan(sequences=tuple(sequences[:2])))
    assert (some.wanted, some.settled) == (2, 2)
    assert a.queries.list_packet_commitments("transfer", link.a.channel_id) == sequences[2:]
    assert count_waiting(b, link.b.channel_id) == 2

    few = clear_channel(a, b, end, keys, ClearPlan(limit=1))
    assert (few.wanted, few.settled) == (1, 1)

    rest = clear_channel(a, b, end, keys)
    assert (rest.wanted, rest.settled) == (5, 5)
    assert count_waiting(a, link.a.channel_id) == count_waiting(b, link.b.channel_id) == 0
    assert clear_channel(a, b, end, keys).wanted == 0
    assert_conserved(a, b, link)
