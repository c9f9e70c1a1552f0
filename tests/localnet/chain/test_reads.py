from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from plurichain.chain import ChainClient
from plurichain.config import Network
from plurichain.errors import InputError, NodeError, NodeTimeout, NotFound, WrongChain
from plurichain.harness.chain import LocalChain
from plurichain.identifiers import Address
from plurichain.keyring import Key


def test_a_node_says_what_it_is(client: ChainClient, network: Network) -> None:
    status = client.check()

    assert status.chain_id == network.chain_id
    assert status.height >= 1
    assert not status.catching_up


def test_another_chain_id_is_refused(network: Network) -> None:
    with (
        ChainClient(replace(network, chain_id="other-1")) as client,
        pytest.raises(WrongChain, match=rf"serves the chain '{network.chain_id}'.*'other-1'"),
    ):
        client.get_latest_header()


def test_headers_grow_and_are_those_of_the_blocks(client: ChainClient) -> None:
    first = client.get_latest_header()
    later = client.wait_for_height(first.height + 3, timeout_s=20)

    assert later.height >= first.height + 3
    assert later.time_ns > first.time_ns
    block = client.get_block(first.height)
    assert block.header == first
    assert client.get_block_results(first.height).height == first.height
    assert len(client.get_block_results(first.height).tx_results) == len(block.txs)


def test_a_time_is_reached_by_a_block_and_not_before(client: ChainClient) -> None:
    wanted = client.get_latest_header().time_ns + 700_000_000
    header = client.wait_for_time(wanted, timeout_s=20)

    assert header.time_ns >= wanted
    assert client.get_block(header.height - 3).header.time_ns < wanted
    with pytest.raises(NodeTimeout, match="did not reach the height"):
        client.wait_for_height(header.height + 10**6, timeout_s=0.2)
    with pytest.raises(NodeTimeout, match="did not reach the block time"):
        client.wait_for_time(header.time_ns + 10**15, timeout_s=0.2)


def test_balances_and_accounts(client: ChainClient, key: Key) -> None:
    assert client.get_balances(key.address) == {"upluri": 1_000_000_000, "ueur": 1_000_000}
    assert client.get_account(key.address).account_sequence == 0
    assert client.get_account(key.address).account_number > 0
    assert client.get_supply("ueur") > 1_000_000
    assert client.get_supply("nosuchdenom") == 0


def test_what_is_not_there(client: ChainClient, make_key: Callable[[str], Key]) -> None:
    nobody = make_key("")
    assert client.get_balances(nobody.address) == {}
    with pytest.raises(NotFound, match="has no account on") as caught:
        client.get_account(nobody.address)
    assert "send it some coins first" in caught.value.remedy
    assert client.get_tx("00" * 32) is None
    with pytest.raises(NodeError, match="refused block"):
        client.get_block(10**9)
    foreign = Address(nobody.address.raw, "cosmos")
    with pytest.raises((InputError, NodeError)):
        client.get_balances(foreign)


def test_module_accounts_have_a_base_account_too(client: ChainClient) -> None:
    import hashlib

    module = Address(hashlib.sha256(b"bonded_tokens_pool").digest()[:20], "pluri")

    assert client.get_account(module).account_sequence == 0


def test_a_paused_node_is_a_time_out(localnet_chain: LocalChain, network: Network) -> None:
    with ChainClient(network, timeout_s=0.5) as client:
        client.check()
        node = localnet_chain.nodes[0]
        node.pause()
        try:
            with pytest.raises(NodeTimeout):
                client.get_latest_header()
            with pytest.raises(NodeTimeout):
                client.get_supply("ueur")
        finally:
            node.resume()
        height = client.wait_for_height(1, timeout_s=20).height
        client.wait_for_height(height + 1, timeout_s=20)
