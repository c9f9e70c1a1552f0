"""Several nodes as one: fail-over, quarantine, nodes that are behind, and lies about height."""

from __future__ import annotations

import logging
import os
import random
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from plurichain.chain.budget import Budget, CallLimit, compute_call_limit
from plurichain.chain.nodes.endpoints import COMPARE_EVERY_S, LONGEST_QUARANTINE_S, EndpointPool
from plurichain.chain.nodes.grpc_channel import GrpcChannel
from plurichain.chain.nodes.retrying import RetryPolicy
from plurichain.chain.nodes.rpc import RpcClient
from plurichain.config import Endpoint
from plurichain.errors import (
    BadReply,
    ChainReset,
    HeightPruned,
    NodeBehind,
    NodeError,
    NodeTimeout,
    NodeUnreachable,
    NotFound,
    WrongChain,
)
from tests.unit.chain.nodes import servers
from tests.unit.chain.nodes.nodes import ScriptedNode, make_client, make_dead_endpoint


@pytest.fixture
def pair() -> Iterator[tuple[ScriptedNode, ScriptedNode]]:
    with ExitStack() as stack:
        first, second = ScriptedNode(), ScriptedNode()
        second.time_ns = first.time_ns
        yield stack.enter_context(first.running()), stack.enter_context(second.running())


def test_the_first_node_serves_while_it_is_well(pair: tuple[ScriptedNode, ScriptedNode]) -> None:
    with make_client(*pair) as client:
        for _ in range(5):
            assert client.get_latest_header().height == 100
        assert client.endpoint == pair[0].endpoint
        # The second one was asked for its height, once.
        assert pair[1].calls.count("status") == 1
        assert "header" not in pair[1].calls


def test_a_dead_node_is_passed_over_and_left_alone(
    pair: tuple[ScriptedNode, ScriptedNode], caplog: pytest.LogCaptureFixture
) -> None:
    dead = make_dead_endpoint()
    told: list[str] = []
    caplog.set_level("INFO", logger="plurichain")
    with make_client(dead, pair[0], timeout_s=5, on_switch=told.append) as client:
        began = time.monotonic()
        assert client.get_latest_header().height == 100
        assert client.check().height == 100
        assert time.monotonic() - began < 4
        assert client.endpoint == pair[0].endpoint
        health = client.list_health()
        assert [item.is_quarantined for item in health] == [True, False]
        assert "cannot reach" in health[0].reason
        assert health[0].failures == 1
    assert f"not using {dead.rpc}" in caplog.text
    # Who uses the program is told once, in one line, and not by the log.
    assert len(told) == 1
    assert told[0].startswith(f"using {pair[0].endpoint.rpc}: cannot reach {dead.rpc}")
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


def test_a_silent_node_costs_one_call_and_then_no_more(
    pair: tuple[ScriptedNode, ScriptedNode],
) -> None:
    with make_client(*pair, timeout_s=1.0) as client:
        client.get_latest_header()
        pair[0].is_silent = True
        began = time.monotonic()
        assert client.get_latest_header().height == 100
        first_s = time.monotonic() - began
        assert 0.9 < first_s < 2.9
        began = time.monotonic()
        assert client.get_latest_header().height == 100
        assert time.monotonic() - began < 0.9


def test_nobody_serves_names_every_node_and_its_reason() -> None:
    dead = [make_dead_endpoint(), make_dead_endpoint()]
    with make_client(*dead) as client:
        with pytest.raises(NodeUnreachable, match="no node serves") as caught:
            client.get_latest_header()
        assert all(endpoint.rpc in caught.value.cause for endpoint in dead)
        # In quarantine, and asked all the same: there is no other.
        with pytest.raises(NodeUnreachable):
            client.get_latest_header()


def test_a_node_of_another_chain_is_not_used(pair: tuple[ScriptedNode, ScriptedNode]) -> None:
    pair[0].chain_id = "chain-2"
    with make_client(*pair) as client:
        assert client.get_latest_header().height == 100
        assert client.endpoint == pair[1].endpoint
    pair[1].chain_id = "chain-3"
    with make_client(*pair) as client, pytest.raises(WrongChain, match=r"chain-2.*chain-3"):
        client.get_latest_header()


def test_a_node_that_is_catching_up_is_not_used(pair: tuple[ScriptedNode, ScriptedNode]) -> None:
    pair[0].catching_up = True
    with make_client(*pair) as client:
        assert client.get_latest_header().height == 100
        assert client.endpoint == pair[1].endpoint
    with make_client(pair[0]) as client:
        assert client.check().catching_up
        with pytest.raises(NodeBehind, match="is catching up with the chain, at block 100"):
            client.get_latest_header()
        pair[0].catching_up = False
        assert client.get_latest_header().height == 100


def test_a_node_behind_another_is_not_used(pair: tuple[ScriptedNode, ScriptedNode]) -> None:
    behind, ahead = pair
    behind.height, behind.time_ns = 90, ahead.time_ns - 10 * 10**9
    with make_client(behind, ahead) as client:
        assert client.get_latest_header().height == 100
        assert "is at block 90" in client.list_health()[0].reason


def test_one_block_apart_is_not_behind(pair: tuple[ScriptedNode, ScriptedNode]) -> None:
    pair[0].height, pair[0].time_ns = 98, pair[1].time_ns - 2 * 10**9
    with make_client(*pair) as client:
        assert client.get_latest_header().height == 98


@pytest.mark.parametrize("liar", [0, 1])
def test_a_height_that_cannot_be_shown_is_not_believed(
    pair: tuple[ScriptedNode, ScriptedNode], liar: int
) -> None:
    pair[liar].said_height = 10**6
    with make_client(*pair) as client:
        assert client.get_latest_header().height == 100
        assert client.endpoint == pair[1 - liar].endpoint
        assert "does not have it" in client.list_health()[liar].reason


def test_a_lone_liar_is_an_error_not_a_height(pair: tuple[ScriptedNode, ScriptedNode]) -> None:
    pair[0].said_height = 10**6
    with make_client(pair[0]) as client, pytest.raises(BadReply, match="says that it is at block"):
        client.get_latest_header()


def test_what_one_node_has_dropped_another_still_has(
    pair: tuple[ScriptedNode, ScriptedNode],
) -> None:
    pair[0].first_height = 50
    with make_client(*pair) as client:
        assert client.get_block(10).header.height == 10
        # Nothing is wrong with a node that prunes.
        assert not any(item.is_quarantined for item in client.list_health())
        pair[1].first_height = 50
        with pytest.raises(HeightPruned, match="lowest height is 50"):
            client.get_block(10)
        with pytest.raises(NotFound, match="refused block"):
            client.get_block(101)


def test_a_server_that_was_replaced_is_checked_again(
    pair: tuple[ScriptedNode, ScriptedNode],
) -> None:
    node = pair[0]
    with make_client(node) as client:
        client.get_latest_header()
        node.history = "b"
        # The connection stands: the server is the same one, and is believed.
        client.get_latest_header()
        # A height below an earlier one has it checked.
        node.height = 99
        with pytest.raises(ChainReset, match="was begun anew: its block 2 is") as caught:
            client.get_latest_header()
        assert "network accept town" in caught.value.remedy


def test_behind_a_broken_connection_may_be_another_server(
    pair: tuple[ScriptedNode, ScriptedNode],
) -> None:
    node = pair[0]
    with make_client(node, timeout_s=5) as client:
        client.get_latest_header()
        node.drops_next = True
        assert client.get_latest_header().height == 100
        node.history, node.height, node.drops_next = "b", 200, True
        with pytest.raises(ChainReset):
            client.get_latest_header()


def test_one_budget_bounds_many_operations(pair: tuple[ScriptedNode, ScriptedNode]) -> None:
    with make_client(pair[0], timeout_s=30) as client:
        client.get_latest_header()
        pair[0].is_silent = True
        began = time.monotonic()
        with Budget(0.5).running():
            for _ in range(3):
                with pytest.raises(NodeTimeout):
                    client.get_latest_header()
        assert time.monotonic() - began < 3


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


class StubNode:
    """As much of Node as the pool uses; ``error`` is raised by every use."""

    class Rpc:
        breaks = 0

    def __init__(self, name: str) -> None:
        self.endpoint = Endpoint(f"{name}:1", f"http://{name}:2")
        self.rpc = self.Rpc()
        self.error: NodeError | None = None
        self.asked = 0

    def ready(self) -> None:
        self.asked += 1
        if self.error is not None:
            raise self.error

    def distrust(self) -> None:
        pass


def make_pool(*stubs: StubNode, clock: Clock, tries: int = 1) -> EndpointPool:
    policy = RetryPolicy(tries=tries, rng=random.Random(1), sleep=lambda _s: None)
    return EndpointPool(stubs, budget_s=60, policy=policy, clock=clock)  # type: ignore[arg-type]


def test_quarantine_grows_is_bounded_and_ends() -> None:
    clock, bad = Clock(), StubNode("bad")
    pool = make_pool(bad, clock=clock)
    bad.error = NodeUnreachable("away")
    spans = []
    for _ in range(10):
        with pytest.raises(NodeUnreachable):
            pool.run(lambda _node: 1)
        spans.append(pool._health[bad].until_s - clock.now_s)  # type: ignore[index]
    assert spans[:4] == [1, 2, 4, 8]
    assert spans[-1] == LONGEST_QUARANTINE_S
    bad.error = None
    assert pool.run(lambda _node: 1) == 1
    (health,) = pool.list_health()
    assert (health.failures, health.is_quarantined, health.reason) == (0, False, "")


def test_a_node_may_be_away_for_as_long_as_it_likes() -> None:
    """The two-thousandth failure is a failure like any other."""
    clock, bad = Clock(), StubNode("bad")
    pool = make_pool(bad, clock=clock)
    bad.error = NodeUnreachable("away")
    for _ in range(2_000):
        with pytest.raises(NodeUnreachable):
            pool.run(lambda _node: 1)
    (health,) = pool.list_health()
    assert health.failures == 2_000
    assert pool._health[bad].until_s - clock.now_s == LONGEST_QUARANTINE_S  # type: ignore[index]


def test_a_node_in_quarantine_is_not_asked_until_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, bad, good = Clock(), StubNode("bad"), StubNode("good")
    monkeypatch.setattr(EndpointPool, "_compare_heights", lambda *_: None)
    pool = make_pool(bad, good, clock=clock)
    bad.error = NodeUnreachable("away")
    for _ in range(5):
        assert pool.run(lambda node: node) is good  # type: ignore[comparison-overlap]
    assert bad.asked == 1
    clock.now_s += COMPARE_EVERY_S
    bad.error = None
    assert pool.run(lambda node: node) is bad  # type: ignore[comparison-overlap]


def test_only_what_may_pass_is_tried_again() -> None:
    clock, node = Clock(), StubNode("n")
    pool = make_pool(node, clock=clock, tries=4)
    for error, times in ((NodeTimeout("t"), 4), (WrongChain("w"), 1), (NotFound("x"), 1)):
        asked: list[object] = []

        def use(used: object, error: NodeError = error, asked: list[object] = asked) -> None:
            asked.append(used)
            raise error

        with pytest.raises(type(error)):
            pool.run(use)
        assert len(asked) == times


def test_pauses_are_drawn_from_the_seed_and_end_with_the_budget() -> None:
    slept: list[float] = []
    policy = RetryPolicy(tries=6, rng=random.Random(7), sleep=slept.append)
    assert list(policy.run(Budget(60))) == [1, 2, 3, 4, 5, 6]
    again = RetryPolicy(tries=6, rng=random.Random(7))
    assert slept == [again.compute_pause(number) for number in range(1, 6)]
    assert all(0 <= pause_s <= min(0.05 * 2**index, 1.0) for index, pause_s in enumerate(slept))
    clock = Clock()
    over = Budget(0.0, clock=clock)
    assert list(policy.run(over)) == [1]
    with pytest.raises(NodeTimeout, match="within 0 s in all"):
        over.compute_limit(5)


def test_pauses_stay_bounded_however_often_it_failed() -> None:
    """A node that is away for hours is asked again as one that is away for minutes."""
    policy = RetryPolicy(first_s=0.5, longest_s=15.0, rng=random.Random(1))

    assert all(0 <= policy.compute_pause(number) <= 15 for number in (1, 40, 1_030, 10**6))


def test_of_two_budgets_the_shorter_counts() -> None:
    with Budget(0.2).running(), Budget(50).running() as inner:
        assert inner.left_s <= 0.2
    with Budget(50).running(), Budget(0.2).running() as inner:
        assert inner.left_s <= 0.2
        assert inner.compute_limit(100) <= 0.2


def test_a_clock_far_from_block_time_is_warned_of_once(
    pair: tuple[ScriptedNode, ScriptedNode], caplog: pytest.LogCaptureFixture
) -> None:
    pair[0].time_ns -= 3_600 * 10**9
    with make_client(pair[0], max_clock_skew_s=60) as client:
        client.check()
        client.check()
    assert caplog.text.count("3600 s old by this machine's clock") == 1
    pair[1].time_ns += 3_600 * 10**9
    with make_client(pair[1], max_clock_skew_s=60) as client:
        client.check()
    assert "ahead by this machine's clock: this machine's clock is behind" in caplog.text
    caplog.clear()
    with make_client(pair[1], max_clock_skew_s=4_000) as client:
        client.check()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_connects_by_itself(pair: tuple[ScriptedNode, ScriptedNode]) -> None:
    with make_client(pair[0], timeout_s=5) as client:
        client.get_latest_header()
        parents = client._nodes[0].rpc
        child = os.fork()
        if child == 0:
            # In the child: RPC only, by a connection of its own.
            code = 1
            try:
                own = client._nodes[0].rpc
                code = 0 if own is not parents and own.get_status().height == 100 else 2
            finally:
                os._exit(code)
        deadline = time.monotonic() + 20
        done, status = os.waitpid(child, os.WNOHANG)
        while not done and time.monotonic() < deadline:
            time.sleep(0.02)
            done, status = os.waitpid(child, os.WNOHANG)
        if not done:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        assert done
        assert os.waitstatus_to_exitcode(status) == 0
        assert client.get_latest_header().height == 100


def test_too_many_requests_is_busy() -> None:
    from plurichain.chain.nodes.rpc import RpcClient
    from plurichain.errors import NodeBusy

    def refuse(connection: socket.socket) -> None:
        servers.read_request(connection)
        connection.sendall(servers.make_reply(b"slow down", status="429 Too Many Requests"))

    with servers.serve(refuse) as port:
        rpc = RpcClient(f"http://127.0.0.1:{port}", timeout_s=5)
        with pytest.raises(NodeBusy, match="HTTP 429"):
            rpc.get_status()
        rpc.close()


def test_a_call_that_got_the_rest_of_a_total_says_so() -> None:
    """The few milliseconds that were left blamed a node for the time that others took."""
    clock = Clock()
    with Budget(10, clock=clock).running():
        clock.now_s += 9.9977
        rest = compute_call_limit(5)
        assert rest.seconds == pytest.approx(0.0023)
        error = rest.make_error("http://node", "status")
        assert error.cause == (
            "http://node did not answer within 0.0023 s (status): what was asked before had taken "
            "the rest of 10 s in all"
        )
        assert "allow more time" in error.remedy


@pytest.mark.parametrize(("total_s", "wanted_s", "told"), [(10, 5, 5), (2, 5, 2), (None, 5, 5)])
def test_a_call_that_had_all_its_time_names_it_alone(
    total_s: float | None, wanted_s: float, told: float
) -> None:
    with ExitStack() as stack:
        if total_s is not None:
            stack.enter_context(Budget(total_s, clock=Clock()).running())
        error = compute_call_limit(wanted_s).make_error("http://node")
    assert error.cause == f"http://node did not answer within {told} s"
    assert "another node" in error.remedy


def test_of_nested_totals_the_one_that_is_short_is_named() -> None:
    clock = Clock()
    with Budget(3, clock=clock).running():
        clock.now_s += 2.5
        with Budget(60, clock=clock).running():
            assert compute_call_limit(5) == CallLimit(0.5, 3)
        with Budget(0.25, clock=clock).running():
            assert not compute_call_limit(5).is_rest


def test_both_ways_to_a_node_say_what_was_left() -> None:
    """Over RPC and over gRPC, one call and several at once, on real sockets."""
    with ExitStack() as stack:
        port = stack.enter_context(servers.serve(servers.never_answer))
        rpc = RpcClient(f"http://127.0.0.1:{port}", timeout_s=30)
        channel = GrpcChannel(f"127.0.0.1:{port}", timeout_s=30)
        stack.callback(channel.close)
        stack.callback(rpc.close)
        method = channel.raw.unary_unary("/a.B/C", bytes, bytes)
        asks: list[Callable[[], object]] = [
            rpc.get_status,
            lambda: channel.call(method, b"", what="one"),
            lambda: channel.call_many(method, [b"", b""], what="two"),
        ]
        for ask in asks:
            clock = Clock()
            with Budget(60, clock=clock).running():
                clock.now_s += 59.8
                with pytest.raises(NodeTimeout, match=r"within 0\.2 s.*the rest of 60 s in all"):
                    ask()
