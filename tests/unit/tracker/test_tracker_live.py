"""Following chains whose nodes fail, lag, prune or begin anew, behind the client's interface."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plurichain.chain.nodes.endpoints import EndpointHealth
from plurichain.chain.types import Block, BlockResults, Event, Header, NodeStatus, TxResult
from plurichain.errors import (
    BadReply,
    ChainReset,
    HeightPruned,
    NodeBehind,
    NodeError,
    NodeTimeout,
    NotFound,
    StorageError,
)
from plurichain.ibc.channel import ChannelEnd
from plurichain.ibc.handshake import EndState
from plurichain.ibc.packet import Order, ProtocolVersion
from plurichain.tracker.blocks import Absence, Missing, TrackedBlock
from plurichain.tracker.dump import dump_store
from plurichain.tracker.follower import FollowedChain, Follower
from plurichain.tracker.live import LiveSource, find_route
from plurichain.tracker.reading import End
from plurichain.tracker.store import PacketStore, Route
from tests.unit.chain.nodes.nodes import ScriptedNode, make_client, make_dead_endpoint
from tests.unit.tracker.grids import HERE, THERE, A, B, event, packet, rows, signed

DEADLINE_S = 60.0


class Node:
    """A chain of ``newest`` blocks, each at its height in seconds; ``words`` by height.

    ``troubles`` are raised in turn where a block is asked for.
    """

    def __init__(
        self, chain_id: str, newest: int, words: dict[int, Any] | None = None, *,
        first: int = 1, history: str = "AA", troubles: tuple[Exception, ...] = (),
    ) -> None:  # fmt: skip
        self.network: Any = type("Network", (), {"chain_id": chain_id})()
        self.newest, self.first, self.history = newest, first, history
        self.words = words or {}
        self.troubles = list(troubles)
        self.without_results: set[int] = set()
        self.asked: list[int] = []
        self.kept_elsewhere = first
        self.away = ""

    def hash(self, height: int) -> str:
        return f"{self.history}{height:06X}"

    def wait_for_block(self, height: int, *, timeout_s: float, since_s: float) -> bool:
        assert timeout_s > 0
        assert since_s < 10**12
        return height <= self.newest

    def check(self) -> NodeStatus:
        return NodeStatus(
            self.network.chain_id, self.newest, 0, False, "", "", first_height=self.first
        )

    def list_health(self) -> list[EndpointHealth]:
        return [
            EndpointHealth("", "near", is_quarantined=False, failures=0, reason=""),
            EndpointHealth("", "far", bool(self.away), len(self.away), self.away),
        ]

    def get_block(self, height: int) -> Block:
        self.asked.append(height)
        if self.troubles:
            raise self.troubles.pop(0)
        if height < min(self.first, self.kept_elsewhere):
            raise HeightPruned("gone")
        header = Header(
            height, height * 10**9, self.network.chain_id, last_block_hash=self.hash(height - 1)
        )
        raw = json.dumps({"result": {"block_id": {"hash": self.hash(height).lower()}}}).encode()
        return Block(header, (b"signed",) * (height in self.words), raw)

    def get_block_results(self, height: int) -> BlockResults:
        if height in self.without_results:
            raise HeightPruned("node is not persisting abci responses")
        txs = [self.words[height]] if height in self.words else []
        results = tuple(
            TxResult(
                tx.code, tx.codespace, "", 0, 0, tuple(Event(kind, of) for kind, of in tx.events)
            )
            for tx in txs
        )
        return BlockResults(height, results, ())


def follow(
    store: PacketStore,
    nodes: list[Node],
    *,
    find: Callable[[str, End], Route | None] = lambda _chain_id, _end: None,
    first: int | None = None,
) -> tuple[Follower, list[str]]:
    """Follow until every chain is read up to its newest block, or failed."""
    said: list[str] = []
    chains = [
        FollowedChain(
            LiveSource(node, first=first),
            lambda end, chain_id=node.network.chain_id: find(chain_id, end),  # type: ignore[misc]
        )
        for node in nodes
    ]
    follower = Follower(store, chains, report=said.append)
    thread = threading.Thread(target=follower.run)
    thread.start()
    over = threading.Event()
    for _ in range(int(DEADLINE_S / 0.02)):
        heights = {each.chain_id: each.height for each in store.list_cursors()}
        waiting = [
            node.network.chain_id
            for node in nodes
            if heights.get(node.network.chain_id, 0) < node.newest
            and node.network.chain_id not in follower.failures
        ]
        if not waiting:
            break
        over.wait(0.02)
    follower.stop()
    thread.join(DEADLINE_S)
    assert not thread.is_alive()
    assert not waiting, f"not read to the end within {DEADLINE_S:.0f} s: {waiting}"
    return follower, said


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with PacketStore.open(tmp_path / "packets.db") as opened:
        yield opened


def find(chain_id: str, end: End) -> Route | None:
    routes = {(A, HERE): Route(A, HERE, B, THERE), (B, THERE): Route(B, THERE, A, HERE)}
    return routes.get((chain_id, end))


WORDS_A = {3: signed(event("send_packet", packet()))}
WORDS_B = {6: signed(event("recv_packet", packet()))}


def test_two_chains_are_followed_and_their_channels_found(store: PacketStore) -> None:
    follower, said = follow(store, [Node(A, 20, WORDS_A), Node(B, 20, WORDS_B)], find=find)
    assert (follower.failures, said) == ({}, [])
    assert [row.story for row in rows(store)] == ["received-unacked"]


def test_a_node_that_fails_hides_and_repeats_no_block(tmp_path: Path) -> None:
    dumps = []
    for name, troubles in (("calm", ()), ("storm", (NodeTimeout("slow"), NotFound("behind")))):
        with PacketStore.open(tmp_path / f"{name}.db") as store:
            node = Node(A, 12, WORDS_A, troubles=troubles)
            _, said = follow(store, [node])
            dumps.append(list(dump_store(store)))
            assert said == ([f"{A}: slow", f"{A}: is read again"] if troubles else [])
            assert [*dict.fromkeys(node.asked)] == list(range(1, 13))
    assert dumps[0] == dumps[1]


def test_a_second_run_goes_on_where_the_first_was(store: PacketStore) -> None:
    follow(store, [Node(A, 5, WORDS_A)])
    node = Node(A, 9, WORDS_A)
    follow(store, [node])
    assert node.asked == [6, 7, 8, 9]


def test_pruned_blocks_are_named(store: PacketStore) -> None:
    follow(store, [Node(A, 5, WORDS_A)])
    _, said = follow(store, [Node(A, 40, first=31)])
    assert said == [f"{A}: blocks 6 to 30 are pruned"]
    ranges = store.query("SELECT first, last, state FROM coverage ORDER BY first")
    assert ranges == [(1, 5, "read"), (6, 30, "pruned"), (31, 40, "read")]
    assert [row.story for row in rows(store)] == ["unknown"]


@pytest.mark.parametrize("oldest", [12, 13, 57, 400, 401])
def test_only_blocks_that_no_node_has_are_missing(oldest: int) -> None:
    """The node in use says what it has itself; another may have kept more."""
    node = Node(A, 900, first=401)
    node.kept_elsewhere = oldest
    missing = LiveSource(node).read_after(10)
    assert missing == Missing(A, 11, oldest - 1, Absence.PRUNED)
    assert len(node.asked) < 12


def test_blocks_are_not_given_up_while_a_node_that_may_have_them_is_away() -> None:
    node = Node(A, 900, first=401)
    node.without_results = {500}
    node.away = "no answer within 5 s"
    source = LiveSource(node)
    for height in (10, 499):
        with pytest.raises(NodeBehind, match=r"until .*far serves, or is taken out"):
            source.read_after(height)
    node.away = ""
    assert source.read_after(10) == Missing(A, 11, 400, Absence.PRUNED)
    assert source.read_after(499) == Missing(A, 500, 500, Absence.PRUNED)


def test_a_node_that_comes_back_between_two_questions_is_asked() -> None:
    """It was left out when the others were asked; what is given up is given up for good."""
    node = Node(A, 900, first=401)
    node.away = "no answer within 5 s"
    source = LiveSource(node)
    real = node.list_health

    def list_once() -> list[EndpointHealth]:
        told = real()
        node.away = ""
        return told

    node.list_health = list_once  # type: ignore[method-assign]
    with pytest.raises(NodeBehind, match="no answer within 5 s"):
        source.read_after(10)
    assert source.read_after(10) == Missing(A, 11, 400, Absence.PRUNED)


def test_a_pool_with_a_dead_node_gives_no_block_up_until_it_is_taken_out() -> None:
    """By real sockets: what one node has pruned the other may have, however often it is asked."""
    with ScriptedNode(first_height=50).running() as node:
        dead = make_dead_endpoint()
        for endpoints in ((node, dead), (dead, node)):
            with make_client(*endpoints, timeout_s=5) as client:
                source, causes = LiveSource(client), []
                for _ in range(6):
                    with pytest.raises(NodeError) as caught:
                        source.read_after(10)
                    causes.append(caught.value.cause)
                    assert "out of the network's endpoints in config.toml" in caught.value.remedy
                assert any(each.startswith(f"reading waits until {dead.rpc} serves, or is taken")
                           for each in causes)  # fmt: skip
        with make_client(node, timeout_s=5) as client:
            assert LiveSource(client).read_after(10) == Missing(
                node.chain_id, 11, 49, Absence.PRUNED
            )


def test_nodes_behind_one_address_that_differ_lose_no_block() -> None:
    node = Node(A, 900, first=5, troubles=(HeightPruned("lowest height is 700"),))
    source = LiveSource(node)
    with pytest.raises(NodeBehind, match="one node behind the address has block 11"):
        source.read_after(10)
    assert isinstance(source.read_after(10), TrackedBlock)


def test_results_that_a_node_does_not_keep_are_a_gap_of_one_block(store: PacketStore) -> None:
    node = Node(A, 29)
    node.without_results = {4, 5}
    follow(store, [node])
    ranges = store.query("SELECT first, last, state FROM coverage ORDER BY first")
    assert ranges == [(1, 3, "read"), (4, 5, "pruned"), (6, 29, "read")]


def test_a_chain_that_ends_long_before_what_was_read_is_not_waited_for_in_silence() -> None:
    """As when it was begun anew, and nobody remembers its blocks but the tracker."""
    node = Node(A, 9)
    source = LiveSource(node)
    with pytest.raises(NodeBehind, match="newest block is 9, and 40 was read before"):
        source.read_after(40)
    assert source.read_after(12) is None  # another node behind the address, a little behind
    node.newest = 41
    assert isinstance(source.read_after(40), TrackedBlock)
    node.newest = 9
    assert source.read_after(41) is None


@pytest.mark.parametrize("first", [5, 10**9])
def test_a_wait_for_the_first_block_is_said_once_with_the_newest(first: int) -> None:
    said: list[str] = []
    node = Node("chain-a", 4)
    source = LiveSource(node, first=first, report=said.append)
    for _ in range(3):
        assert source.read_after(None) is None
    assert said == [f"chain-a: nothing is read before block {first}; the newest is 4"]
    node.newest = first
    block = source.read_after(None)
    assert isinstance(block, TrackedBlock)
    assert block.height == first
    assert len(said) == 1


def test_results_that_are_not_there_yet_are_not_gone() -> None:
    """A node keeps a block a moment before it has executed it."""
    node, rests = Node(A, 9), list[float]()
    node.without_results = {9}
    source = LiveSource(node, rest=rests.append)
    assert source.read_after(8) is None
    node.without_results.clear()
    assert isinstance(source.read_after(8), TrackedBlock)
    assert len(rests) == 1


def test_a_node_that_is_behind_another_is_not_asked_without_a_rest() -> None:
    node, rests = Node(A, 9, troubles=(NotFound("behind"),) * 9), list[float]()
    source = LiveSource(node, rest=rests.append)
    while source.read_after(4) is None:
        pass
    assert rests == [0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0, 1.0, 1.0]
    node.troubles = [NotFound("behind")]
    assert source.read_after(5) is None
    assert rests[-1] == 0.02


def test_where_an_empty_database_begins(store: PacketStore) -> None:
    follow(store, [Node(A, 40, first=31), Node(B, 50)], first=None)
    assert store.query("SELECT chain_id, first FROM coverage ORDER BY 1") == [(A, 31), (B, 1)]


def test_a_height_to_begin_with(store: PacketStore) -> None:
    follow(store, [Node(A, 40)], first=38)
    assert store.query("SELECT first, last FROM coverage") == [(38, 40)]


def test_a_chain_begun_anew_ends_its_own_tracking_alone(store: PacketStore) -> None:
    follow(store, [Node(A, 5)])
    follower, said = follow(store, [Node(A, 9, history="BB"), Node(B, 9)])
    assert isinstance(follower.failures[A], ChainReset)
    assert len(said) == 1
    assert said[0].startswith(f"{A}: not tracked any more")
    heights = {each.chain_id: each.height for each in store.list_cursors()}
    assert heights == {A: 5, B: 9}


def test_what_nobody_foresaw_ends_one_chain_alone(
    store: PacketStore, caplog: pytest.LogCaptureFixture
) -> None:
    bad = Node(A, 9, troubles=(ZeroDivisionError("odd"),))
    full = Node("grid-3", 9, troubles=(StorageError("no room"),))
    follower, _ = follow(store, [bad, full, Node(B, 9)])
    assert set(follower.failures) == {A, "grid-3"}
    assert "tracking ended" in caplog.text


HERE_V2 = End(ProtocolVersion.V2, "", "07-tendermint-3")
THERE_V2 = End(ProtocolVersion.V2, "", "07-tendermint-7")


class Queries:
    """What a chain says of its channel."""

    def __init__(self, channel: ChannelEnd | Exception) -> None:
        self.channel = channel

    def get_channel(self, port: str, channel: str) -> ChannelEnd:
        assert (port, channel) == (HERE.port, HERE.channel)
        if isinstance(self.channel, Exception):
            raise self.channel
        return self.channel

    def get_connection(self, connection_id: str) -> Any:
        return type("Connection", (), {"client_id": f"client of {connection_id}"})()

    def get_client_state(self, client_id: str) -> Any:
        assert client_id in {"client of connection-4", HERE_V2.channel}
        return type("State", (), {"chain_id": B})()

    def get_client_counterparty(self, client_id: str) -> str:
        assert client_id == HERE_V2.channel
        if isinstance(self.channel, Exception):
            raise self.channel
        return self.channel.counterparty_channel.replace("channel", "07-tendermint")


def make_channel(counterparty: str) -> ChannelEnd:
    return ChannelEnd(
        EndState.OPEN, Order.UNORDERED, "transfer", counterparty, ("connection-4",), "ics20-1"
    )


@pytest.mark.parametrize(
    ("channel", "found"),
    [
        (make_channel("channel-7"), Route(A, HERE, B, THERE)),
        (make_channel(""), None),
        (NotFound("no such channel"), None),
    ],
)
def test_where_a_channel_leads(channel: Any, found: Route | None) -> None:
    queries: Any = Queries(channel)
    assert find_route(queries, A, HERE) == found


@pytest.mark.parametrize(
    ("channel", "found"),
    [
        (make_channel("channel-7"), Route(A, HERE_V2, B, THERE_V2)),
        (make_channel(""), None),
        (NotFound("no counterparty is registered"), None),
    ],
)
def test_where_a_client_of_ibc_v2_leads(channel: Any, found: Route | None) -> None:
    queries: Any = Queries(channel)
    assert find_route(queries, A, HERE_V2) == found


def test_nothing_yet_is_none() -> None:
    source = LiveSource(Node(A, 5))
    assert source.read_after(5) is None
    assert not isinstance(source.read_after(4), Missing)


def test_results_of_another_block_are_not_believed() -> None:
    """As when two nodes behind one address are of two chains."""

    class Mixed(Node):
        def get_block(self, height: int) -> Block:
            return replace(super().get_block(height), txs=(b"one", b"two"))

    with pytest.raises(BadReply, match="block 3 has 2 transactions, and results of 0"):
        LiveSource(Mixed(A, 5)).read_after(2)


def test_what_failed_is_kept_whole_and_what_succeeded_is_not() -> None:
    words = {2: signed(event("send_packet", packet())), 3: signed(code=5)}
    source = LiveSource(Node(A, 5, words))
    kept = [source.read_after(height) for height in (1, 2)]
    assert [block.txs[0].signed for block in kept if isinstance(block, TrackedBlock)] == [
        b"", b"signed",
    ]  # fmt: skip
