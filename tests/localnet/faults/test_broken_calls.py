"""A node that answers badly, or not at all: reads go elsewhere or say why, nothing sent is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from plurichain.chain import ChainClient, OutcomeStatus, TxSender
from plurichain.config import Network
from plurichain.errors import BadReply, NodeBusy, NodeError, NodeTimeout, NodeUnreachable
from plurichain.harness import FaultyNetwork
from plurichain.harness import fault_proxy_faults as faults
from plurichain.keyring import Key
from tests.localnet.bidding.conftest import _make_person
from tests.localnet.chain.test_outcomes import pay
from tests.localnet.faults.conftest import list_heights

MakeSender = Callable[..., TxSender]
BROADCAST = "Service/BroadcastTx"

# Fault: what a client that has no other node is told, of RPC and of gRPC.
BROKEN: dict[faults.Fault, tuple[type[NodeError], type[NodeError]]] = {
    faults.Truncate(20): (NodeError, NodeUnreachable),
    faults.Truncate(0): (NodeError, NodeUnreachable),
    faults.Garbage(): (NodeError, NodeUnreachable),
    faults.Page(502): (BadReply, NodeUnreachable),
    faults.Page(429): (NodeBusy, NodeUnreachable),
    faults.GrpcStatus(8): (NodeBusy, NodeBusy),
    faults.GrpcStatus(4): (NodeBusy, NodeTimeout),
    faults.GrpcStatus(14): (NodeBusy, NodeUnreachable),
    faults.GoAway(): (NodeUnreachable, NodeUnreachable),
    faults.Reset(): (NodeUnreachable, NodeUnreachable),
    faults.Reset(after_answer=True): (NodeUnreachable, NodeUnreachable),
}
# Those that say little more than another do so in the long run.
RARE = (faults.Truncate(0), faults.GrpcStatus(4), faults.GrpcStatus(14), faults.Reset())
FEW = (faults.Garbage(), faults.Page(502), faults.GrpcStatus(8), faults.Reset(after_answer=True))


def each_fault(*, often: Callable[[faults.Fault], bool]) -> pytest.MarkDecorator:
    """Give every fault, those that are not for every day in the long run."""
    return pytest.mark.parametrize(
        "fault",
        [pytest.param(each, marks=() if often(each) else pytest.mark.long) for each in BROKEN],
        ids=lambda fault: repr(fault).partition(", text")[0],
    )


@each_fault(often=lambda fault: fault not in RARE)
def test_a_bad_answer_is_a_node_error_and_passes_with_the_fault(
    fault: faults.Fault, faulty_network: FaultyNetwork, proxied: Network
) -> None:
    """One node alone: tried again within the budget, then named; used again as soon as it can."""
    (node,) = faulty_network.nodes
    with ChainClient(proxied, timeout_s=2.0) as client:
        supply = client.get_supply("ueur")
        node.rpc.on_call(fault, "header", times=1)
        node.grpc.on_call(fault, "SupplyOf", times=1)
        assert client.get_latest_header().height > 0
        assert client.get_supply("ueur") == supply
        assert len(faulty_network.traffic.faults) == 1
        rules = faulty_network.on_call(fault, "header", "SupplyOf")
        told = BROKEN[fault]
        with pytest.raises(told[0]) as by_rpc:
            client.get_latest_header()
        with pytest.raises(told[1]) as by_grpc:
            client.get_supply("ueur")
        for caught in (by_rpc, by_grpc):
            assert "127.0.0.1" in caught.value.cause
            assert "\n" not in caught.value.cause
        for proxy, rule in zip(faulty_network.proxies, rules, strict=True):
            proxy.remove(rule)
        assert client.get_supply("ueur") == supply
        assert client.get_latest_header().height > 0


@each_fault(often=FEW.__contains__)
def test_another_node_answers_instead(
    fault: faults.Fault, faulty_network: FaultyNetwork, both: Network
) -> None:
    told: list[str] = []
    with ChainClient(both, timeout_s=2.0, on_switch=told.append) as client:
        client.get_latest_header()
        assert client.endpoint == both.endpoints[0]
        faulty_network.on_call(fault)
        assert client.get_supply("ueur") > 0
        assert client.get_latest_header().height > 0
        assert client.endpoint == both.endpoints[1]
        (line,) = told
        assert line.startswith(f"using {both.endpoints[1].rpc}: ")


def test_a_user_is_told_of_another_node_in_one_line(
    faulty_network: FaultyNetwork, both: Network, tmp_path: Path
) -> None:
    person = _make_person(tmp_path / "person" / "home", "person", both)
    assert person.run("auction", "list").err == ""
    faulty_network.cut()
    run = person.run("auction", "list")
    assert run.status == 0
    (line,) = run.err.splitlines()
    assert line.startswith(f"using {both.endpoints[1].rpc}: cannot reach {both.endpoints[0].rpc}")
    verbose = person.run("auction", "list", "-v").err
    assert f"not using {both.endpoints[0].rpc} for" in verbose


def test_a_web_proxy_of_the_environment_is_not_asked(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("grpc_proxy", "http_proxy", "https_proxy", "all_proxy"):
        for each in (name, name.upper()):
            monkeypatch.setenv(each, "http://127.0.0.1:1")
    with ChainClient(network, timeout_s=5) as client:
        assert client.check().height > 0
        assert client.get_supply("ueur") > 0


@each_fault(often=FEW.__contains__)
def test_what_is_sent_through_it_lands_once(
    fault: faults.Fault,
    faulty_network: FaultyNetwork,
    proxied: Network,
    make_sender: MakeSender,
    key: Key,
    direct: ChainClient,
) -> None:
    before = direct.get_balances(key.address)["ueur"]
    first = direct.get_latest_header().height
    faulty_network.on_call(fault, BROADCAST, "block_results", "simulate", times=2)
    sender = make_sender(proxied)
    outcome = sender.send(pay(key, 3), purpose="pay")

    assert outcome.status is OutcomeStatus.ACCEPTED
    assert direct.get_balances(key.address)["ueur"] == before - 3
    assert list_heights(direct, outcome.tx_hash, first) == [outcome.height]
    assert len(sender.journal.list_entries()) == 1
    assert faulty_network.traffic.faults, "the fault has happened"


def test_an_answer_that_is_lost_every_time_leaves_it_unknown_until_a_block_tells(
    faulty_network: FaultyNetwork,
    proxied: Network,
    make_sender: MakeSender,
    key: Key,
    direct: ChainClient,
) -> None:
    """The node takes it each time and its answer never arrives: no second one is made."""
    (node,) = faulty_network.nodes
    before = direct.get_balances(key.address)["ueur"]
    sender = make_sender(proxied)
    node.grpc.on_call(faults.Reset(after_answer=True), BROADCAST)
    tx_hash = sender.submit(pay(key, 3), purpose="pay")
    known = sender.journal.get(tx_hash).outcome
    assert known.status is OutcomeStatus.UNKNOWN
    assert not known.is_final
    outcome = sender.wait(tx_hash)

    assert outcome.status is OutcomeStatus.ACCEPTED
    assert direct.get_balances(key.address)["ueur"] == before - 3
    assert [entry.tx_hash for entry in sender.journal.list_entries()] == [tx_hash]


def test_a_call_that_never_arrives_is_handed_in_again(
    faulty_network: FaultyNetwork, proxied: Network, make_sender: MakeSender, key: Key
) -> None:
    (node,) = faulty_network.nodes
    sender = make_sender(proxied, timeout_s=0.5)
    sender.tracker  # noqa: B018 - made before the fault
    lost = node.grpc.on_call(faults.Reset(), BROADCAST)
    tx_hash = sender.submit(pay(key), purpose="pay")
    assert lost.done >= 2, "the same bytes are tried again at once"
    assert sender.wait(tx_hash, timeout_s=0.5).status is OutcomeStatus.UNKNOWN
    node.grpc.remove(lost)
    assert sender.wait(tx_hash).status is OutcomeStatus.ACCEPTED


@pytest.mark.parametrize(
    ("kind", "way"),
    [
        ("rpc", "both"),
        ("grpc", "answer"),
        pytest.param("rpc", "request", marks=pytest.mark.long),
        pytest.param("rpc", "answer", marks=pytest.mark.long),
        pytest.param("grpc", "request", marks=pytest.mark.long),
        pytest.param("grpc", "both", marks=pytest.mark.long),
    ],
)
def test_half_open_costs_one_deadline_and_frees_the_thread(
    kind: str, way: faults.Way, faulty_network: FaultyNetwork, both: Network
) -> None:
    proxy = getattr(faulty_network.nodes[0], kind)
    with ChainClient(both, timeout_s=0.5) as client:
        client.get_latest_header()
        proxy.on_call(faults.Silence(way))
        began_s = time.monotonic()
        assert client.get_supply("ueur") > 0
        assert client.get_latest_header().height > 0
        assert time.monotonic() - began_s < 10
        assert client.endpoint == both.endpoints[1]
    assert not [each for each in threading.enumerate() if each.name.startswith("plurichain")]


def test_a_cable_that_is_pulled_and_put_back(
    faulty_network: FaultyNetwork, proxied: Network, make_sender: MakeSender, key: Key
) -> None:
    """Nothing is refused, nothing answered; then all of it goes on by itself."""
    sender = make_sender(proxied, timeout_s=0.5)
    with ChainClient(proxied, timeout_s=0.5) as client:
        tx_hash = sender.prepare(pay(key), purpose="pay").tx_hash
        faulty_network.cut(is_silent=True)
        with pytest.raises(NodeTimeout, match="did not answer within"):
            client.get_latest_header()
        assert sender.wait(tx_hash, timeout_s=0.5).status is OutcomeStatus.UNKNOWN
        faulty_network.heal()
        assert client.wait_for_height(1, timeout_s=60).height > 0
    (outcome,) = sender.resume()
    assert outcome.status is OutcomeStatus.ACCEPTED


def test_announcements_that_break_off_hide_no_block_and_repeat_none(
    faulty_network: FaultyNetwork, proxied: Network
) -> None:
    (node,) = faulty_network.nodes
    with ChainClient(proxied) as client:
        began_s = time.monotonic() - 60  # as if it had waited for a minute
        height = client.get_latest_header().height
        client.wait_for_block(height + 1, timeout_s=30, since_s=began_s)
        heights = []
        for block in client.follow_blocks(height, timeout_s=60):
            heights.append(block.header.height)
            if len(heights) in {5, 10, 15}:
                node.rpc.reset_connections()
            if len(heights) == 25:
                break
        assert heights == list(range(height, height + 25))
        upgrades = node.rpc.on_call(faults.Delay(0.0), "/websocket")
        node.rpc.reset_connections()
        deadline = time.monotonic() + 60
        while not (upgrades.seen and client._feed and client._feed.is_live):
            assert time.monotonic() < deadline, "the announcements are asked for again"
            client.wait_for_block(client.get_latest_header().height + 1, timeout_s=5)
