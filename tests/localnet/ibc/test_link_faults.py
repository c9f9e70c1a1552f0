"""Linking over nodes that fail or lie: it ends well, or with one clear line and nothing done."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plurichain.chain.ibc import messages as ibc_messages
from plurichain.encoding.height import Height
from plurichain.errors import BadReply, IbcError, PlurichainError
from plurichain.harness import FaultyNetwork, LocalChains
from plurichain.harness import fault_proxy_faults as faults
from plurichain.harness.links import RELAYER
from plurichain.ibc.handshake import EndState
from plurichain.ibc.packet import Order
from plurichain.keyring.key import Key
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.channels import finish_channel
from plurichain.relayer.connecting import open_relay_chain
from plurichain.relayer.link import LinkPlan, link_chains

Pair = tuple[RelayChain, RelayChain]


@contextlib.contextmanager
def open_faulty(
    chains: LocalChains, name: str, folder: Path, seed: int | None
) -> Iterator[tuple[FaultyNetwork, RelayChain]]:
    """Open a chain through fault proxies."""
    chain = chains[name]
    network = chain.network(name)
    account = chain.get_account(RELAYER)
    key = Key(RELAYER, account.private_key, prefix=network.prefix)
    with FaultyNetwork(network, seed=seed) as faulty:
        print("fault seed of", name, faulty.seed)
        with open_relay_chain(
            faulty.network, key, timeout_s=2.0, journal=folder / f"{name}.db"
        ) as opened:
            yield faulty, opened


@pytest.fixture
def faulty(linked_chains: LocalChains, tmp_path: Path, pytestconfig: pytest.Config):
    """Give both chains behind proxies, as a relayer sees them."""
    seed = pytestconfig.getoption("--fault-seed")
    with (
        open_faulty(linked_chains, "a", tmp_path, seed) as a,
        open_faulty(linked_chains, "b", tmp_path, seed) as b,
    ):
        yield a, b


def test_a_link_over_nodes_that_fail_now_and_then(relay_pair: Pair, faulty) -> None:
    """No step is taken twice: a lost answer to a transaction is not taken for its failure."""
    a, b = relay_pair
    (network_a, far_a), (network_b, far_b) = faulty
    counts = [len(chain.queries.list_connections()) for chain in relay_pair]
    for network in (network_a, network_b):
        for fault in (
            faults.Reset(),
            faults.Reset(after_answer=True),
            faults.Truncate(40),
            faults.Garbage(),
            faults.Page(502),
            faults.Delay(0.3),
        ):
            network.on_call(fault, share=0.008)
        network.on_call(faults.Reset(after_answer=True), skip=20, times=1)

    link = link_chains(far_a, far_b, LinkPlan(is_new=True))

    assert network_a.traffic.faults
    assert network_b.traffic.faults
    assert link.transactions == 8
    assert a.queries.get_channel("transfer", link.a.channel_id).is_open
    assert b.queries.get_channel("transfer", link.b.channel_id).is_open
    assert [len(chain.queries.list_connections()) for chain in relay_pair] == [
        count + 1 for count in counts
    ]


def begin_channel(a: RelayChain, connection: str) -> str:
    message = ibc_messages.channel_open_init(
        a.address, "transfer", connection, "transfer", order=Order.UNORDERED, version="ics20-1"
    )
    sent = a.send([message], purpose="test")
    (found,) = [e.get("channel_id") for e in sent.events if e.type == "channel_open_init"]
    assert found is not None
    return found


def change_proof(answer: Any, **changes: Any) -> Any:
    """Return an answer to a proven read with fields of its response changed."""
    response = answer["result"]["response"]
    return {**answer, "result": {"response": {**response, **changes}}}


def is_proof(method: str, answer: Any) -> bool:
    return method == "abci_query" and bool(answer["result"]["response"].get("proofOps"))


def lie_about_value(method: str, answer: Any) -> Any:
    """Show a channel end whose version is another one, with the true proof."""
    if not is_proof(method, answer):
        return answer
    value = base64.b64decode(answer["result"]["response"]["value"] or "")
    value = value.replace(b"ics20-1", b"ics20-9")
    return change_proof(answer, value=base64.b64encode(value).decode())


def lie_about_height(method: str, answer: Any) -> Any:
    """Answer with a proof of another block than was asked for."""
    if not is_proof(method, answer):
        return answer
    return change_proof(answer, height=str(int(answer["result"]["response"]["height"]) - 1))


def lie_about_header(method: str, answer: Any) -> Any:
    """Show headers with another app hash, under the true commit."""
    if method != "commit" or "result" not in answer:
        return answer
    signed = answer["result"]["signed_header"]
    header = {**signed["header"], "app_hash": "66" * 32}
    return {**answer, "result": {**answer["result"], "signed_header": {**signed, "header": header}}}


@pytest.mark.parametrize(
    ("lie", "kind"),
    [(lie_about_value, IbcError), (lie_about_height, BadReply), (lie_about_header, BadReply)],
    ids=["value", "height", "header"],
)
def test_a_node_that_lies_is_refused_and_the_truth_goes_on(
    linked_chains: LocalChains, relay_pair: Pair, faulty, lie, kind: type[PlurichainError]
) -> None:
    """No chain takes what does not prove itself; an honest node finishes it later."""
    a, b = relay_pair
    (network_a, far_a), (_, far_b) = faulty
    begun = begin_channel(a, linked_chains.links[0].a.connection_id)
    channels = len(b.queries.list_channels())
    network_a.on_call(faults.Lie(lie))

    with pytest.raises(kind):
        finish_channel(far_a, far_b, "transfer", begun)

    assert len(b.queries.list_channels()) == channels
    assert a.queries.get_channel("transfer", begun).state is EndState.INIT
    assert finish_channel(a, b, "transfer", begun).a.channel_id == begun


def test_a_proof_of_the_wrong_height_is_refused_by_the_chain(
    linked_chains: LocalChains, relay_pair: Pair
) -> None:
    a, b = relay_pair
    begun = begin_channel(a, linked_chains.links[0].a.connection_id)
    height = a.client.rpc.get_committed_height()
    key = f"channelEnds/ports/transfer/channels/{begun}".encode()
    proof = a.proofs.query_proof(key, height)
    assert proof.proof_height == Height(1, height + 1)
    message = ibc_messages.channel_open_try(
        b.address,
        "transfer",
        linked_chains.links[0].b.connection_id,
        ("transfer", begun),
        proof,
        order=Order.UNORDERED,
        version="ics20-1",
    )
    channels = len(b.queries.list_channels())

    with pytest.raises(PlurichainError) as caught:
        b.send([message], purpose="test")  # without the header that it is proven by

    assert caught.value.refusal is not None
    assert caught.value.refusal[:2] == ("ibc", 9)
    assert "the height is invalid" in caught.value.cause
    assert len(b.queries.list_channels()) == channels
