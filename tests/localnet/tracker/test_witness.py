"""The tracker beside rly v2.6.0, another's relayer, and a person who relays by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from plurichain.cli.main import main
from plurichain.config import save_network
from plurichain.harness import LocalChains, make_plurid_topologies
from plurichain.harness.links import LinkTopology
from plurichain.ibc.event_types import PacketEventKind
from plurichain.ibc.packet_story import StoryClass
from plurichain.identifiers import Address
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.link import LinkEnd
from plurichain.tracker.relayers import RelayerFigures, list_relayers
from scripts import witness_rly
from scripts.witness_rly import Rly
from tests.localnet.ibc.relaying import count_waiting, send, wait_until
from tests.localnet.tracker.by_hand import find_sent
from tests.localnet.tracker.tracking import PacketName, Tracked, tracking

pytestmark = [
    pytest.mark.long,
    pytest.mark.witness,
    pytest.mark.skipif(not witness_rly.BINARY.exists(), reason=witness_rly.MISSING),
]

#: rly looks at its chains once a second; on faster ones it never finds itself in sync.
BLOCK_TIME_MS = 500
FLUSH_S = 150.0
RECEIVED, ACKED, TIMED_OUT = (
    PacketEventKind.RECV, PacketEventKind.ACKNOWLEDGE, PacketEventKind.TIMEOUT,
)  # fmt: skip


@pytest.fixture(scope="module")
def chains(plurid_binary: Path, plurichain_chains_factory) -> LocalChains:
    """Give two linked chains that nobody else relays on."""
    topologies = make_plurid_topologies(
        plurid_binary, 2, chain_prefix="shared", block_time_ms=BLOCK_TIME_MS
    )
    started: LocalChains = plurichain_chains_factory(topologies, [LinkTopology("a", "b")])
    return started


@pytest.fixture
def person(chains: LocalChains, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> Address:
    """Give somebody with a home that knows both chains and a key with coins on each."""
    monkeypatch.setenv("PLURICHAIN_HOME", str(tmp_path / "home"))
    for name, chain in chains.items():
        save_network(chain.network(name))
    assert main(["keys", "add", "person", "--network", "a", "--output", "json"]) == 0
    address = Address.parse(json.loads(capfd.readouterr().out)["address"])
    for name in chains:
        assert main(["keys", "fund", "person", "5000000upluri", "--network", name]) == 0
    return address


@pytest.fixture
def pair(chains: LocalChains) -> Iterator[tuple[RelayChain, RelayChain]]:
    with chains.open_relay_chain("a") as a, chains.open_relay_chain("b") as b:
        yield a, b


def send_some(
    chain: RelayChain, end: LinkEnd, amounts: list[int], expires_ns: int = 3_600 * 10**9
) -> list[PacketName]:
    """Send transfers to an address that nobody has, and return the packets' names."""
    receiver = str(Address(b"shared".ljust(20, b"."), "pluri"))
    height = send(chain, end.channel_id, receiver, amounts, expires_ns=expires_ns)
    packets = find_sent(chain, height)
    assert len(packets) == len(amounts)
    return [(chain.chain_id, end.channel_id, packet.sequence) for packet in packets]


def clear(channel: str) -> None:
    """Relay by hand, as a person does."""
    assert main(["ibc", "clear", channel, "--network", "a", "--key", "person"]) == 0


def get_figures(tracked: Tracked, chain_id: str, signer: Address) -> RelayerFigures:
    """Return what the tracker says that a signer brought to a chain."""
    for figures in list_relayers(tracked.store):
        if (figures.chain_id, figures.signer) == (chain_id, str(signer)):
            return figures
    return RelayerFigures(chain_id, str(signer))


def count(figures: RelayerFigures) -> dict[PacketEventKind, int]:
    """Return how much a signer was the first to bring, without what is none."""
    kinds = (RECEIVED, ACKED, TIMED_OUT)
    return {kind: figures.get(kind).effected for kind in kinds if figures.get(kind).effected}


def test_rly_and_a_person_share_the_work_and_each_is_named(
    chains: LocalChains, pair: tuple[RelayChain, RelayChain], person: Address, tmp_path: Path
) -> None:
    a, b = pair
    link = chains.links[0]
    poor, rich = (Rly(tmp_path / name, chains, link) for name in ("poor", "rich"))
    poor.fund(b)
    rich.fund(a, b)

    def flush(rly: Rly, is_done) -> None:
        process = rly.start_flush()
        try:
            wait_until(is_done, "rly has done its part", timeout_s=FLUSH_S)
        except AssertionError as error:
            error.add_note(rly.read_log()[-4_000:])
            raise
        finally:
            witness_rly.end(process)

    def is_clear() -> bool:
        ends = (a, link.a.channel_id), (b, link.b.channel_id)
        return not any(count_waiting(chain, channel) for chain, channel in ends)

    with tracking(list(chains.values()), tmp_path / "packets.db") as tracked:
        # An rly that has coins on B alone receives there, and brings nothing back to A.
        shared = send_some(a, link.a, [1, 2, 3])

        flush(poor, lambda: tracked.has(shared, StoryClass.ACK_PENDING))
        for row in tracked.wait_for(shared, StoryClass.ACK_PENDING):
            assert (row.received_by, row.ended_by) == (str(poor.addresses["b"]), None)
        # The person brings the answers home, and then two more packets all the way.
        clear(link.a.channel_id)
        by_hand = send_some(a, link.a, [4, 5])
        clear(link.a.channel_id)
        for row in tracked.wait_for(shared, StoryClass.ACKED):
            assert (row.received_by, row.ended_by) == (str(poor.addresses["b"]), str(person))
        for row in tracked.wait_for(by_hand, StoryClass.ACKED):
            assert (row.received_by, row.ended_by) == (str(person), str(person))
        # rly alone, both ways, and what expired before anybody came.
        alone = send_some(b, link.b, [6, 7, 8, 9])
        late = send_some(a, link.a, [10, 11], expires_ns=10**9)
        tracked.wait_for(late, StoryClass.EXPIRED)
        flush(rich, is_clear)
        for row in tracked.wait_for(alone, StoryClass.ACKED):
            assert row.received_by == str(rich.addresses["a"])
            assert row.ended_by == str(rich.addresses["b"])
        for row in tracked.wait_for(late, StoryClass.REFUNDED):
            assert (row.received_by, row.ended_by) == (None, str(rich.addresses["a"]))

        assert count(get_figures(tracked, b.chain_id, poor.addresses["b"])) == {RECEIVED: 3}
        assert count(get_figures(tracked, a.chain_id, person)) == {ACKED: 5}
        assert count(get_figures(tracked, b.chain_id, person)) == {RECEIVED: 2}
        assert count(get_figures(tracked, a.chain_id, rich.addresses["a"])) == {
            RECEIVED: 4, TIMED_OUT: 2,
        }  # fmt: skip
        assert count(get_figures(tracked, b.chain_id, rich.addresses["b"])) == {ACKED: 4}
        # Nobody else is named, and every packet that the chains ever had is told.
        named = {figures.signer for figures in list_relayers(tracked.store)}
        assert named == {
            str(person), str(poor.addresses["b"]), *map(str, rich.addresses.values()),
        }  # fmt: skip
        assert sorted(tracked.list_rows()) == sorted([*shared, *by_hand, *alone, *late])
