"""A real node behind a proxy that lies for it: about heights, sync, the chain's name and gas."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plurichain.chain import ChainClient, OutcomeStatus, TxSender
from plurichain.chain.nodes.accounts import decode_account
from plurichain.config import Network
from plurichain.errors import BadReply, NodeBehind, PlurichainError, WrongChain
from plurichain.harness import FaultyNetwork, LocalChain
from plurichain.harness import fault_proxy_faults as faults
from plurichain.keyring import Key
from tests.localnet.chain.test_outcomes import add_signed, pay
from tests.unit.chain.nodes.nodes import format_time

MakeSender = Callable[..., TxSender]
HOUR_S = 3_600


def change_status(**fields: Any) -> faults.Lie:
    """Return a lie that changes these fields of what a node says of its state."""

    def change(_method: str, answer: Any) -> Any:
        answer["result"]["sync_info"].update(fields)
        return answer

    return faults.Lie(change)


def test_a_height_that_is_not_there_is_not_believed(
    faulty_network: FaultyNetwork, proxied: Network, both: Network
) -> None:
    faulty_network.on_call(faults.lie_about_height(10_000), "status", "abci_info")
    with (
        ChainClient(proxied, timeout_s=2) as client,
        pytest.raises(BadReply, match="says that it is at block"),
    ):
        client.get_latest_header()
    with ChainClient(both, timeout_s=2) as client:
        header = client.get_latest_header()
        assert client.endpoint == both.endpoints[1]
        # Nor is it remembered: the true chain is no "node behind" afterwards.
        assert client.wait_for_height(header.height + 2, timeout_s=60).height < 10_000


def test_a_node_that_is_catching_up_or_behind_is_not_used(
    faulty_network: FaultyNetwork, proxied: Network, both: Network, direct: ChainClient
) -> None:
    (node,) = faulty_network.nodes
    syncing = node.rpc.on_call(change_status(catching_up=True), "status")
    with ChainClient(proxied, timeout_s=1) as client:
        with pytest.raises(NodeBehind, match="is catching up with the chain"):
            client.get_supply("ueur")
        assert client.check().catching_up, "to look at it is allowed"
    with ChainClient(both, timeout_s=1) as client:
        assert client.get_supply("ueur") > 0
        assert client.endpoint == both.endpoints[1]
    node.rpc.remove(syncing)
    # One that stopped following the others: what it says of an old block is true.
    latest = direct.wait_for_height(40, timeout_s=60)
    old = direct.rpc.get_header(latest.height - 30)
    newer = direct.rpc.get_header(old.height + 1)
    stale = change_status(
        latest_block_height=str(old.height),
        latest_block_hash=newer.last_block_hash,
        latest_block_time=format_time(old.time_ns),
    )
    node.rpc.on_call(stale, "status")
    with ChainClient(both, timeout_s=2) as client:
        assert client.get_latest_header().height >= latest.height
        assert client.endpoint == both.endpoints[1]
        assert f"is at block {old.height}, " in client.list_health()[0].reason


def test_a_node_that_says_it_is_of_another_chain_is_given_nothing(
    faulty_network: FaultyNetwork, proxied: Network, make_sender: MakeSender, key: Key
) -> None:
    def rename(_method: str, answer: Any) -> Any:
        answer["result"]["node_info"]["network"] = "elsewhere-1"
        return answer

    (node,) = faulty_network.nodes
    node.rpc.on_call(faults.Lie(rename), "status")
    sent = node.grpc.on_call(faults.Delay(0.0), "BroadcastTx")
    with pytest.raises(
        WrongChain, match=r"serves the chain 'elsewhere-1'.*is 'plurichain-local-1'"
    ):
        make_sender(proxied).send(pay(key), purpose="pay")
    assert sent.seen == 0


def test_a_wrong_account_number_is_refused_by_name_and_not_tried_again(
    make_sender: MakeSender, network: Network, key: Key, direct: ChainClient
) -> None:
    sender = make_sender(network)
    number = direct.get_account(key.address).account_number
    entry = add_signed(sender.journal, direct, key, account_number=number + 7)
    outcome = sender.tracker.deliver(entry).outcome

    assert (outcome.status, outcome.codespace, outcome.code) == (
        OutcomeStatus.REJECTED, "sdk", 4,
    )  # fmt: skip
    with pytest.raises(PlurichainError) as caught:
        outcome.raise_for_status()
    for value in (f"account number ({number})", network.chain_id):
        assert value in caught.value.cause
    final = sender.wait(entry.tx_hash)
    assert (final.status, final.is_final) == (OutcomeStatus.REJECTED, True)
    assert len(sender.journal.list_entries()) == 1


def lie_about_gas(share: tuple[int, int]) -> faults.Lie:
    """Return a lie that a simulation used this share of what it did."""

    def change(_method: str, answer: Any) -> Any:
        response = answer["result"]["response"]
        simulation = json.loads(base64.b64decode(response["value"]))
        used = int(simulation["gas_info"]["gas_used"])
        simulation["gas_info"]["gas_used"] = str(used * share[0] // share[1])
        response["value"] = base64.b64encode(json.dumps(simulation).encode()).decode()
        return answer

    return faults.Lie(change)


def test_a_simulation_that_lies(
    faulty_network: FaultyNetwork,
    proxied: Network,
    make_sender: MakeSender,
    key: Key,
    direct: ChainClient,
) -> None:
    """No gas: refused until there is experience. Too little: sent again, once in effect."""
    (node,) = faulty_network.nodes
    before = direct.get_balances(key.address)["ueur"]
    sender = make_sender(proxied)
    nothing = node.rpc.on_call(lie_about_gas((0, 1)), "abci_query")
    with pytest.raises(BadReply, match="a simulation that used no gas") as caught:
        sender.send(pay(key, 1), purpose="pay")
    assert "--gas" in caught.value.remedy
    node.rpc.remove(nothing)
    assert sender.send(pay(key, 1), purpose="pay").status is OutcomeStatus.ACCEPTED
    node.rpc.on_call(lie_about_gas((0, 1)), "abci_query", times=1)
    assert sender.send(pay(key, 1), purpose="pay").status is OutcomeStatus.ACCEPTED
    node.rpc.on_call(lie_about_gas((1, 2)), "abci_query")
    assert sender.send(pay(key, 1), purpose="pay").status is OutcomeStatus.ACCEPTED
    assert direct.get_balances(key.address)["ueur"] == before - 3


# --- a clock that is wrong -----------------------------------------------------------------------

CLOCK = """
import sys, time, pathlib
offset_s = float(sys.argv[3])
real_ns = time.time_ns
# Not time.time: gRPC hands it to its C core, which has the machine's clock.
time.time_ns = lambda: real_ns() + int(offset_s * 10**9)
import logging
logging.basicConfig(stream=sys.stderr, format="%(message)s")
from plurichain.chain import ChainClient, Journal, TxSender, TxStage
from plurichain.config import parse_network_file
from plurichain.keyring import Key
from tests.localnet.chain.test_outcomes import pay
network = parse_network_file(pathlib.Path(sys.argv[1]).read_text(), source="e", name="n")
key = Key("k", bytes.fromhex(sys.stdin.read()))
def jump(progress):
    global offset_s
    if progress.stage is TxStage.SIGNED:
        offset_s = -2 * offset_s
with ChainClient(network) as client, Journal.open(pathlib.Path(sys.argv[2])) as journal:
    sender = TxSender(client, key, journal)
    outcome = sender.send(pay(key), purpose="pay", on_progress=jump)
    entry = journal.get(outcome.tx_hash)
    block = client.get_block(outcome.height)
    print(outcome.status, (entry.timeout_ns - block.header.time_ns) // 10**9)
    client.wait_for_time(block.header.time_ns + 3 * 10**8, timeout_s=30)
"""


@pytest.mark.parametrize("offset_s", [HOUR_S, -HOUR_S])
def test_a_clock_that_is_an_hour_off_and_jumps(
    offset_s: int, localnet_chain: LocalChain, key: Key, tmp_path: Path
) -> None:
    """Deadlines are block time, waits go by the monotonic clock; the difference is said."""
    endpoints = tmp_path / "endpoints.json"
    endpoints.write_text(json.dumps(localnet_chain.endpoints.to_json()))
    done = subprocess.run(
        [sys.executable, "-c", CLOCK, str(endpoints), str(tmp_path / "j.db"), str(offset_s)],
        input=key.export_private_key().hex(),
        env=dict(os.environ),
        text=True,
        capture_output=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    status, left_s = done.stdout.split()
    assert status == "accepted"
    assert 20 <= int(left_s) <= 30, "30 s of block time, whatever this clock says"
    assert "by this machine's clock" in done.stderr
    assert ("old" if offset_s > 0 else "ahead") in done.stderr


# --- answers that lack what they must have -------------------------------------------------------


def test_an_answer_of_defaults_is_no_answer(
    faulty_network: FaultyNetwork, proxied: Network, key: Key
) -> None:
    """Height 0, no chain id, an empty account: each is noticed, none is taken for a fact."""

    def empty(method: str, answer: Any) -> Any:
        if method == "status":
            answer["result"]["node_info"]["network"] = ""
        else:
            answer["result"] = {}
        return answer

    (node,) = faulty_network.nodes
    with ChainClient(proxied, timeout_s=2) as client:
        client.get_latest_header()
        rule = node.rpc.on_call(faults.Lie(empty), "header", "block", "block_results", "abci_info")
        for read in (
            client.get_latest_header,
            lambda: client.get_block(2),
            lambda: client.get_block_results(2),
            client.rpc.get_committed_height,
        ):
            with pytest.raises(BadReply, match="fields are missing or wrong"):
                read()
        node.rpc.remove(rule)
        node.rpc.on_call(faults.Lie(empty), "status")
        with pytest.raises(BadReply, match="status"):
            client.check()
    with pytest.raises(BadReply):
        decode_account("/cosmos.auth.v1beta1.BaseAccount", b"", key.address)
