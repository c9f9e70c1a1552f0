"""Ordered channels: interchain accounts, in sequence, closed by a time-out, and what comes back."""

from __future__ import annotations

import pytest

from plurichain.chain.ibc.packet_messages import (
    register_interchain_account,
    send_interchain_messages,
)
from plurichain.chain.transactions.messages import bank_send
from plurichain.errors import PhaseError
from plurichain.harness import LocalChains
from plurichain.ibc.handshake import EndState
from plurichain.ibc.packet import Order
from plurichain.identifiers import Address
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.channels import finish_channel
from plurichain.relayer.counters import Count
from plurichain.relayer.link import Link
from plurichain.relayer.relay import RelaySettings
from plurichain.relayer.transfers import TransferPlan, send_transfer
from plurichain.relayer.work import WorkKind
from plurichain.units import Coin
from tests.localnet.ibc.relaying import make_keys, relaying, wait_counts, wait_until

Pair = tuple[RelayChain, RelayChain]
HOUR_NS = 3_600_000_000_000


@pytest.fixture(scope="module")
def keys(linked_chains: LocalChains):
    return make_keys(linked_chains)


def find_open_account(a: RelayChain, connection: str) -> str:
    """Return the newest channel of the relayer's interchain account over ``connection``, or "".

    Other tests may have an account of the same owner over another connection.
    """
    port = f"icacontroller-{a.address}"
    places = [
        place
        for place in a.queries.list_channels()
        if place.port == port and tuple(place.end.connection_hops) == (connection,)
    ]
    is_open = [p.channel for p in places if p.end.state in {EndState.OPEN, EndState.INIT}]
    return is_open[-1] if is_open else ""


@pytest.fixture
def account(relay_pair: Pair, linked_chains: LocalChains) -> Link:
    """Open an ordered channel of an interchain account, and give the account coins."""
    a, b = relay_pair
    connection = linked_chains.links[0].a.connection_id
    if not find_open_account(a, connection):
        a.send(
            [register_interchain_account(a.address, connection, order=Order.ORDERED)],
            purpose="test",
        )
    link = finish_channel(a, b, f"icacontroller-{a.address}", find_open_account(a, connection))
    address = a.transfers.get_interchain_account(a.address, connection)
    assert address is not None
    b.send([bank_send(b.address, Address.parse(address), (Coin("upluri", 1_000),))], purpose="test")
    return link


def order_payments(a: RelayChain, link: Link, receiver: str, amounts, *, timeout_ns: int) -> None:
    """Have the account pay on the other chain, one packet for each amount."""
    address = a.transfers.get_interchain_account(a.address, link.a.connection_id)
    assert address is not None
    account = Address.parse(address)
    payments = [
        send_interchain_messages(
            a.address,
            link.a.connection_id,
            [bank_send(account, Address.parse(receiver), (Coin("upluri", amount),))],
            timeout_ns=timeout_ns,
        )
        for amount in amounts
    ]
    a.send(payments, purpose="test")


def test_packets_of_an_ordered_channel_are_carried_in_their_sequence(
    relay_pair: Pair, account: Link, keys
) -> None:
    a, b = relay_pair
    receiver = str(Address(b"ordered".ljust(20, b"."), "pluri"))
    order_payments(a, account, receiver, [1, 2, 3], timeout_ns=HOUR_NS)
    with relaying(relay_pair, keys, account) as running:
        wait_counts(running, acknowledged=3)
        for amount in (4, 5):
            order_payments(a, account, receiver, [amount], timeout_ns=HOUR_NS)
        wait_counts(running, received=5, acknowledged=5)
    assert b.client.get_balances(Address.parse(receiver)) == {"upluri": 15}
    assert running.relayer.counters.get(Count.SET_ASIDE) == 0
    assert running.relayer.counters.get(Count.FAILED_TRANSACTIONS) == 0


def test_a_time_out_closes_an_ordered_channel_and_what_was_behind_comes_back(
    relay_pair: Pair, account: Link, keys
) -> None:
    """The first packet times out; the second one, not due yet, is timed out on close."""
    a, b = relay_pair
    receiver = str(Address(b"closed".ljust(20, b"."), "pluri"))
    order_payments(a, account, receiver, [1], timeout_ns=1)
    order_payments(a, account, receiver, [2], timeout_ns=HOUR_NS)

    with relaying(relay_pair, keys, account) as running:
        wait_counts(running, timed_out=2, channels_closed=1)
        wait_until(lambda: running.relayer.is_idle, "the relayer is idle")

    for chain, end in ((a, account.a), (b, account.b)):
        assert chain.queries.get_channel(end.port, end.channel_id).state is EndState.CLOSED
    assert a.queries.list_packet_commitments(account.a.port, account.a.channel_id) == []
    plan = TransferPlan(account.a.channel_id, receiver, Coin("upluri", 1), port=account.a.port)
    with pytest.raises(PhaseError, match="is closed"):
        send_transfer(a, plan)
    assert b.client.get_balances(Address.parse(receiver)) == {}
    kinds = {key for each in running.find("packets_carried") for key in each.fields}
    assert {"timeout", "close", "timeout_on_close"} <= kinds
    assert running.relayer.counters.get(Count.SET_ASIDE) == 0


def test_a_channel_that_was_closed_by_halves_is_found_in_state(
    relay_pair: Pair, account: Link, keys
) -> None:
    """The relayer ends after the time-out; the next one closes the other end."""
    a, b = relay_pair
    receiver = str(Address(b"halves".ljust(20, b"."), "pluri"))
    order_payments(a, account, receiver, [1], timeout_ns=1)
    order_payments(a, account, receiver, [2], timeout_ns=HOUR_NS)

    only = RelaySettings(is_wanted=lambda _a, _b, work: work.kind is WorkKind.TIMEOUT)
    with relaying(relay_pair, keys, account, only) as running:
        wait_counts(running, timed_out=1)
    here = a.queries.get_channel(account.a.port, account.a.channel_id)
    there = b.queries.get_channel(account.b.port, account.b.channel_id)
    assert (here.state, there.state) == (EndState.CLOSED, EndState.OPEN)

    with relaying(relay_pair, keys, account) as running:
        wait_counts(running, timed_out=1, channels_closed=1)
    there = b.queries.get_channel(account.b.port, account.b.channel_id)
    assert there.state is EndState.CLOSED
    assert a.queries.list_packet_commitments(account.a.port, account.a.channel_id) == []
