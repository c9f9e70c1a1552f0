"""The faucet: many callers at once, one account."""

from __future__ import annotations

import threading

import pytest

from plurichain.chain.nodes.client import ChainClient
from plurichain.errors import ConfigError
from plurichain.harness import Faucet, LocalChain, open_faucet
from plurichain.identifiers import Address
from plurichain.units import Coin


def make_address(number: int) -> Address:
    return Address(number.to_bytes(20, "big"), "pluri")


def test_concurrent_callers_are_all_paid(localnet_chain: LocalChain) -> None:
    """Eight callers with a faucet each pay one address without waiting for one another."""
    address = make_address(0xFA0CE7)
    failures: list[BaseException] = []

    def fund() -> None:
        try:
            with open_faucet(localnet_chain.network()) as faucet:
                faucet.fund({address: (Coin("ueur", 5), Coin("watthour", 7))})
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=fund) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    with ChainClient(localnet_chain.network()) as client:
        assert client.get_balances(address) == {"ueur": 40, "watthour": 56}


def test_many_addresses_are_paid_in_one_transaction(
    localnet_chain: LocalChain, localnet_faucet: Faucet
) -> None:
    """All or nothing, in one block."""
    gifts = {make_address(number): (Coin("ueur", number),) for number in range(10, 15)}

    outcome = localnet_faucet.fund(gifts)

    with ChainClient(localnet_chain.network()) as client:
        inclusion = client.get_tx(outcome.tx_hash)
        held = [client.get_balances(address)["ueur"] for address in gifts]
    assert inclusion is not None
    assert held == [10, 11, 12, 13, 14]


def test_network_without_a_faucet_is_refused(localnet_chain: LocalChain) -> None:
    """Nobody else's chain has one."""
    from dataclasses import replace

    network = replace(localnet_chain.network(), faucet_mnemonic_file="")

    with pytest.raises(ConfigError, match="has no faucet"), open_faucet(network):
        pass
