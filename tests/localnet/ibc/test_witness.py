"""What ours leaves half-way is finished by rly v2.6.0, another's relayer, and the reverse."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from plurichain.harness import LocalChains, make_plurid_topologies
from plurichain.harness.links import LinkTopology
from plurichain.identifiers import Address
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.counters import Count
from plurichain.relayer.link import Link
from plurichain.relayer.relay import RelaySettings
from plurichain.relayer.work import Work, WorkKind
from scripts import witness_rly
from scripts.witness_rly import Rly
from tests.localnet.ibc.relaying import (
    assert_conserved,
    count_waiting,
    make_keys,
    relaying,
    send,
    voucher_of,
    wait_counts,
    wait_until,
)

pytestmark = [
    pytest.mark.long,
    pytest.mark.witness,
    pytest.mark.skipif(not witness_rly.BINARY.exists(), reason=witness_rly.MISSING),
]

Pair = tuple[RelayChain, RelayChain]
#: rly looks at its chains once a second; on faster ones it never finds itself in sync.
BLOCK_TIME_MS = 500
FLUSH_S = 150.0


@pytest.fixture(scope="module")
def chains(plurid_binary: Path, plurichain_chains_factory) -> LocalChains:
    """Give two chains that ours has linked."""
    topologies = make_plurid_topologies(
        plurid_binary, 2, chain_prefix="witness", block_time_ms=BLOCK_TIME_MS
    )
    started: LocalChains = plurichain_chains_factory(topologies, [LinkTopology("a", "b")])
    return started


@pytest.fixture(scope="module")
def pair(chains: LocalChains) -> Iterator[Pair]:
    with chains.open_relay_chain("a") as a, chains.open_relay_chain("b") as b:
        yield a, b


@pytest.fixture(scope="module")
def link(chains: LocalChains) -> Link:
    return chains.links[0]


@pytest.fixture(scope="module")
def rly(chains: LocalChains, pair: Pair, link: Link, tmp_path_factory) -> Rly:
    """Give rly with coins on both chains."""
    made = Rly(tmp_path_factory.mktemp("rly"), chains, link)
    made.fund(*pair)
    return made


def make_receiver(name: str) -> Address:
    return Address(name.encode().ljust(20, b"."), "pluri")


@contextlib.contextmanager
def flushing(rly: Rly) -> Iterator[None]:
    """Have rly carry what waits for as long as the block runs."""
    process = rly.start_flush()
    try:
        yield
    except AssertionError as error:
        error.add_note(rly.read_log()[-4_000:])
        raise
    finally:
        witness_rly.end(process)


def wait_flushed(*ends: tuple[RelayChain, str]) -> None:
    wait_until(
        lambda: not any(count_waiting(chain, channel) for chain, channel in ends),
        "rly has settled all packets",
        timeout_s=FLUSH_S,
    )


def get_received(chain: RelayChain, receiver: Address, channel: str) -> int:
    return chain.client.get_balances(receiver).get(voucher_of(channel), 0)


def get_signed(chain: RelayChain, rly: Rly, name: str) -> int:
    """Return how many transactions rly's account has signed: its sequence."""
    return chain.client.get_account(rly.addresses[name]).account_sequence


def only_receive(_source: str, _host: str, work: Work) -> bool:
    return work.kind is WorkKind.RECEIVE


def test_what_ours_only_received_is_acknowledged_by_rly(
    chains: LocalChains, pair: Pair, link: Link, rly: Rly
) -> None:
    a, b = pair
    receiver = make_receiver("ours-then-rly")
    send(a, link.a.channel_id, str(receiver), [1, 2, 3, 4, 5])
    settings = RelaySettings(clear_blocks=0, is_wanted=only_receive)
    with relaying(pair, make_keys(chains), link, settings) as running:
        wait_until(
            lambda: running.relayer.counters.get(Count.RECEIVED) == 5, "ours received all five"
        )
    assert get_received(b, receiver, link.b.channel_id) == 15
    assert count_waiting(a, link.a.channel_id) == 5
    before = get_signed(a, rly, "a")

    with flushing(rly):
        wait_flushed((a, link.a.channel_id))

    assert get_signed(a, rly, "a") > before
    assert get_received(b, receiver, link.b.channel_id) == 15
    assert_conserved(a, b, link)


def test_what_rly_only_received_is_acknowledged_by_ours(
    chains: LocalChains, pair: Pair, link: Link, tmp_path: Path
) -> None:
    """An rly that has coins on B alone can receive there, and bring nothing back to A."""
    a, b = pair
    receiver = make_receiver("rly-then-ours")
    poor = Rly(tmp_path / "rly", chains, link)
    poor.fund(b)
    send(a, link.a.channel_id, str(receiver), [1, 2, 3])
    with flushing(poor):
        wait_until(
            lambda: get_received(b, receiver, link.b.channel_id) == 6,
            "rly received all three",
            timeout_s=FLUSH_S,
        )
    assert get_signed(b, poor, "b") > 0
    assert count_waiting(a, link.a.channel_id) == 3

    with relaying(pair, make_keys(chains), link) as running:
        wait_counts(running, acknowledged=3)
    assert running.relayer.counters.get(Count.RECEIVED) == 0
    assert count_waiting(a, link.a.channel_id) == 0
    assert get_received(b, receiver, link.b.channel_id) == 6
    assert_conserved(a, b, link)


def test_packets_both_ways_that_ours_left_alone_are_cleared_by_rly(
    pair: Pair, link: Link, rly: Rly
) -> None:
    a, b = pair
    receiver = make_receiver("rly-alone")
    send(a, link.a.channel_id, str(receiver), [1, 2, 3])
    send(b, link.b.channel_id, str(receiver), [4, 5])
    before = get_signed(a, rly, "a"), get_signed(b, rly, "b")
    with flushing(rly):
        wait_flushed((a, link.a.channel_id), (b, link.b.channel_id))
    after = get_signed(a, rly, "a"), get_signed(b, rly, "b")
    assert all(now > then for now, then in zip(after, before, strict=True))
    assert get_received(b, receiver, link.b.channel_id) == 6
    assert get_received(a, receiver, link.a.channel_id) == 9
    assert_conserved(a, b, link)


def test_both_at_once_do_each_packet_once(
    chains: LocalChains, pair: Pair, link: Link, rly: Rly
) -> None:
    """Packets both ways while rly and ours run beside each other, each with keys of its own."""
    a, b = pair
    receiver = make_receiver("side-by-side")
    send(a, link.a.channel_id, str(receiver), [1] * 6)
    send(b, link.b.channel_id, str(receiver), [1] * 4)
    with flushing(rly), relaying(pair, make_keys(chains), link) as running:
        send(a, link.a.channel_id, str(receiver), [1] * 3)
        wait_flushed((a, link.a.channel_id), (b, link.b.channel_id))
        wait_until(lambda: running.relayer.is_idle, "ours is idle")
    assert running.relayer.counters.get(Count.SET_ASIDE) == 0
    assert get_received(b, receiver, link.b.channel_id) == 9
    assert get_received(a, receiver, link.a.channel_id) == 4
    assert_conserved(a, b, link)
